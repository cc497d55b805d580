// A handle that stays good while the actor behind it dies and is started again.
//
// Messages go straight to whoever is behind the door now, in the sender's thread: no extra hop.
// While nobody is, questions are answered with control_unavailable, and facts are dropped or wait.
#pragma once

#include "actors/messaging.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace serverme::actors {

/// Facts, while nobody is behind a door.
enum class unheard_facts : std::uint8_t {
  /// Whoever tells them repeats himself.
  are_dropped,
  /// The newest front_door::waiting_max.
  wait,
};

class front_door {
public:
  static constexpr std::size_t waiting_max = 1'000;

  /// `name`: what questions are told when nobody is there.
  front_door(caf::actor_system& system, std::string name,
             unheard_facts facts = unheard_facts::are_dropped);

  template <class Interface>
  Interface as() const {
    return caf::actor_cast<Interface>(handle_);
  }

  /// From any thread. nullptr: nobody is there.
  void lead_to(caf::strong_actor_ptr whom);
  caf::strong_actor_ptr leads_to() const;
  /// Nobody will ever be there again. Without it the actor system cannot end.
  void close();

  class target;

private:
  std::shared_ptr<target> target_;
  caf::actor handle_;
};

} // namespace serverme::actors
