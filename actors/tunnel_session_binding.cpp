// From an agent's wish to a served endpoint: a lease, then a route, then the answer.
#include "actors/tunnel_session_state.hpp"

#include <algorithm>
#include <utility>

namespace serverme::actors::sessions {

namespace {

// Ports that could not be opened, before a wish for any port is refused.
constexpr std::size_t unwanted_max = 8;

struct binding {
  endpoint_request wanted;
  std::vector<std::uint16_t> unwanted;
  bound_promise promise;
};

bool any_will_do(const endpoint_request& wanted) {
  return wanted.kind == endpoint_kind::tcp ? wanted.port == 0 : wanted.name.empty();
}

// The name as it is compared; what is no name is refused by the registry.
endpoint_request tidied(const tunnel_session_state& state, endpoint_request wanted) {
  if (auto label = parse_endpoint_name(wanted.name))
    wanted.name = *label;
  if (wanted.kind != endpoint_kind::http)
    wanted.inspect = inspection::off;
  if (!wanted.basic_auth.empty())
    wanted.basic_auth = state.outside.sha256(wanted.basic_auth);
  return wanted;
}

bool is_the_same(const endpoint& known, const endpoint_request& wanted, std::uint64_t returns) {
  if (known.wanted.kind != wanted.kind)
    return false;
  if (any_will_do(wanted)) // the same wish twice is two endpoints, unless the agent came back
    return known.wanted == wanted && known.asked_in_return < returns;
  return wanted.kind == endpoint_kind::tcp ? known.bound.port == wanted.port
                                           : known.bound.name == wanted.name;
}

endpoint* find_same(tunnel_session_state& state, const endpoint_request& wanted) {
  auto found = std::ranges::find_if(state.endpoints, [&](const auto& each) {
    return is_the_same(each.second, wanted, state.returns);
  });
  return found == state.endpoints.end() ? nullptr : &found->second;
}

void end(session_self self, binding& asked, result<endpoint_bound> outcome) {
  --self->state.bindings;
  if (outcome)
    asked.promise.deliver(*outcome);
  else
    asked.promise.deliver(make_caf_error(outcome.error()));
}

void ask_lease(session_self self, binding asked);

void served(session_self self, endpoint_id id, binding asked) {
  auto found = self->state.endpoints.find(id);
  if (found == self->state.endpoints.end()) // given up or lost in the meantime
    return end(self, asked, fail(errc::session_replaced));
  found->second.is_served = true;
  report(self, found->second);
  end(self, asked, found->second.bound);
}

void not_served(session_self self, endpoint_id id, binding asked, const failure& why) {
  auto found = self->state.endpoints.find(id);
  if (found == self->state.endpoints.end())
    return end(self, asked, why);
  auto port = found->second.bound.port;
  if (!found->second.is_served || why.code == errc::session_replaced)
    forget_endpoint(self, id, after_release::give_up);
  auto is_port_trouble = why.code == errc::port_taken || why.code == errc::listen_failed;
  if (!is_port_trouble || !any_will_do(asked.wanted) || asked.unwanted.size() >= unwanted_max)
    return end(self, asked, why);
  asked.unwanted.push_back(port);
  ask_lease(self, std::move(asked));
}

void ask_route(session_self self, const endpoint& what, binding asked) {
  auto& state = self->state;
  auto id = what.bound.endpoint;
  self
    ->request(state.others.routes, state.settings.decision_timeout,
              serve_route{route_of(state, what)})
    .then(
      [self, id, asked](const route_served&) { served(self, id, asked); },
      [self, id, asked](const caf::error& why) { not_served(self, id, asked, to_failure(why)); });
}

endpoint& enter(session_self self, const endpoint_request& wanted, const lease_grant& grant) {
  auto& state = self->state;
  endpoint_id id{state.outside.random()};
  while (id.value == 0 || state.endpoints.contains(id))
    id.value = state.outside.random();
  const auto& key = grant.key;
  endpoint_bound bound{.endpoint = id,
                       .name = key.name,
                       .port = key.port,
                       .urls = urls_of(wanted.kind, key.name, key.port, state.settings.addresses)};
  return state.endpoints
    .emplace(id, endpoint{.wanted = wanted,
                          .grant = grant,
                          .bound = std::move(bound),
                          .since = state.outside.wall_clock()})
    .first->second;
}

void ask_route_again(session_self self, endpoint& known, binding asked) {
  known.wanted = asked.wanted;
  known.asked_in_return = self->state.returns;
  ask_route(self, known, std::move(asked));
}

void leased(session_self self, const lease_grant& grant, binding asked) {
  auto& state = self->state;
  if (presence_of(state)
      == presence::away) // it left after it had asked; the registry knew no lease of it then
    self->send(state.others.names, session_presence{state.identity.session, presence::away});
  auto known = std::ranges::find_if(
    state.endpoints, [&grant](const auto& each) { return each.second.grant.key == grant.key; });
  if (known != state.endpoints.end()) { // asked for twice at the same time, or as two kinds
    if (known->second.wanted.kind != asked.wanted.kind)
      return end(self, asked, fail(errc::name_taken, "name " + grant.key.name));
    known->second.grant = grant;
    return ask_route_again(self, known->second, std::move(asked));
  }
  auto& added = enter(self, asked.wanted, grant);
  added.asked_in_return = state.returns;
  ask_route(self, added, std::move(asked));
}

void ask_lease(session_self self, binding asked) {
  auto& state = self->state;
  const auto& who = state.identity;
  lease_endpoint ask{.account = who.account,
                     .session = who.session,
                     .kind = asked.wanted.kind,
                     .name = asked.wanted.name,
                     .port = asked.wanted.port,
                     .unwanted = asked.unwanted};
  self->request(state.others.names, state.settings.decision_timeout, std::move(ask))
    .then([self, asked](const lease_grant& grant) { leased(self, grant, asked); },
          [self, asked](const caf::error& why) mutable { end(self, asked, to_failure(why)); });
}

} // namespace

void bind(session_self self, const bind_endpoint& ask, bound_promise promise) {
  auto& state = self->state;
  binding asked{.wanted = tidied(state, ask.wanted), .unwanted = {}, .promise = promise};
  auto* known = find_same(state, asked.wanted);
  auto others = known != nullptr ? 0 : state.endpoints.size();
  // Also of those for the same endpoint: what many sessions may ask at once is bounded for all.
  if (others + state.bindings >= state.settings.endpoints_max) {
    promise.deliver(make_caf_error(fail(errc::too_many_endpoints)));
    return;
  }
  ++state.bindings;
  if (known != nullptr)
    ask_route_again(self, *known, std::move(asked));
  else
    ask_lease(self, std::move(asked));
}

} // namespace serverme::actors::sessions
