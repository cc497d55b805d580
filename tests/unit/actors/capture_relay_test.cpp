// Live captures on their way to another node: bounded by what is taken there.
#define CAF_SUITE capture_relay

#include "actors/cluster/remote_desk.hpp"
#include "tests/unit/actors/tree_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;
using namespace serverme::actors;

namespace {

/// What came, and is answered when the test says so: only an actor may answer.
struct taken_messages {
  std::vector<relayed_captures> came;
  std::vector<caf::typed_response_promise<captures_taken>> unanswered;
};

using test_sink_actor = capture_sink_actor::extend<takes<caf::unit_t>>;

test_sink_actor::behavior_type test_sink(test_sink_actor::pointer self,
                                         const std::shared_ptr<taken_messages>& all) {
  return {
    [self, all](const relayed_captures& news) -> caf::result<captures_taken> {
      all->came.push_back(news);
      all->unanswered.push_back(self->make_response_promise<captures_taken>());
      return all->unanswered.back();
    },
    [all](caf::unit_t) {
      for (auto& each : std::exchange(all->unanswered, {}))
        each.deliver(captures_taken{1});
    },
  };
}

struct fixture : tree_fixture {
  fixture() {
    shop = bind_http(join("key of alice").session, "shop").value().endpoint;
    remote_desk_settings settings;
    settings.relays_max = 2;
    settings.relay = {.waiting_max = 3, .batch_bytes_max = 1, .untaken_max = 1};
    desk = guard(spawn_remote_desk(sys, tree.desk(), settings));
    sink = guard(sys.spawn(test_sink, all));
  }

  result<relaying> relay(const asker& who) {
    return answer_of<relaying>(
      desk, relay_captures{who, shop, caf::actor_cast<caf::strong_actor_ptr>(sink)});
  }
  void give(int count) {
    for (int i = 0; i < count; ++i)
      tree.captures()->give(exchange(shop, "GET", "/", 200));
    sched.run();
    sched.advance_time(milliseconds{5}); // an inspector rests after what it took
    sched.run();
  }
  void take_all() { tell(sink, caf::unit); }

  endpoint_id shop;
  remote_desk_actor desk;
  std::shared_ptr<taken_messages> all = std::make_shared<taken_messages>();
  test_sink_actor sink;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(capture_relay_tests, fixture)

CAF_TEST(nothing more is sent before it is taken) {
  CAF_REQUIRE(relay(as(1)));
  give(1);
  give(1);
  CAF_REQUIRE_EQUAL(all->came.size(), 1u);
  CAF_CHECK_EQUAL(all->came[0].captures.size(), 1u);
  take_all();
  CAF_CHECK_EQUAL(all->came.size(), 2u);
}

CAF_TEST(what is not taken in time is lost and counted) {
  CAF_REQUIRE(relay(as(1)));
  give(1);
  for (int i = 0; i < 10; ++i)
    give(1);
  while (!all->unanswered.empty())
    take_all();
  std::uint64_t came = 0, lost = 0;
  for (const auto& each : all->came) {
    came += each.captures.size();
    lost += each.lost;
  }
  CAF_CHECK_EQUAL(came, 4u);
  CAF_CHECK_EQUAL(lost, 7u);
}

CAF_TEST(the end of the tunnel comes after its captures) {
  CAF_REQUIRE(relay(as(1)));
  give(2);
  CAF_REQUIRE(answer_of<tunnel_closed>(desk, close_tunnel{as(1), shop}));
  while (!all->unanswered.empty())
    take_all();
  CAF_REQUIRE_EQUAL(all->came.size(), 3u);
  CAF_CHECK(!all->came[0].ended && !all->came[1].ended);
  CAF_CHECK(all->came[2].captures.empty() && all->came[2].ended);
}

CAF_TEST(a relay ends with its sink and makes room for another) {
  CAF_REQUIRE(relay(as(1)));
  CAF_REQUIRE(relay(as(1)));
  CAF_CHECK_EQUAL(code_of(relay(as(1))), errc::too_busy);
  caf::anon_send_exit(sink, caf::exit_reason::kill);
  sched.run();
  sink = guard(sys.spawn(test_sink, all));
  CAF_CHECK(relay(as(1)));
}

CAF_TEST(a sink that takes nothing for long is left) {
  CAF_REQUIRE(relay(as(1)));
  CAF_REQUIRE(relay(as(1)));
  give(1);
  pass(seconds{16});
  CAF_CHECK(relay(as(1)));
}

CAF_TEST(a stranger gets no relay and leaves none behind) {
  for (int i = 0; i < 3; ++i)
    CAF_CHECK_EQUAL(code_of(relay(as(2))), errc::api_not_found);
}

CAF_TEST_FIXTURE_SCOPE_END()
