// How many actors of ours there are, what they are and how much they have to do: those of sessions
// and streams of captures too, which no supervisor lists.
//
// Readers never wait for an actor: the numbers stay readable while it is stuck. An actor is counted
// from its construction until it has ended, whoever still holds a handle to it.
#pragma once

#include "actors/caf.hpp"
#include "protocol/messages/actor_views.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace serverme::actors {

/// Part of every actor of ours (actors/probed.hpp).
class vital_signs {
public:
  /// `kind` outlives it. `number`: the actor's own, unique in its system.
  vital_signs(const caf::actor_system& system, const char* kind, std::uint64_t number) noexcept;
  virtual ~vital_signs();
  vital_signs(const vital_signs&) = delete;
  vital_signs& operator=(const vital_signs&) = delete;

  const char* kind() const noexcept { return kind_; }
  std::uint64_t number() const noexcept { return number_; }
  std::uint64_t handled() const noexcept { return handled_.load(std::memory_order_relaxed); }
  std::uint64_t queued() const noexcept {
    auto done = handled();
    auto came = received_.load(std::memory_order_relaxed);
    return came > done ? came - done : 0;
  }

protected:
  /// It has ended, and counts no more. Idempotent.
  void leave_census() noexcept;

  std::atomic<std::uint64_t> received_{0};
  std::atomic<std::uint64_t> handled_{0};

private:
  friend actor_list take_census(const caf::actor_system& system, std::size_t busiest_max);

  const caf::actor_system* const system_;
  const char* const kind_;
  const std::uint64_t number_;
  vital_signs* previous_ = nullptr;
  vital_signs* next_ = nullptr;
  bool is_counted_ = true;
};

/// Those of this system: crowds and the busiest, no views. From any thread.
actor_list take_census(const caf::actor_system& system, std::size_t busiest_max);

/// How many of a kind the list has.
std::uint64_t count_of(const actor_list& list, std::string_view kind);

} // namespace serverme::actors
