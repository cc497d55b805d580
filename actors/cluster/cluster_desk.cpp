#include "actors/cluster/cluster_desk.hpp"

#include "actors/cluster/endpoint_places.hpp"
#include "actors/probed.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace serverme::actors {

namespace {

// A sink has its own time for the edge's answer: it ends first.
constexpr milliseconds sink_extra{500};

struct cluster_desk_state {
  static inline const char* name = "cluster_desk";
  cluster_desk_state() = default; // declared: CAF would build an aggregate from the actor itself

  cluster_desk_options options;
  peer_services services; // the desks of edges
  endpoint_places places{0};
  std::set<caf::actor_addr> sinks;
  std::size_t questions = 0;
};

using desk_self = self_pointer<cluster_desk_actor, cluster_desk_state>;

using edge = peer_services::place;

void ended(desk_self self, const caf::actor_addr& who) {
  if (self->state.sinks.erase(who) == 0)
    service_ended(self, who);
}

// ---- one question, answered once

template <class Reply, class Request>
struct question {
  desk_self self;
  Request ask;
  caf::typed_response_promise<Reply> promise;

  void answer(Reply reply) {
    --self->state.questions;
    promise.deliver(std::move(reply));
  }
  void refuse(caf::error why) {
    --self->state.questions;
    promise.deliver(std::move(why));
  }
};

template <class Reply, class Request>
using shared_question = std::shared_ptr<question<Reply, Request>>;

/// @returns nullptr when there are too many
template <class Reply, class Request>
shared_question<Reply, Request> open_question(desk_self self, const Request& ask) {
  if (self->state.questions >= self->state.options.questions_max)
    return nullptr;
  ++self->state.questions;
  return std::make_shared<question<Reply, Request>>(
    question<Reply, Request>{self, ask, self->template make_response_promise<Reply>()});
}

caf::error too_many(std::string what) {
  return make_caf_error(fail(errc::too_busy, "too many " + std::move(what) + " at once"));
}

bool is_not_found(const caf::error& why) { return to_failure(why).code == errc::api_not_found; }

// ---- all tunnels

struct gathering {
  shared_question<tunnel_list, list_tunnels> whose;
  tunnel_list all;
  std::size_t awaited = 0;
};

void finish(gathering& what) {
  auto& all = what.all;
  std::ranges::sort(all.tunnels, {}, [](const tunnel_view& each) {
    return std::pair{each.since, each.endpoint};
  });
  std::ranges::sort(all.incomplete);
  auto repeated = std::ranges::unique(all.incomplete);
  all.incomplete.erase(repeated.begin(), repeated.end());
  what.whose->answer(std::move(all));
}

void add(cluster_desk_state& state, gathering& what, node_id node, tunnel_list& some) {
  for (auto& each : some.tunnels) {
    state.places.remember(each.endpoint, node);
    what.all.tunnels.push_back(std::move(each));
  }
  for (const auto& each : some.incomplete)
    what.all.incomplete.push_back(each);
}

caf::result<tunnel_list> list(desk_self self, const list_tunnels& ask) {
  auto& state = self->state;
  auto whose = open_question<tunnel_list>(self, ask);
  if (!whose)
    return too_many("questions");
  auto what = std::make_shared<gathering>(gathering{.whose = whose, .all = {}});
  what->all.incomplete = state.services.missing();
  for (const auto& [node, there] : state.services.places) {
    if (!there.actor)
      continue;
    ++what->awaited;
    self->request(there.actor, state.options.answer_within, ask)
      .then(
        [self, what, from = node](tunnel_list& some) {
          add(self->state, *what, from, some);
          if (--what->awaited == 0)
            finish(*what);
        },
        [what, from = node](const caf::error&) {
          what->all.incomplete.push_back(from);
          if (--what->awaited == 0)
            finish(*what);
        });
  }
  auto promise = whose->promise;
  if (what->awaited == 0)
    finish(*what);
  return promise;
}

// ---- where an endpoint is

struct search {
  endpoint_id endpoint;
  std::function<void(result<node_id>)> tell; // empty: told
  std::size_t awaited = 0;
  bool is_incomplete = false;
};

void conclude(search& what, const result<node_id>& where) {
  if (auto tell = std::exchange(what.tell, nullptr))
    tell(where);
}

void conclude_without(search& what) {
  if (what.awaited > 0)
    return;
  if (what.is_incomplete)
    return conclude(what, fail(errc::control_unavailable, "an edge does not answer"));
  conclude(what, fail(errc::api_not_found, "tunnel"));
}

// The first edge that has it is enough: what others do not say does not matter then.
void locate(desk_self self, const get_tunnel& ask, std::function<void(result<node_id>)> tell) {
  auto& state = self->state;
  auto what = std::make_shared<search>(search{.endpoint = ask.endpoint, .tell = std::move(tell)});
  what->is_incomplete = !state.services.missing().empty();
  for (const auto& [node, there] : state.services.places) {
    if (!there.actor)
      continue;
    ++what->awaited;
    self->request(there.actor, state.options.answer_within, ask)
      .then(
        [self, what, at = node](const tunnel_view&) {
          self->state.places.remember(what->endpoint, at);
          conclude(*what, at);
        },
        [what](const caf::error& why) {
          --what->awaited;
          what->is_incomplete = what->is_incomplete || !is_not_found(why);
          conclude_without(*what);
        });
  }
  conclude_without(*what);
}

// ---- questions about one endpoint

template <class Request>
auto send_question(desk_self self, const edge& there, const Request& ask) {
  const auto& options = self->state.options;
  auto within
    = std::is_same_v<Request, replay_capture> ? options.replay_within : options.answer_within;
  return self->request(there.actor, within, ask);
}

// A feed does not travel: what it is given comes from a sink on this node.
auto send_question(desk_self self, const edge& there, const watch_captures& ask) {
  auto within = self->state.options.answer_within;
  if (!there.gateway)
    return self->request(there.actor, within, ask);
  auto sink = caf::actor_cast<caf::actor>(spawn_capture_sink(
    self->system(), self->address(), ask.feed, sink_times{.answer_within = within}));
  self->state.sinks.insert(sink.address());
  self->monitor(sink);
  return self->request(sink, within + sink_extra, watch_remote{there.actor, ask.who, ask.endpoint});
}

using refusal = std::function<void(caf::error&)>;

template <class Reply, class Request>
void put(const shared_question<Reply, Request>& what, node_id node, refusal refused) {
  auto there = what->self->state.services.places.find(node);
  if (there == what->self->state.services.places.end() || !there->second.actor) {
    what->refuse(make_caf_error(fail(errc::control_unavailable, "its edge is gone")));
    return;
  }
  send_question(what->self, there->second, what->ask)
    .then([what](Reply& reply) { what->answer(std::move(reply)); },
          [refused = std::move(refused)](caf::error& why) { refused(why); });
}

/// Who has said before that there is no such thing.
struct former_refusal {
  node_id node;
  caf::error why;
};

template <class Reply, class Request>
void find_and_put(const shared_question<Reply, Request>& what,
                  std::optional<former_refusal> former) {
  locate(what->self, get_tunnel{what->ask.who, what->ask.endpoint},
         [what, former = std::move(former)](const result<node_id>& where) {
           if (!where)
             return what->refuse(make_caf_error(where.error()));
           if (former && former->node == *where)
             return what->refuse(former->why); // it has the tunnel, but not this request
           put(what, *where, [what](caf::error& why) { what->refuse(std::move(why)); });
         });
}

template <class Reply, class Request>
caf::result<Reply> ask_about(desk_self self, const Request& ask) {
  auto& state = self->state;
  auto what = open_question<Reply>(self, ask);
  if (!what)
    return too_many("questions");
  auto promise = what->promise;
  auto known = state.places.find(ask.endpoint);
  auto there = known ? state.services.places.find(*known) : state.services.places.end();
  if (there == state.services.places.end() || !there->second.actor)
    find_and_put(what, std::nullopt);
  else
    put(what, *known, [what, node = *known](caf::error& why) {
      if (is_not_found(why))
        find_and_put(what, former_refusal{node, why});
      else
        what->refuse(std::move(why));
    });
  return promise;
}

caf::result<watching> watch(desk_self self, const watch_captures& ask) {
  if (self->state.sinks.size() >= self->state.options.views_max)
    return too_many("live views");
  return ask_about<watching>(self, ask);
}

void begin(desk_self self, const gateway_actor& gateway, const cluster_desk_options& options) {
  auto& state = self->state;
  state.options = options;
  state.places = endpoint_places{options.places_max};
  self->set_down_handler(
    [self](caf::scheduled_actor*, caf::down_msg& news) { ended(self, news.source); });
  begin_services(self, gateway,
                 {.service = options.service,
                  .role = options.role,
                  .interface = self->system().message_types<remote_desk_actor>(),
                  .look_every = options.look_every,
                  .answer_within = options.answer_within,
                  .lost_for = options.lost_for},
                 options.own ? caf::actor_cast<caf::actor>(options.own) : caf::actor{});
}

cluster_desk_actor::behavior_type cluster_desk(desk_self self, const gateway_actor& gateway,
                                               const cluster_desk_options& options) {
  begin(self, gateway, options);
  return {
    [self](const list_tunnels& ask) { return list(self, ask); },
    [self](const get_tunnel& ask) { return ask_about<tunnel_view>(self, ask); },
    [self](const close_tunnel& ask) { return ask_about<tunnel_closed>(self, ask); },
    [self](const list_captures& ask) { return ask_about<capture_page>(self, ask); },
    [self](const get_capture& ask) { return ask_about<capture_found>(self, ask); },
    [self](const clear_captures& ask) { return ask_about<captures_cleared>(self, ask); },
    [self](const replay_capture& ask) { return ask_about<capture_found>(self, ask); },
    [self](const watch_captures& ask) { return watch(self, ask); },
    [self](const peer_up& news) { service_peer_came(self, news); },
    [self](const peer_down& news) { service_peer_left(self, news); },
    [self](const look_for_services&) { look_for_all_services(self); },
  };
}

} // namespace

cluster_desk_actor spawn_cluster_desk(caf::actor_system& system, const gateway_actor& gateway,
                                      cluster_desk_options options) {
  return system.spawn(cluster_desk, gateway, std::move(options));
}

} // namespace serverme::actors
