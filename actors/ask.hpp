// Questions to actors from outside: from an event loop, or from main().
#pragma once

#include "actors/messaging.hpp"
#include "protocol/time.hpp"

#include <functional>
#include <utility>

namespace serverme::actors {

/// Asks and returns at once. `answered` is called exactly once, on one of CAF's threads; when the
/// time is over or the actor is gone: with control_unavailable.
template <class Reply, class Actor, class Request>
void ask(caf::actor_system& system, const Actor& whom, milliseconds timeout, Request request,
         std::function<void(result<Reply>)> answered) {
  system.spawn<caf::hidden>([whom, timeout, request = std::move(request),
                             answered = std::move(answered)](caf::event_based_actor* self) mutable {
    self->request(whom, timeout, std::move(request))
      .then([answered](Reply& reply) { answered(std::move(reply)); },
            [answered](caf::error& why) { answered(to_failure(why)); });
  });
}

/// The same, but waits. For main() and tests of nodes; never in an actor or on an event loop.
template <class Reply, class Actor, class Request>
result<Reply> ask_and_wait(caf::actor_system& system, const Actor& whom, milliseconds timeout,
                           Request request) {
  caf::scoped_actor self{system};
  result<Reply> outcome{fail(errc::control_unavailable)};
  self->request(whom, timeout, std::move(request))
    .receive([&outcome](Reply& reply) { outcome = std::move(reply); },
             [&outcome](caf::error& why) { outcome = to_failure(why); });
  return outcome;
}

} // namespace serverme::actors
