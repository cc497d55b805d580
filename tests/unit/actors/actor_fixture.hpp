// Actors on a scheduler and a clock that the test turns. Include last, after `#define CAF_SUITE`.
#pragma once

#include "actors/ask.hpp"
#include "tests/unit/actors/stand_ins.hpp"
#include "tests/unit/test.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wshadow"
#define FAIL CAF_FAIL // dsl.hpp uses FAIL without defining it
#include <caf/test/dsl.hpp>
#undef FAIL
#pragma GCC diagnostic pop

#include <memory>
#include <optional>

namespace serverme::tests {

struct actor_config : caf::actor_system_config {
  actor_config() { actors::register_types(*this); }
};

/// What somebody answered, if he has.
template <class Reply>
using answer = std::shared_ptr<std::optional<result<Reply>>>;

struct actor_fixture : test_coordinator_fixture<actor_config> {
  ~actor_fixture() override {
    // Timers that start themselves again would keep the end waiting.
    for (const auto& each : spawned)
      caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
    sched.run();
  }

  /// Ends with the test.
  template <class Actor>
  Actor guard(Actor whom) {
    spawned.push_back(caf::actor_cast<caf::actor>(whom));
    sched.run();
    return whom;
  }

  /// Asks and lets everybody work until nothing is left to do but wait.
  template <class Reply, class Actor, class Request>
  answer<Reply> ask(const Actor& whom, Request request, milliseconds timeout = seconds{3600}) {
    auto came = std::make_shared<std::optional<result<Reply>>>();
    actors::ask<Reply>(sys, whom, timeout, std::move(request),
                       [came](result<Reply> outcome) { came->emplace(std::move(outcome)); });
    sched.run();
    return came;
  }

  /// The same, for what must be answered now.
  template <class Reply, class Actor, class Request>
  result<Reply> answer_of(const Actor& whom, Request request) {
    auto came = ask<Reply>(whom, std::move(request));
    CAF_REQUIRE(came->has_value());
    return **came;
  }

  /// The same, asked by an actor that lives on: who asks for a lease or a route is its holder.
  template <class Reply, class Actor, class Request>
  result<Reply> answer_to(caf::scoped_actor& who, const Actor& whom, Request request) {
    result<Reply> outcome{fail(errc::control_unavailable, "no answer")};
    auto asked = who->request(whom, caf::infinite, std::move(request));
    sched.run();
    asked.receive([&](Reply& reply) { outcome = std::move(reply); },
                  [&](caf::error& why) { outcome = actors::to_failure(why); });
    return outcome;
  }

  template <class Actor, class News>
  void tell(const Actor& whom, News news) {
    caf::anon_send(whom, std::move(news));
    sched.run();
  }

  /// In steps, so that timers that are started again run as often as they would.
  void pass(milliseconds time, milliseconds step = milliseconds{500}) {
    for (auto left = time; left.count() > 0; left -= step) {
      advance_time(std::min(left, step));
      sched.run();
    }
  }

  std::vector<caf::actor> spawned;
};

/// The code of a failed outcome; 0 when it worked.
template <class T>
errc code_of(const result<T>& outcome) {
  return outcome ? errc{} : outcome.error().code;
}

} // namespace serverme::tests

namespace serverme {

// How the test framework prints them.
inline std::string to_string(const result<done>& outcome) {
  return outcome ? "done" : to_string(outcome.error());
}

} // namespace serverme
