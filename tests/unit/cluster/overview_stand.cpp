#include "tests/unit/cluster/overview_stand.hpp"

#include <algorithm>
#include <stdexcept>

namespace serverme::tests {

namespace {

constexpr milliseconds patience{10'000};

wall_time now() { return std::chrono::system_clock::now(); }

} // namespace

overview_stand::overview_stand(const test_cluster& cluster, std::uint64_t number,
                               member_node_options options, std::uint64_t term)
  : member{cluster, number, std::move(options)},
    journal{std::make_shared<actors::event_journal>(id(), now)},
    desk{member.node().system, "the desk"},
    overview{member.node().system, "the overview"} {
  auto& system = member.node().system;
  node_report about{
    .node = id(), .name = "n" + std::to_string(number), .version = "test", .term = term};
  actors::node_desk_options of_desk{.supervisors = {member.node().transport->supervisor()},
                                    .journal = journal,
                                    .describe = [about] { return about; }};
  actors::cluster_overview_options of_overview{.own = desk.as<actors::node_desk_actor>(),
                                               .gateway = member.node().transport->gateway(),
                                               .member = member.member(),
                                               .wall_clock = now,
                                               .look_for_desks_every = milliseconds{20},
                                               .look_every = milliseconds{20}};
  supervisor = actors::spawn_supervisor(
    system,
    {{.name = "node_desk",
      .start
      = [&system,
         of_desk] { return caf::actor_cast<caf::actor>(actors::spawn_node_desk(system, of_desk)); },
      .door = desk},
     {.name = "cluster_overview",
      .start =
        [&system, of_overview] {
          return caf::actor_cast<caf::actor>(actors::spawn_cluster_overview(system, of_overview));
        },
      .door = overview}});
  if (!actors::ask_and_wait<actor_list>(system, supervisor, patience, list_actors{}))
    throw std::runtime_error{"an overview did not start"};
  auto types = system.message_types<actors::node_desk_actor>();
  caf::anon_send(
    member.node().transport->gateway(),
    actors::offer_service{actors::node_desk_service,
                          caf::actor_cast<caf::strong_actor_ptr>(desk.as<caf::actor>()),
                          {types.begin(), types.end()}});
}

overview_stand::~overview_stand() {
  actors::stop_and_wait(member.node().system, supervisor, patience);
  desk.close();
  overview.close();
}

std::size_t overview_stand::answering() {
  auto all = view().nodes;
  return static_cast<std::size_t>(std::ranges::count_if(all, [](const actors::node_sight& each) {
    return each.member.state == membership::state::alive && each.report;
  }));
}

} // namespace serverme::tests
