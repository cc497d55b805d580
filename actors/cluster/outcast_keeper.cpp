#include "actors/cluster/outcast_keeper.hpp"

#include "actors/probed.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace serverme::actors {

namespace {

struct outcast_keeper_state {
  static inline const char* name = "outcast_keeper";
  outcast_keeper_state() = default; // declared: CAF would build an aggregate from the actor itself

  outcast_keeper_options options;
  std::vector<node_id> outcasts; // in order
};

using keeper_self = self_pointer<outcast_keeper_actor, outcast_keeper_state>;

// FNV-1a: lists that differ have different ones, as far as it matters for a second.
std::uint64_t digest_of(const std::vector<node_id>& nodes) {
  std::uint64_t sum = 0xcbf29ce484222325;
  auto add = [&sum](std::uint64_t bits) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
      sum ^= (bits >> shift) & 0xffU;
      sum *= 0x100000001b3;
    }
  };
  for (const auto& each : nodes) {
    add(each.high);
    add(each.low);
  }
  return sum;
}

std::vector<node_id> without(const std::vector<node_id>& all, const std::vector<node_id>& these) {
  std::vector<node_id> rest;
  std::ranges::set_difference(all, these, std::back_inserter(rest));
  return rest;
}

// Too many for the membership are turned away by the transport all the same.
void ban(keeper_self self, const std::vector<node_id>& nodes) {
  const auto& options = self->state.options;
  for (const auto& each : nodes)
    self->request(options.member, options.answer_within, ban_member{each})
      .then([](const member_banned&) {}, [](const caf::error&) {});
}

void learn(keeper_self self, std::vector<node_id> all) {
  auto& state = self->state;
  std::ranges::sort(all);
  if (all == state.outcasts)
    return;
  // Whose certificate has ended needs no mention any more.
  for (const auto& each : without(state.outcasts, all))
    self->send(state.options.member, unban_member{each});
  auto fresh = without(all, state.outcasts);
  state.outcasts = std::move(all);
  // First: a node that is not connected hears no more of what is said about it.
  state.options.on_change(state.outcasts);
  ban(self, fresh);
}

void look(keeper_self self) {
  const auto& options = self->state.options;
  self->delayed_send(self, options.ask_every, look_for_outcasts{});
  self
    ->request(options.source, options.answer_within, ask_outcasts{digest_of(self->state.outcasts)})
    .then(
      [self](outcast_list& told) {
        if (told.digest != digest_of(self->state.outcasts))
          learn(self, std::move(told.nodes));
      },
      [](const caf::error&) {});
}

outcast_list tell(keeper_self self, const ask_outcasts& asked) {
  outcast_list out{.digest = digest_of(self->state.outcasts), .nodes = {}};
  if (asked.digest != out.digest)
    out.nodes = self->state.outcasts;
  return out;
}

outcast_keeper_actor::behavior_type outcast_keeper(keeper_self self,
                                                   outcast_keeper_options options) {
  self->state.options = std::move(options);
  if (self->state.options.source)
    self->send(self, look_for_outcasts{});
  return {
    [self](const ask_outcasts& asked) { return tell(self, asked); },
    [self](outcasts_known& told) { learn(self, std::move(told.all)); },
    [self](const repeat_outcasts&) { ban(self, self->state.outcasts); },
    [self](const look_for_outcasts&) { look(self); },
  };
}

} // namespace

outcast_keeper_actor spawn_outcast_keeper(caf::actor_system& system,
                                          outcast_keeper_options options) {
  return system.spawn(outcast_keeper, std::move(options));
}

} // namespace serverme::actors
