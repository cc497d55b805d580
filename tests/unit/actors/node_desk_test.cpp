// What a node tells of itself: its actors, however many they are, and what has happened.
#define CAF_SUITE node_desk

#include "actors/cluster/node_desk.hpp"

#include "actors/probed.hpp"
#include "actors/watch/bounded_feed.hpp"
#include "actors/watch/census.hpp"
#include "tests/unit/actors/actor_fixture.hpp"
#include "tests/unit/support/test_door_open.hpp"

#include <algorithm>

using namespace serverme;
using namespace serverme::tests;
using namespace serverme::actors;

namespace {

using prober = caf::typed_actor<answers<probe_store, store_ready>>;

/// As the census knows the sessions of agents.
struct guest_state {
  static inline const char* name = "tunnel_session";
  guest_state() = default; // declared: CAF would build an aggregate from the actor itself
};

prober::behavior_type guest(self_pointer<prober, guest_state>) {
  return {[](const probe_store&) { return store_ready{}; }};
}

struct fixture : actor_fixture {
  ~fixture() override {
    caf::anon_send_exit(boss, caf::exit_reason::user_shutdown);
    door.close();
    sched.run();
  }

  void supervise() {
    boss = spawn_supervisor(
      sys,
      {{.name = "guest_of_honour",
        .start = [this] { return caf::actor_cast<caf::actor>(sys.spawn(guest)); },
        .door = door}},
      {}, {.group = "edge", .on_failed = [this](const child_failure& what) {
             failed.push_back(what.group + "/" + what.name + ": " + what.why);
           }});
    sched.run();
  }
  node_desk_actor desk() {
    return guard(
      spawn_node_desk(sys, {.supervisors = {boss},
                            .journal = journal,
                            .describe = [] { return node_report{.name = "one", .version = "1"}; },
                            .busiest_max = 3}));
  }
  prober somebody() { return guard(sys.spawn(guest)); }

  wall_time now{seconds{1'000}};
  std::shared_ptr<event_journal> journal = std::make_shared<event_journal>(
    node_id{0, 1}, [this] { return now; }, 4);
  front_door door{sys, "the guest"};
  supervisor_actor boss;
  std::vector<std::string> failed;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(node_desk_tests, fixture)

CAF_TEST(a node lists the supervised and counts the others) {
  supervise();
  auto asked = desk();
  std::vector<prober> crowd;
  for (int i = 0; i < 100; ++i)
    crowd.push_back(somebody());
  for (int i = 0; i < 5; ++i)
    CAF_CHECK(answer_of<store_ready>(crowd[7], probe_store{}));
  auto list = answer_of<actor_list>(asked, list_actors{});
  CAF_REQUIRE(list);
  CAF_REQUIRE_EQUAL(list->actors.size(), 1u);
  CAF_CHECK_EQUAL(list->actors[0].name, "guest_of_honour");
  CAF_CHECK_EQUAL(list->actors[0].kind, "tunnel_session");
  CAF_CHECK_EQUAL(list->actors[0].group, "edge");
  CAF_CHECK_EQUAL(count_of(*list, "tunnel_session"), 101u);
  CAF_CHECK_EQUAL(count_of(*list, "node_desk"), 1u);
  CAF_CHECK_EQUAL(count_of(*list, "no_such_kind"), 0u);
  CAF_REQUIRE_EQUAL(list->busiest.size(), 3u); // and not a hundred
  auto busy = std::ranges::find(list->busiest, crowd[7].id(), &busy_actor::number);
  CAF_REQUIRE(busy != list->busiest.end());
  CAF_CHECK_EQUAL(busy->handled, 5u);
}

CAF_TEST(who has ended is counted no more even while somebody holds on to him) {
  auto asked = desk();
  auto held = somebody();
  CAF_CHECK_EQUAL(answer_of<node_report>(asked, describe_node{})->sessions, 1u);
  caf::anon_send_exit(held, caf::exit_reason::user_shutdown);
  sched.run();
  CAF_CHECK_EQUAL(answer_of<node_report>(asked, describe_node{})->sessions, 0u);
}

CAF_TEST(a report says who does not run) {
  supervise();
  auto asked = desk();
  CAF_CHECK(answer_of<node_report>(asked, describe_node{})->ailing.empty());
  tell(door.as<caf::actor>(), crash_order{"a bug"});
  auto report = answer_of<node_report>(asked, describe_node{});
  CAF_REQUIRE(report);
  CAF_CHECK_EQUAL(report->name, "one");
  CAF_CHECK(report->ailing == (std::vector<std::string>{"guest_of_honour"}));
  CAF_CHECK(failed == (std::vector<std::string>{"edge/guest_of_honour: a bug"}));
  pass(seconds{1});
  CAF_CHECK(answer_of<node_report>(asked, describe_node{})->ailing.empty());
  auto view = answer_of<actor_list>(asked, list_actors{})->actors.at(0);
  CAF_CHECK_EQUAL(view.restarts, 1u);
  CAF_CHECK_EQUAL(view.last_error, "a bug");
  CAF_CHECK_EQUAL(code_of(answer_of<store_ready>(door.as<prober>(), probe_store{})), errc{});
}

CAF_TEST(a supervisor that does not answer is told of) {
  auto deaf
    = guard(sys.spawn([](supervisor_actor::pointer deaf_one) -> supervisor_actor::behavior_type {
        return {
          [deaf_one](const list_actors&) { return deaf_one->make_response_promise<actor_list>(); },
          [](const restart_child&) {}};
      }));
  boss = deaf;
  auto report = ask<node_report>(desk(), describe_node{});
  pass(seconds{2});
  CAF_REQUIRE(report->has_value());
  CAF_REQUIRE_EQUAL((**report)->ailing.size(), 1u);
  CAF_CHECK_EQUAL((**report)->ailing[0], "supervisor");
}

CAF_TEST(the newest events are kept with their numbers) {
  auto asked = desk();
  for (int i = 1; i <= 6; ++i) {
    now += seconds{1};
    journal->note(timeline_kind::actor_failed, "number " + std::to_string(i));
  }
  auto all = answer_of<event_list>(asked, list_events{.limit = 1'000});
  CAF_REQUIRE(all);
  CAF_REQUIRE_EQUAL(all->events.size(), 4u);
  CAF_CHECK_EQUAL(all->events[0].number, 3u);
  CAF_CHECK_EQUAL(all->events[3].detail, "number 6");
  CAF_CHECK_EQUAL(all->last, 6u);
  CAF_CHECK(all->events[0].about == (node_id{0, 1}));
  auto since = answer_of<event_list>(asked, list_events{.since = now, .limit = 1'000});
  CAF_CHECK_EQUAL(since->events.size(), 1u);
}

CAF_TEST(who knows some of the events is told the rest and how many are lost) {
  for (int i = 1; i <= 9; ++i)
    journal->note(timeline_kind::actor_failed, "");
  auto life = journal->answer({.limit = 1}).life;
  auto rest = journal->answer({.life = life, .after = 8, .limit = 1'000});
  CAF_CHECK_EQUAL(rest.events.size(), 1u);
  CAF_CHECK_EQUAL(rest.missed, 0u);
  auto late = journal->answer({.life = life, .after = 2, .limit = 1'000});
  CAF_CHECK_EQUAL(late.events.size(), 4u);
  CAF_CHECK_EQUAL(late.missed, 3u); // 3, 4 and 5
  CAF_CHECK_EQUAL(journal->answer({.life = life, .after = 9, .limit = 1'000}).missed, 0u);
  // In another life the numbers mean others.
  CAF_CHECK_EQUAL(journal->answer({.life = life + 1, .after = 8, .limit = 1'000}).events.size(),
                  4u);
}

CAF_TEST(a feed keeps the newest and counts what it lost) {
  int woken = 0;
  bounded_feed<int> feed{3, [&woken] { ++woken; }};
  for (int i = 1; i <= 5; ++i)
    feed.offer(i);
  CAF_CHECK_EQUAL(woken, 1);
  auto batch = feed.take();
  CAF_CHECK(batch.news == (std::vector<int>{3, 4, 5}));
  CAF_CHECK_EQUAL(batch.lost, 2u);
  feed.end();
  CAF_CHECK_EQUAL(woken, 2);
  CAF_CHECK(feed.take().ended);
}

CAF_TEST_FIXTURE_SCOPE_END()
