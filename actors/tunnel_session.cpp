#include "actors/tunnel_session.hpp"

#include "actors/tunnel_session_state.hpp"
#include "protocol/constant_time.hpp"

#include <algorithm>

namespace serverme::actors {

namespace sessions {

presence presence_of(const tunnel_session_state& state) {
  return state.lanes > 0 || !state.companions.empty() ? presence::here : presence::away;
}

route route_of(const tunnel_session_state& state, const endpoint& what) {
  const auto& wanted = what.wanted;
  return {.endpoint = what.bound.endpoint,
          .kind = wanted.kind,
          .inspect = wanted.inspect,
          .port = what.bound.port,
          .host = wanted.kind == endpoint_kind::tcp
                    ? std::string{}
                    : host_of(what.bound.name, state.settings.addresses),
          .session = state.identity.session,
          .owner = state.identity.account,
          .generation = what.grant.generation,
          .host_header = wanted.host_header,
          .basic_auth_digest = wanted.basic_auth};
}

void report(session_self self, endpoint& what) {
  auto& state = self->state;
  if (state.has_moved)
    return;
  auto id = what.bound.endpoint;
  tunnel_view view{.endpoint = id,
                   .kind = what.wanted.kind,
                   .name = what.bound.name,
                   .port = what.bound.port,
                   .urls = what.bound.urls,
                   .owner = state.identity.account,
                   .session = state.identity.session,
                   .agent = state.identity.agent,
                   .address = state.identity.address,
                   .since = what.since,
                   .state = presence_of(state),
                   .local_label = what.wanted.local_label,
                   .inspect = what.wanted.inspect};
  self->send(state.others.desk, tunnel_opened{std::move(view)});
  if (what.wanted.inspect == inspection::off) {
    if (auto former = std::exchange(what.inspector, nullptr))
      self->send_exit(former, caf::exit_reason::user_shutdown);
    state.others.captures->close(id);
    return;
  }
  if (!what.inspector) {
    what.inspector = spawn_inspector(self->system(), caf::actor_cast<caf::actor>(self), id,
                                     state.others.captures, state.settings.captures);
    self->monitor(what.inspector);
  }
  self->send(state.others.desk, inspector_opened{id, what.inspector});
}

void forget_endpoint(session_self self, endpoint_id id, after_release then) {
  auto& state = self->state;
  auto found = state.endpoints.find(id);
  if (found == state.endpoints.end())
    return;
  self->send(state.others.routes, withdraw_route{id});
  self->send(state.others.names, release_lease{state.identity.session, found->second.grant, then});
  self->send(state.others.desk, tunnel_ended{id});
  if (found->second.inspector)
    self->send_exit(found->second.inspector, caf::exit_reason::user_shutdown);
  state.others.captures->close(id);
  state.endpoints.erase(found);
}

void endpoint_lost(session_self self, const lease_grant& what) {
  auto& state = self->state;
  if (state.has_moved) // to itself, on another edge
    return;
  auto found = std::ranges::find_if(
    state.endpoints, [&what](const auto& each) { return each.second.grant.key == what.key; });
  // Of what it holds under a newer generation old news says nothing.
  if (found == state.endpoints.end() || what.generation < found->second.grant.generation)
    return;
  auto id = found->first;
  state.others.edge->drop_endpoint(state.identity.session, {id, fail(errc::session_replaced)});
  // The registry gives no lease away for a session that does not hold it any more.
  forget_endpoint(self, id, after_release::hold);
}

} // namespace sessions

namespace {

using namespace sessions;

void await_return(session_self self) {
  self->delayed_send(self, self->state.settings.grace_time, grace_over{++self->state.absence});
}

result<agent_admitted> resume(session_self self, const resume_session& ask) {
  auto& state = self->state;
  if (!same_secret(ask.token_hash, state.identity.token_hash))
    return fail(errc::resume_refused);
  if (state.lanes >= state.settings.lanes_max)
    return fail(errc::lane_limit, "at most " + std::to_string(state.settings.lanes_max));
  ++state.returns;
  if (presence_of(state) == presence::away)
    await_return(self); // the lane needs a moment
  return agent_admitted{state.identity.session, state.identity.account, {}};
}

session_record record_of(const tunnel_session_state& state) {
  const auto& who = state.identity;
  session_record record{who.session, who.account, who.key, who.token_hash, state.companions};
  if (state.lanes > 0 && !state.has_moved)
    record.lanes_at.insert(record.lanes_at.begin(), state.settings.here);
  return record;
}

void tell_other_edges(session_self self) {
  auto& state = self->state;
  if (state.settings.here == node_id{})
    return;
  auto record = record_of(state);
  if (state.told == record)
    return;
  state.told = record;
  self->send(state.others.exchange, tell_session{std::move(record)});
}

// Without endpoints, and none asked for, nobody wants to know.
void tell_presence(session_self self, presence now) {
  auto& state = self->state;
  if (state.endpoints.empty() && state.bindings == 0)
    return;
  session_presence news{state.identity.session, now};
  self->send(state.others.names, news);
  self->send(state.others.desk, news);
}

/// `change` is made to the lanes, and whoever must know of it is told.
template <class Change>
void change_lanes(session_self self, Change change) {
  auto& state = self->state;
  auto before = presence_of(state);
  change(state);
  tell_other_edges(self);
  auto now = presence_of(state);
  if (now == presence::away)
    await_return(self);
  else
    ++state.absence;
  if (now != before)
    tell_presence(self, now);
}

void count_companion(session_self self, const companion_changed& news) {
  auto& state = self->state;
  auto is_known = std::ranges::find(state.companions, news.edge) != state.companions.end();
  if (state.has_moved || is_known == (news.lanes > 0) || news.edge == state.settings.here)
    return;
  change_lanes(self, [&news](tunnel_session_state& s) {
    if (news.lanes > 0)
      s.companions.push_back(news.edge);
    else
      std::erase(s.companions, news.edge);
  });
}

// The routes stay for a moment: a visitor who comes to an edge that has not heard of the new ones
// finds his way by the old ones. The leases are the session's at its new home, or will be.
result<session_let_go> let_go(session_self self, const session_moved& ask) {
  auto& state = self->state;
  if (!same_secret(ask.token_hash, state.identity.token_hash))
    return fail(errc::resume_refused);
  if (std::exchange(state.has_moved, true))
    return session_let_go{state.identity.session};
  for (auto& [id, each] : state.endpoints) {
    self->send(state.others.desk, tunnel_ended{id});
    if (auto inspector = std::exchange(each.inspector, nullptr))
      self->send_exit(inspector, caf::exit_reason::user_shutdown);
    state.others.captures->close(id);
  }
  tell_other_edges(self);
  self->delayed_send(self, state.settings.moved_time, grace_over{++state.absence});
  return session_let_go{state.identity.session};
}

void end(session_self self, const failure& why) {
  auto& state = self->state;
  if (!state.has_moved)
    state.others.edge->close_session(state.identity.session, {why.code, why.detail});
  self->quit();
}

void tell_what_is_held(session_self self) {
  auto& state = self->state;
  held_leases all{state.identity.account, state.identity.session, presence_of(state), {}};
  for (const auto& [id, each] : state.endpoints)
    all.grants.push_back(each.grant);
  if (!all.grants.empty())
    self->send(state.others.names, std::move(all));
}

// The routes' part of repeat(): a newer generation may be served by now.
void serve_again(session_self self, const endpoint& what) {
  auto& state = self->state;
  auto grant = what.grant;
  self
    ->request(state.others.routes, state.settings.decision_timeout,
              serve_route{route_of(state, what)})
    .then([](const route_served&) {},
          [self, grant](const caf::error& why) {
            if (to_failure(why).code == errc::session_replaced)
              endpoint_lost(self, grant);
          });
}

void repeat(session_self self) {
  if (self->state.has_moved)
    return;
  tell_what_is_held(self);
  self->state.told.reset();
  tell_other_edges(self);
  for (auto& [id, each] : self->state.endpoints) {
    if (!each.is_served)
      continue;
    serve_again(self, each);
    report(self, each);
  }
}

result<tunnel_closed> close(session_self self, endpoint_id id) {
  auto& state = self->state;
  if (state.has_moved || !state.endpoints.contains(id))
    return fail(errc::api_not_found);
  state.others.edge->drop_endpoint(state.identity.session, {id, fail(errc::closed_by_owner)});
  forget_endpoint(self, id, after_release::hold);
  return tunnel_closed{id};
}

// An inspector that failed is started again; when it was the reception, nobody could reach us.
void somebody_down(session_self self, const caf::down_msg& news) {
  for (auto& [id, each] : self->state.endpoints) {
    if (!each.inspector || each.inspector.address() != news.source)
      continue;
    each.inspector = nullptr;
    return report(self, each);
  }
}

tunnel_session_actor::behavior_type tunnel_session(session_self self, const caf::actor& owner,
                                                   session_identity identity,
                                                   session_neighbours others, world outside,
                                                   const session_settings& settings) {
  auto& state = self->state;
  state.identity = std::move(identity);
  state.others = std::move(others);
  state.outside = std::move(outside);
  state.settings = settings;
  self->monitor(owner);
  self->set_down_handler(
    [self, owner = owner.address()](caf::scheduled_actor*, caf::down_msg& news) {
      if (news.source == owner)
        end(self, fail(errc::control_unavailable, "the session's keeper is gone"));
      else
        somebody_down(self, news);
    });
  await_return(self); // of the first lane
  return {
    [self](const resume_session& ask) { return reply(resume(self, ask)); },
    [self](const lanes_changed& news) {
      change_lanes(self, [&news](tunnel_session_state& s) { s.lanes = news.lanes; });
    },
    [self](const companion_changed& news) { count_companion(self, news); },
    [self](const session_moved& ask) { return reply(let_go(self, ask)); },
    [self](const bind_endpoint& ask) {
      auto promise = self->make_response_promise<endpoint_bound>();
      bind(self, ask, promise);
      return promise;
    },
    [self](const unbind_endpoint& order) {
      forget_endpoint(self, order.endpoint, after_release::hold);
    },
    [self](const agent_left&) { self->quit(); },
    [self](const close_endpoint& ask) { return reply(close(self, ask.endpoint)); },
    [self](const lease_lost& news) { endpoint_lost(self, news.what); },
    [self](const end_session& order) { end(self, order.why); },
    [self](const repeat_tunnels&) { repeat(self); },
    [self](const grace_over& news) {
      if (news.absence == self->state.absence)
        self->quit();
    },
  };
}

} // namespace

tunnel_session_actor spawn_tunnel_session(caf::actor_system& system, const caf::actor& owner,
                                          session_identity identity, session_neighbours others,
                                          world outside, session_settings settings) {
  return system.spawn(tunnel_session, owner, std::move(identity), std::move(others),
                      std::move(outside), settings);
}

} // namespace serverme::actors
