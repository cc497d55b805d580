// What every actor of ours is built on: it counts its messages, and keeps CAF from printing.
//
// The packaged CAF has no profiler hooks; two virtual functions give the same numbers. Readers
// never wait for the actor, so that the numbers stay readable while it is stuck.
#pragma once

#include "actors/messaging.hpp"

#include <atomic>
#include <cstdint>
#include <exception>

namespace serverme::actors {

class vital_signs {
public:
  virtual ~vital_signs() = default;

  std::uint64_t handled() const noexcept { return handled_.load(std::memory_order_relaxed); }
  std::uint64_t queued() const noexcept {
    auto done = handled();
    auto came = received_.load(std::memory_order_relaxed);
    return came > done ? came - done : 0;
  }

protected:
  std::atomic<std::uint64_t> received_{0};
  std::atomic<std::uint64_t> handled_{0};
};

/// nullptr when the actor is none of ours.
inline const vital_signs* vital_signs_of(const caf::strong_actor_ptr& whom) {
  return whom ? dynamic_cast<const vital_signs*>(caf::actor_cast<caf::abstract_actor*>(whom))
              : nullptr;
}

template <class Base>
class probed : public Base, public vital_signs {
public:
  explicit probed(caf::actor_config& config) : Base(config) {
    // The default handlers print to stdout: noise, and a leak of what is in messages.
    this->set_default_handler(caf::drop);
    this->set_down_handler([](caf::scheduled_actor*, caf::down_msg&) {});
    this->set_exception_handler([](caf::scheduled_actor*, std::exception_ptr& thrown) {
      try {
        std::rethrow_exception(thrown);
      } catch (const std::exception& why) {
        return make_caf_error(fail(errc::control_unavailable, why.what()));
      } catch (...) {
        return make_caf_error(fail(errc::control_unavailable, "unknown exception"));
      }
    });
  }

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) override {
    received_.fetch_add(1, std::memory_order_relaxed);
    Base::enqueue(std::move(what), host);
  }

  caf::invoke_message_result consume(caf::mailbox_element& what) override {
    auto outcome = Base::consume(what);
    if (outcome != caf::invoke_message_result::skipped) // a skipped one comes again
      handled_.fetch_add(1, std::memory_order_relaxed);
    return outcome;
  }
};

/// `self` of an actor with this interface and state.
template <class Interface, class State>
using self_pointer = caf::stateful_actor<State, probed<typename Interface::base>>*;

} // namespace serverme::actors
