// One request to the API and its answer, without HTTP: what a resource sees.
#pragma once

#include "actors/ask.hpp"
#include "net/event_loop.hpp"
#include "nodes/control/api/account_seats.hpp"
#include "nodes/control/api/api_server.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace serverme::control {

/// JSON texts for a WebSocket.
struct live_batch {
  std::vector<std::string> texts;
  /// Nothing will come any more.
  bool ended = false;
};

struct live_source {
  /// What there is by now; bounded, and never waits. Letting go of it unsubscribes.
  std::function<live_batch()> take;
  /// What to call, on the loop, when there is something to take.
  std::shared_ptr<std::function<void()>> bell;
  account_seats::seat seat;
  /// Told when it has ended.
  std::string end_reason;
};

struct api_request {
  std::string method;
  /// What stands for the pattern's {}, in order.
  std::vector<std::string> ids;
  std::map<std::string, std::string> query;
  /// Does it ask to become a WebSocket?
  bool is_upgrade = false;
  /// Of the key it came with; empty where none is needed.
  key_owner owner;

  asker who() const noexcept { return {owner.account, owner.role}; }
};

struct api_answer {
  int status = 200;
  std::string body;
  std::string_view content_type = "application/json";
  /// With 405: the methods that the resource has.
  std::string allow;
  /// Set: the connection becomes a WebSocket.
  live_source live;
};

using answer_with = std::function<void(api_answer)>;

/// What a resource may use. Everything is called on the API's loop.
class api_context {
public:
  api_context(caf::actor_system& system, std::weak_ptr<net::event_loop> loop, api_settings how,
              api_actors asked)
    : settings{std::move(how)},
      whom{std::move(asked)},
      live_views{settings.live_per_account, settings.live_max},
      replays{settings.replays_per_account, settings.replays_max},
      system_{system},
      loop_{std::move(loop)} {}

  const api_settings settings;
  const api_actors whom;
  /// settings.connections_max: those that we wait for longest make room, and while there are none,
  /// new ones are refused.
  std::atomic<std::uint64_t> connections_dropped = 0;
  std::atomic<std::uint64_t> connections_refused = 0;
  account_seats live_views;
  account_seats replays;

  /// Asks an actor; `answered` is called once on the loop, if that still runs.
  template <class Reply, class Actor, class Request>
  void ask(const Actor& actor, milliseconds timeout, Request request,
           std::function<void(result<Reply>)> answered) {
    actors::ask<Reply>(system_, actor, timeout, std::move(request),
                       [loop = loop_, answered = std::move(answered)](result<Reply> outcome) {
                         if (auto there = loop.lock())
                           there->post([answered, outcome = std::move(outcome)]() mutable {
                             answered(std::move(outcome));
                           });
                       });
  }

  /// A function that may be called from any thread and runs `task` on the loop.
  std::function<void()> on_loop(std::function<void()> task) const {
    return [loop = loop_, task = std::move(task)] {
      if (auto there = loop.lock())
        there->post(task);
    };
  }

private:
  caf::actor_system& system_;
  const std::weak_ptr<net::event_loop> loop_;
};

} // namespace serverme::control
