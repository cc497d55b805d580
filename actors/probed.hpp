// What every actor of ours is built on: it counts its messages, and keeps CAF from printing.
//
// The packaged CAF has no profiler hooks; two virtual functions give the same numbers
// (actors/watch/census.hpp).
#pragma once

#include "actors/messaging.hpp"
#include "actors/watch/census.hpp"
#include "actors/watch/test_door.hpp"

#include <exception>

namespace serverme::actors {

/// nullptr when the actor is none of ours.
inline const vital_signs* vital_signs_of(const caf::strong_actor_ptr& whom) {
  return whom ? dynamic_cast<const vital_signs*>(caf::actor_cast<caf::abstract_actor*>(whom))
              : nullptr;
}

/// `State::name` is what it is called.
template <class Base, class State>
class probed : public Base, public vital_signs {
public:
  explicit probed(caf::actor_config& config)
    : Base(config), vital_signs(this->home_system(), State::name, this->id()) {
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
    pass_test_door(what.content());
    auto outcome = Base::consume(what);
    if (outcome != caf::invoke_message_result::skipped) // a skipped one comes again
      handled_.fetch_add(1, std::memory_order_relaxed);
    return outcome;
  }

  bool cleanup(caf::error&& why, caf::execution_unit* host) override {
    leave_census();
    return Base::cleanup(std::move(why), host);
  }
};

/// `self` of an actor with this interface and state.
template <class Interface, class State>
using self_pointer = caf::stateful_actor<State, probed<typename Interface::base, State>>*;

} // namespace serverme::actors
