#include "actors/tunnel_desk.hpp"

#include "actors/probed.hpp"
#include "actors/tunnel_session.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace serverme::actors {

namespace {

// One waits for a local service's answer: up to half a minute.
constexpr std::size_t replays_max = 256;
constexpr milliseconds answer_timeout{3'000};

struct tunnel {
  tunnel_view view;
  inspector_actor inspector;
};

struct teller {
  session_id session;
  std::set<endpoint_id> endpoints;
};

using found_promise = caf::typed_response_promise<capture_found>;

struct tunnel_desk_state {
  static inline const char* name = "tunnel_desk";
  tunnel_desk_state() = default; // declared: CAF would build an aggregate from the actor itself

  route_table_actor routes;
  std::shared_ptr<edge_doors> edge;
  std::unordered_map<endpoint_id, tunnel> tunnels;
  std::unordered_map<session_id, tunnel_session_actor> sessions;
  std::unordered_map<caf::actor_addr, teller> tellers;
  std::unordered_map<std::uint64_t, found_promise> replays;
  std::uint64_t last_replay = 0;
};

using desk_self = self_pointer<tunnel_desk_actor, tunnel_desk_state>;

bool may_see(const asker& who, const tunnel& what) {
  return who.role == account_role::admin || what.view.owner == who.account;
}

// The one place where an owner is checked. Whose it is, nobody else learns: not even that it is.
result<tunnel*> find_for(tunnel_desk_state& state, const asker& who, endpoint_id endpoint) {
  auto found = state.tunnels.find(endpoint);
  if (found == state.tunnels.end() || !may_see(who, found->second))
    return fail(errc::api_not_found, "tunnel");
  return &found->second;
}

tunnel_list list(const tunnel_desk_state& state, const asker& who) {
  tunnel_list all;
  for (const auto& [id, each] : state.tunnels)
    if (may_see(who, each))
      all.tunnels.push_back(each.view);
  std::ranges::sort(all.tunnels, {}, [](const tunnel_view& each) {
    return std::pair{each.since, each.endpoint};
  });
  return all;
}

result<tunnel_view> view(tunnel_desk_state& state, const get_tunnel& ask) {
  auto found = find_for(state, ask.who, ask.endpoint);
  if (!found)
    return fail(found.error());
  return (*found)->view;
}

caf::result<tunnel_closed> close(desk_self self, const close_tunnel& ask) {
  auto found = find_for(self->state, ask.who, ask.endpoint);
  if (!found)
    return make_caf_error(found.error());
  auto session = self->state.sessions.find((*found)->view.session);
  if (session == self->state.sessions.end())
    return make_caf_error(fail(errc::control_unavailable, "its session is starting"));
  return self->delegate(session->second, close_endpoint{ask.endpoint});
}

/// Hands a checked request to the endpoint's inspector. `none`: the answer when it has none.
template <class Reply, class Request>
caf::result<Reply> ask_inspector(desk_self self, const Request& ask, result<Reply> none) {
  auto found = find_for(self->state, ask.who, ask.endpoint);
  if (!found)
    return make_caf_error(found.error());
  if (!(*found)->inspector)
    return reply(std::move(none));
  return self->delegate((*found)->inspector, ask);
}

failure not_recorded() {
  return fail(errc::api_not_found, "this tunnel's requests are not recorded");
}

// The reply may come on any thread, and after this actor's end.
void send_again(desk_self self, const route& where, const capture& original,
                found_promise promise) {
  auto& state = self->state;
  if (state.replays.size() >= replays_max) {
    promise.deliver(make_caf_error(fail(errc::too_busy, "too many replays at once")));
    return;
  }
  auto number = ++state.last_replay;
  state.replays.emplace(number, std::move(promise));
  state.edge->replay(where, original,
                     [weak = self->address(), number](result<shared_capture> outcome) {
                       if (auto desk = caf::actor_cast<tunnel_desk_actor>(weak))
                         caf::anon_send(desk, replay_ended{number, std::move(outcome)});
                     });
}

void find_route_for(desk_self self, endpoint_id endpoint, const shared_capture& original,
                    found_promise promise) {
  self->request(self->state.routes, answer_timeout, find_route{endpoint})
    .then([self, original, promise](
            const route_found& there) { send_again(self, there.entry, *original, promise); },
          [promise](caf::error& why) mutable { promise.deliver(std::move(why)); });
}

caf::result<capture_found> replay(desk_self self, const replay_capture& ask) {
  auto found = find_for(self->state, ask.who, ask.endpoint);
  if (!found)
    return make_caf_error(found.error());
  if (!(*found)->inspector)
    return make_caf_error(not_recorded());
  auto promise = self->make_response_promise<capture_found>();
  self
    ->request((*found)->inspector, answer_timeout, get_capture{ask.who, ask.endpoint, ask.capture})
    .then(
      [self, endpoint = ask.endpoint, promise](const capture_found& original) {
        find_route_for(self, endpoint, original.exchange, promise);
      },
      [promise](caf::error& why) mutable { promise.deliver(std::move(why)); });
  return promise;
}

void replayed(desk_self self, const replay_ended& news) {
  auto waiting = self->state.replays.extract(news.number);
  if (!waiting)
    return;
  if (news.outcome)
    waiting.mapped().deliver(capture_found{*news.outcome});
  else
    waiting.mapped().deliver(make_caf_error(news.outcome.error()));
}

void opened(desk_self self, const tunnel_opened& news) {
  auto& state = self->state;
  auto& sender = self->current_sender();
  if (!sender)
    return;
  auto [entry, is_new] = state.tunnels.try_emplace(news.view.endpoint);
  const auto& former = entry->second.view;
  auto view = news.view;
  view.visits = former.visits;
  view.bytes_in = former.bytes_in;
  view.bytes_out = former.bytes_out;
  entry->second.view = std::move(view);
  if (news.view.inspect == inspection::off)
    entry->second.inspector = nullptr;
  auto [known, is_first] = state.tellers.try_emplace(sender->address());
  known->second.endpoints.insert(news.view.endpoint);
  if (!is_first)
    return;
  known->second.session = news.view.session;
  state.sessions[news.view.session] = caf::actor_cast<tunnel_session_actor>(sender);
  self->monitor(sender);
}

void inspected(tunnel_desk_state& state, const inspector_opened& news) {
  if (auto found = state.tunnels.find(news.endpoint); found != state.tunnels.end())
    found->second.inspector = news.inspector;
}

void ended(desk_self self, const tunnel_ended& news) {
  auto& sender = self->current_sender();
  auto known = sender ? self->state.tellers.find(sender->address()) : self->state.tellers.end();
  if (known != self->state.tellers.end() && known->second.endpoints.erase(news.endpoint) > 0)
    self->state.tunnels.erase(news.endpoint);
}

void session_down(desk_self self, const caf::down_msg& news) {
  auto& state = self->state;
  auto known = state.tellers.find(news.source);
  if (known == state.tellers.end())
    return;
  for (auto endpoint : known->second.endpoints)
    state.tunnels.erase(endpoint);
  state.sessions.erase(known->second.session);
  state.tellers.erase(known);
}

void presence_changed(desk_self self, const session_presence& news) {
  auto& sender = self->current_sender();
  auto known = sender ? self->state.tellers.find(sender->address()) : self->state.tellers.end();
  if (known == self->state.tellers.end())
    return;
  for (auto endpoint : known->second.endpoints)
    self->state.tunnels[endpoint].view.state = news.agent;
}

void add_usage(tunnel_desk_state& state, const usage_report& news) {
  for (const auto& each : news.used) {
    auto found = state.tunnels.find(each.endpoint);
    if (found == state.tunnels.end())
      continue;
    auto& sum = found->second.view;
    sum.visits += each.visits;
    sum.bytes_in += each.bytes_in;
    sum.bytes_out += each.bytes_out;
  }
}

tunnel_desk_actor::behavior_type tunnel_desk(desk_self self, route_table_actor routes,
                                             std::shared_ptr<edge_doors> edge) {
  self->state.routes = std::move(routes);
  self->state.edge = std::move(edge);
  self->set_down_handler(
    [self](caf::scheduled_actor*, caf::down_msg& news) { session_down(self, news); });
  return {
    [self](const list_tunnels& ask) { return list(self->state, ask.who); },
    [self](const get_tunnel& ask) { return reply(view(self->state, ask)); },
    [self](const close_tunnel& ask) { return close(self, ask); },
    [self](const list_captures& ask) {
      return ask_inspector<capture_page>(self, ask, capture_page{});
    },
    [self](const get_capture& ask) {
      return ask_inspector<capture_found>(self, ask, not_recorded());
    },
    [self](const clear_captures& ask) {
      return ask_inspector<captures_cleared>(self, ask, captures_cleared{});
    },
    [self](const replay_capture& ask) { return replay(self, ask); },
    [self](const watch_captures& ask) {
      return ask_inspector<watching>(self, ask, not_recorded());
    },
    [self](const tunnel_opened& news) { opened(self, news); },
    [self](const inspector_opened& news) { inspected(self->state, news); },
    [self](const tunnel_ended& news) { ended(self, news); },
    [self](const session_presence& news) { presence_changed(self, news); },
    [self](const usage_report& news) { add_usage(self->state, news); },
    [self](const replay_ended& news) { replayed(self, news); },
  };
}

} // namespace

tunnel_desk_actor spawn_tunnel_desk(caf::actor_system& system, route_table_actor routes,
                                    std::shared_ptr<edge_doors> edge) {
  return system.spawn(tunnel_desk, std::move(routes), std::move(edge));
}

} // namespace serverme::actors
