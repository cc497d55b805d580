// What many nodes have seen becomes one story.
#define CAF_SUITE timeline

#include "protocol/cluster/timeline.hpp"

#include "tests/unit/test.hpp"

using namespace serverme;

namespace {

constexpr node_id first{0, 1}, second{0, 2}, third{0, 3}, gone{0, 9};

cluster_event seen(node_id by, int second_of_day, timeline_kind kind = timeline_kind::node_died,
                   node_id about = gone) {
  return {.number = 1,
          .when = wall_time{seconds{second_of_day}},
          .kind = kind,
          .seen_by = by,
          .about = about};
}

} // namespace

CAF_TEST(what all nodes notice happened once) {
  auto all = merge_events({seen(second, 101), seen(first, 100), seen(third, 103)}, 100);
  CAF_REQUIRE_EQUAL(all.size(), 1u);
  CAF_CHECK(all[0].what == seen(first, 100));
  CAF_CHECK(all[0].seen_by == (std::vector<node_id>{first, second, third}));
}

CAF_TEST(what one node notices twice happened twice) {
  CAF_CHECK_EQUAL(merge_events({seen(first, 100), seen(first, 105)}, 100).size(), 2u);
  // A node that flaps: each of both deaths was seen by both.
  auto all
    = merge_events({seen(first, 100), seen(second, 101), seen(first, 105), seen(second, 106)}, 100);
  CAF_REQUIRE_EQUAL(all.size(), 2u);
  CAF_CHECK_EQUAL(all[0].seen_by.size(), 2u);
  CAF_CHECK_EQUAL(all[1].seen_by.size(), 2u);
}

CAF_TEST(what is another thing or about another node stands alone) {
  auto all = merge_events({seen(first, 100), seen(second, 100, timeline_kind::node_suspected),
                           seen(third, 100, timeline_kind::node_died, second)},
                          100);
  CAF_CHECK_EQUAL(all.size(), 3u);
}

CAF_TEST(the same much later is another time) {
  CAF_CHECK_EQUAL(merge_events({seen(first, 100), seen(second, 111)}, 100).size(), 2u);
}

CAF_TEST(of many events the newest are kept in the order of time) {
  std::vector<cluster_event> all;
  for (int time = 50; time > 0; --time)
    all.push_back(seen(first, time * 60));
  auto kept = merge_events(all, 3);
  CAF_REQUIRE_EQUAL(kept.size(), 3u);
  CAF_CHECK(kept[0].what.when == wall_time{seconds{48 * 60}});
  CAF_CHECK(kept[2].what.when == wall_time{seconds{50 * 60}});
}

CAF_TEST(a timeline tells what is new and forgets what nobody repeats) {
  timeline told{3};
  CAF_CHECK(told.add(seen(first, 100)));
  CAF_CHECK(!told.add(seen(second, 102)));
  told.forget_before(wall_time{seconds{101}});
  CAF_CHECK(told.entries().empty());
  CAF_CHECK(told.add(seen(second, 103)));
  for (int time = 200; time < 300; time += 20)
    told.add(seen(first, time));
  CAF_CHECK_EQUAL(told.entries().size(), 3u);
}

CAF_TEST(every kind has a name of its own and one of a later version is unknown) {
  CAF_CHECK_EQUAL(to_string(timeline_kind::node_joined), "node_joined");
  CAF_CHECK_EQUAL(to_string(timeline_kind::leader_won), "leader_won");
  CAF_CHECK_EQUAL(to_string(timeline_kind::node_started), "node_started");
  CAF_CHECK_EQUAL(to_string(static_cast<timeline_kind>(200)), "unknown");
}
