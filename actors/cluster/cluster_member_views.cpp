// What the cluster member tells those who ask and those who watch.
#include "actors/cluster/cluster_member_state.hpp"

namespace serverme::actors {

namespace {

member_view view_of(const membership::record& what, time_point::duration age) {
  member_view out{.id = what.id,
                  .state = what.state,
                  .age = std::chrono::duration_cast<milliseconds>(age),
                  .run = what.run,
                  .incarnation = what.incarnation};
  if (!what.about)
    return out;
  const auto& about = *what.about;
  out.roles = about.roles;
  out.name = about.name;
  out.cluster_address = about.cluster_address;
  out.lane_address = about.lane_address;
  out.public_addresses = about.public_addresses;
  out.software = about.software;
  out.protocol_min = about.protocol_min;
  out.protocol_max = about.protocol_max;
  out.load = about.load;
  out.capacity = about.capacity;
  out.draining = about.draining;
  return out;
}

membership_counts counts_of(member_self self) {
  auto out = self->state.counts;
  const auto& core = self->state.core->counters();
  out.messages_in += core.messages_in;
  out.bytes_in += core.bytes_in;
  out.messages_dropped += core.dropped;
  out.messages_refused += core.refused + core.malformed;
  out.suspicions = core.suspicions;
  out.refutations = core.refutations;
  out.stalls = core.stalls;
  return out;
}

} // namespace

member_list list_of(member_self self) {
  const auto& state = self->state;
  const auto& core = *state.core;
  auto now = self->clock().now();
  member_list out{.self = core.self().id,
                  .members = {},
                  .agreed_version = core.agreed_version().value_or(0),
                  .health = core.health(),
                  .counts = counts_of(self)};
  auto own = view_of(core.self(), now - state.started);
  for (const auto& [id, member] : core.others()) {
    if (own.id < id && (out.members.empty() || out.members.back().id < own.id))
      out.members.push_back(own);
    out.members.push_back(view_of(member.what, now - member.since));
  }
  if (out.members.empty() || out.members.back().id < own.id)
    out.members.push_back(std::move(own));
  return out;
}

member_news news_of(member_self self, const membership::event& what) {
  const auto& core = *self->state.core;
  auto now = self->clock().now();
  member_news out{.kind = what.kind, .who = {.id = what.who}, .why = {}};
  if (what.who == core.self().id)
    out.who = view_of(core.self(), now - self->state.started);
  else if (const auto* known = core.find(what.who))
    out.who = view_of(known->what, now - known->since);
  if (what.why)
    out.why = to_string(*what.why);
  return out;
}

} // namespace serverme::actors
