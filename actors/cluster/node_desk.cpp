#include "actors/cluster/node_desk.hpp"

#include "actors/probed.hpp"
#include "actors/watch/census.hpp"

#include <algorithm>
#include <utility>

namespace serverme::actors {

namespace {

// What the census calls an agent's session.
constexpr auto session_kind = "tunnel_session";

struct node_desk_state {
  static inline const char* name = "node_desk";
  node_desk_state() = default; // declared: CAF would build an aggregate from the actor itself

  node_desk_options options;
};

using desk_self = self_pointer<node_desk_actor, node_desk_state>;

/// Supervisors are asked at once; each one's children stay together.
struct gathering {
  std::vector<actor_list> parts;
  std::size_t awaited = 0;
  std::function<void(std::vector<actor_view>)> tell;
};

void finish(gathering& what) {
  std::vector<actor_view> all;
  for (auto& part : what.parts)
    std::ranges::move(part.actors, std::back_inserter(all));
  what.tell(std::move(all));
}

// Whoever reads it has to know that there are actors of which nothing is known.
actor_view silent_supervisor(const caf::error& why) {
  return {.name = "supervisor",
          .standing = actor_standing::waiting_to_restart,
          .last_error = to_string(to_failure(why)),
          .kind = "supervisor",
          .group = "node"};
}

void ask_supervisors(desk_self self, std::function<void(std::vector<actor_view>)> tell) {
  const auto& options = self->state.options;
  auto what = std::make_shared<gathering>();
  what->parts.resize(options.supervisors.size());
  what->awaited = options.supervisors.size();
  what->tell = std::move(tell);
  if (what->awaited == 0)
    return finish(*what);
  for (std::size_t index = 0; index < options.supervisors.size(); ++index) {
    auto came = [what, index](actor_list part) {
      what->parts[index] = std::move(part);
      if (--what->awaited == 0)
        finish(*what);
    };
    self->request(options.supervisors[index], options.answer_within, list_actors{})
      .then([came](actor_list& part) { came(std::move(part)); },
            [came](const caf::error& why) { came({.actors = {silent_supervisor(why)}}); });
  }
}

caf::result<node_report> describe(desk_self self) {
  auto promise = self->make_response_promise<node_report>();
  ask_supervisors(self, [self, promise](const std::vector<actor_view>& all) mutable {
    auto report = self->state.options.describe();
    auto census = take_census(self->system(), 0);
    report.sessions = count_of(census, session_kind);
    for (const auto& crowd : census.crowds)
      report.actors += crowd.count;
    for (const auto& each : all)
      if (each.standing != actor_standing::running)
        report.ailing.push_back(each.name);
    promise.deliver(std::move(report));
  });
  return promise;
}

caf::result<actor_list> list(desk_self self) {
  auto promise = self->make_response_promise<actor_list>();
  ask_supervisors(self, [self, promise](std::vector<actor_view> all) mutable {
    auto out = take_census(self->system(), self->state.options.busiest_max);
    out.actors = std::move(all);
    promise.deliver(std::move(out));
  });
  return promise;
}

node_desk_actor::behavior_type node_desk(desk_self self, node_desk_options options) {
  self->state.options = std::move(options);
  return {
    [self](const describe_node&) { return describe(self); },
    [self](const list_actors&) { return list(self); },
    [self](const list_events& ask) { return self->state.options.journal->answer(ask); },
  };
}

} // namespace

node_desk_actor spawn_node_desk(caf::actor_system& system, node_desk_options options) {
  return system.spawn(node_desk, std::move(options));
}

} // namespace serverme::actors
