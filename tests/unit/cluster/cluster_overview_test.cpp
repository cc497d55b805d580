// One node sees all others: who they are, what runs there, what has happened. And what crashes
// comes back, and is found again.
#define CAF_SUITE cluster_overview
#include "actors/cluster/cluster_overview.hpp"

#include "actors/transport/caf_io.hpp"
#include "tests/unit/cluster/overview_stand.hpp"
#include "tests/unit/support/test_door_open.hpp"
#include "tests/unit/test.hpp"

#include <algorithm>

using namespace serverme;
using namespace serverme::actors;
using namespace serverme::tests;

namespace {

struct fixture {
  /// The first one leads; the others begin with it.
  void start(std::uint64_t count) {
    for (std::uint64_t number = 1; number <= count; ++number) {
      member_node_options options;
      if (number > 1)
        options.seeds = {nodes[0]->port()};
      nodes.push_back(
        std::make_unique<overview_stand>(cluster, number, options, number == 1 ? 7 : 0));
    }
    CAF_REQUIRE(await([&] { return nodes[0]->answering() == count; }));
  }

  std::vector<timeline_entry> events(const std::string& kind) {
    auto all = nodes[0]->ask<cluster_events>(view_events{.limit = 1'000});
    CAF_REQUIRE(all);
    std::erase_if(all->entries,
                  [&](const auto& each) { return to_string(each.what.kind) != kind; });
    return all->entries;
  }

  test_cluster cluster;
  std::vector<std::unique_ptr<overview_stand>> nodes;
};

/// All that somebody who looks on was told.
struct onlooker {
  explicit onlooker(overview_stand& at) {
    CAF_REQUIRE(at.ask<watching_cluster>(watch_cluster{feed}));
  }

  void take() {
    for (auto& each : feed->take().news) {
      if (auto* changed = std::get_if<node_changed>(&each))
        nodes[changed->node.member.id] = changed->node;
      else if (auto* gone = std::get_if<node_gone>(&each))
        nodes.erase(gone->node);
      else
        entries.push_back(std::get<timeline_entry>(each));
    }
  }
  bool has_heard(const std::string& detail) {
    take();
    return std::ranges::any_of(entries, [&](const auto& x) { return x.what.detail == detail; });
  }
  bool sees(const node_id& node, membership::state as) {
    take();
    return nodes.contains(node) && nodes[node].member.state == as;
  }

  std::shared_ptr<cluster_feed> feed = std::make_shared<cluster_feed>(1'000, [] {});
  std::map<node_id, node_sight> nodes;
  std::vector<timeline_entry> entries;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(cluster_overview_tests, fixture)

CAF_TEST(every node is seen with what it says of itself) {
  start(3);
  auto view = nodes[0]->view();
  CAF_CHECK(view.self == nodes[0]->id());
  CAF_REQUIRE_EQUAL(view.nodes.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    CAF_CHECK(view.nodes[i].member.id == nodes[i]->id());
    CAF_REQUIRE(view.nodes[i].report);
    CAF_CHECK_EQUAL(view.nodes[i].report->name, "n" + std::to_string(i + 1));
    CAF_CHECK_EQUAL(view.nodes[i].report->term, i == 0 ? 7u : 0u);
    CAF_CHECK(view.nodes[i].report->actors > 3);
  }
}

CAF_TEST(a node that dies is seen as dead and costs no answer) {
  start(3);
  auto gone = nodes[2]->id();
  nodes.pop_back();
  CAF_CHECK(await([&] {
    auto view = nodes[0]->view();
    return view.nodes.size() == 3 && view.nodes[2].member.state == membership::state::dead
           && !view.nodes[2].report;
  }));
  CAF_CHECK(nodes[0]->view().nodes[2].member.id == gone);
  CAF_CHECK_EQUAL(nodes[0]->answering(), 2u);
  CAF_CHECK(nodes[0]->ask<cluster_actors>(view_actors{}));
}

CAF_TEST(actors of all nodes are listed and those of one when it is named) {
  start(2);
  auto all = nodes[0]->ask<cluster_actors>(view_actors{});
  CAF_REQUIRE(all);
  CAF_CHECK_EQUAL(all->nodes.size(), 2u);
  CAF_CHECK(all->missing.empty());
  auto one = nodes[0]->ask<cluster_actors>(view_actors{nodes[1]->id()});
  CAF_REQUIRE(one);
  CAF_REQUIRE_EQUAL(one->nodes.size(), 1u);
  CAF_CHECK(one->nodes[0].node == nodes[1]->id());
  const auto& list = one->nodes[0].list;
  CAF_REQUIRE_EQUAL(list.actors.size(), 1u);
  CAF_CHECK_EQUAL(list.actors[0].name, "node_gateway");
  auto nobody = nodes[0]->ask<cluster_actors>(view_actors{node_id{4, 5}});
  CAF_REQUIRE(!nobody);
  CAF_CHECK(nobody.error().code == errc::api_not_found);
}

CAF_TEST(events of all nodes are one timeline) {
  start(2);
  nodes[0]->journal->note(timeline_kind::node_died, node_id{0, 9}, "nine", "");
  nodes[1]->journal->note(timeline_kind::node_died, node_id{0, 9}, "nine", "");
  nodes[1]->journal->note(timeline_kind::actor_failed, "links/x: boom");
  auto deaths = events("node_died");
  CAF_REQUIRE_EQUAL(deaths.size(), 1u);
  CAF_CHECK_EQUAL(deaths[0].seen_by.size(), 2u);
  CAF_CHECK_EQUAL(deaths[0].what.name, "nine");
  auto failures = events("actor_failed");
  CAF_REQUIRE_EQUAL(failures.size(), 1u);
  CAF_CHECK(failures[0].what.about == nodes[1]->id());
  auto late = nodes[0]->ask<cluster_events>(
    view_events{.since = std::chrono::system_clock::now() + seconds{60}, .limit = 10});
  CAF_CHECK(late->entries.empty());
}

CAF_TEST(who looks on is told of all nodes and then of what changes) {
  start(2);
  onlooker here{*nodes[0]};
  CAF_CHECK(await([&] { return here.sees(nodes[1]->id(), membership::state::alive); }));
  nodes[1]->journal->note(timeline_kind::actor_failed, "while you looked");
  CAF_CHECK(await([&] { return here.has_heard("while you looked"); }));
  auto told = std::ranges::count_if(
    here.entries, [](const auto& each) { return each.what.detail == "while you looked"; });
  CAF_CHECK_EQUAL(told, 1);
  auto gone = nodes[1]->id();
  nodes.pop_back();
  CAF_CHECK(await([&] { return here.sees(gone, membership::state::dead); }));
  // Who comes later begins with how it is then.
  onlooker late{*nodes[0]};
  CAF_CHECK(await([&] { return late.sees(gone, membership::state::dead); }));
}

CAF_TEST(a gateway that crashes comes back and its peers find it again) {
  start(2);
  auto& there = nodes[1]->member.node();
  caf::anon_send(caf::actor_cast<caf::actor>(there.transport->gateway()), crash_order{"a bug"});
  auto restarted = [&] {
    auto list = ask_and_wait<actor_list>(there.system, there.transport->supervisor(), seconds{5},
                                         list_actors{});
    return list && list->actors.at(0).restarts == 1
           && list->actors.at(0).standing == actor_standing::running;
  };
  CAF_REQUIRE(await(restarted));
  // Its desk is offered again, by nobody but the gateway's memory.
  CAF_CHECK(await([&] { return nodes[0]->answering() == 2 && nodes[1]->answering() == 2; }));
  CAF_CHECK(await([&] {
    auto one = nodes[0]->ask<cluster_actors>(view_actors{nodes[1]->id()});
    return one && one->nodes.at(0).list.actors.at(0).last_error == "a bug";
  }));
}

CAF_TEST(a membership that crashes is no death) {
  start(2);
  nodes[1]->member.start_again();
  CAF_CHECK(await([&] { return nodes[0]->member.living() == 2; }));
  CAF_CHECK_EQUAL(nodes[0]->member.heard(membership::event_kind::died, 2), 0u);
}

CAF_TEST(a desk that crashes is found again by the same door) {
  start(2);
  caf::anon_send(nodes[1]->desk.as<caf::actor>(), crash_order{"a bug"});
  CAF_CHECK(await([&] {
    auto list = ask_and_wait<actor_list>(nodes[1]->member.node().system, nodes[1]->supervisor,
                                         seconds{5}, list_actors{});
    return list && list->actors.at(0).restarts == 1;
  }));
  CAF_CHECK(await([&] { return nodes[0]->answering() == 2; }));
}

CAF_TEST_FIXTURE_SCOPE_END()
