// CLERK: asks actors for threads that are none of CAF's, event loops above all.
//
// Owned by  who asks through it: ends with its `clerk`.
// Owns      the questions that are open, and knows when each is given up.
// Fails     never. A question that its receiver loses is answered when its time is over.
//
// For questions that are frequent: ask() of actors/ask.hpp starts an actor and a timer for each.
#pragma once

#include "actors/messaging.hpp"
#include "actors/probed.hpp"
#include "protocol/time.hpp"

#include <functional>
#include <unordered_map>
#include <utility>

namespace serverme::actors {

struct clerk_state {
  static inline const char* name = "clerk";
  clerk_state() = default; // declared: CAF would build an aggregate from the actor itself

  std::unordered_map<std::uint64_t, time_point> due; // by the id of the answer
  bool is_looking = false;
};

using clerk_self = caf::stateful_actor<clerk_state, probed<caf::event_based_actor, clerk_state>>*;

/// Begins one question.
struct errand {
  std::function<void(clerk_self)> begin;
};

/// Its own timer.
struct look_for_overdue {};

class clerk {
public:
  /// Who asks in time waits for at most so much longer than asked for: time is looked at so often.
  static constexpr milliseconds looks_every{1'000};

  explicit clerk(caf::actor_system& system);
  /// The system must still be there.
  ~clerk();
  clerk(const clerk&) = delete;
  clerk& operator=(const clerk&) = delete;

  /// Asks and returns at once; from any thread. `answered` is called once, on one of CAF's threads;
  /// when the time is over or the actor is gone: with control_unavailable. When the clerk ends
  /// first it is destroyed without a call.
  template <class Reply, class Actor, class Request>
  void ask(const Actor& whom, milliseconds timeout, Request request,
           std::function<void(result<Reply>)> answered) const {
    caf::anon_send(desk_, errand{[whom, timeout, request = std::move(request),
                                  answered = std::move(answered)](clerk_self self) mutable {
                     // Without a timer of CAF's for each: the clerk's own says when it is over.
                     auto asked = self->request(whom, caf::infinite, std::move(request));
                     opened(self, asked.id(), timeout);
                     asked.then(
                       [self, id = asked.id(), answered](Reply& reply) {
                         closed(self, id);
                         answered(std::move(reply));
                       },
                       [self, id = asked.id(), answered](caf::error& why) {
                         closed(self, id);
                         answered(to_failure(why));
                       });
                   }});
  }

private:
  static void opened(clerk_self self, caf::message_id answer, milliseconds timeout);
  static void closed(clerk_self self, caf::message_id answer);

  caf::actor desk_;
};

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::errand)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::look_for_overdue)
