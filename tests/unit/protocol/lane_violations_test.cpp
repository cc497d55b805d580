// A hostile peer of a lane: what breaks the protocol ends the lane, what floods it meets a bound.
#define CAF_SUITE lane_violations
#include "tests/unit/protocol/lane_pair.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::tests;
using lane::frame_type;

namespace {

struct fixture : lane_pair {
  fixture() {
    open(visitor);
    settle();
  }

  /// What a side that has stream 2 says to these bytes.
  std::optional<errc> verdict(lane::side which, std::string_view wire) {
    lane_pair fresh;
    recorded_stream who;
    fresh.open(who);
    fresh.settle();
    auto outcome = (which == lane::side::edge ? fresh.edge : fresh.agent).give(wire);
    return outcome ? std::nullopt : std::optional{outcome.error().code};
  }
  std::optional<errc> edge_says(std::string_view wire) { return verdict(lane::side::edge, wire); }
  std::optional<errc> agent_says(std::string_view wire) { return verdict(lane::side::agent, wire); }

  recorded_stream visitor;
};

constexpr auto violation = errc::protocol_violation;
const std::string one_byte_window{"\0\0\0\1", 4};

} // namespace

CAF_TEST_FIXTURE_SCOPE(lane_violations_tests, fixture)

CAF_TEST(frames of streams that were never opened) {
  for (lane::stream_id id : {0U, 1U, 3U, 4U, 0xffff'fffeU}) {
    CAF_CHECK(edge_says(frame_of(frame_type::data, id, "x")) == violation);
    CAF_CHECK(agent_says(frame_of(frame_type::data, id, "x")) == violation);
    CAF_CHECK(edge_says(frame_of(frame_type::window, id, one_byte_window)) == violation);
    CAF_CHECK(edge_says(frame_of(frame_type::rst, id, one_byte_window)) == violation);
  }
}

CAF_TEST(data after the end) {
  auto end = frame_of(frame_type::data, 2, "x", lane::flag_fin);
  CAF_CHECK(!edge_says(end));
  CAF_CHECK(edge_says(end + frame_of(frame_type::data, 2, "y")) == violation);
  CAF_CHECK(edge_says(end + frame_of(frame_type::data, 2, {}, lane::flag_fin)) == violation);
}

CAF_TEST(data beyond the window is refused before it comes) {
  std::string full;
  auto window = lane::core_limits{}.window_initial;
  for (std::size_t left = window; left > 0;) {
    auto size = std::min(left, lane::payload_bytes_max);
    full += frame_of(frame_type::data, 2, std::string(size, 'x'));
    left -= size;
  }
  CAF_CHECK(!edge_says(full));
  CAF_CHECK(edge_says(full + frame_of(frame_type::data, 2, "x").substr(0, lane::header_bytes))
            == violation);
}

CAF_TEST(streams that are opened twice or backwards or oddly or by the agent) {
  for (lane::stream_id id : {0U, 2U, 5U})
    CAF_CHECK(agent_says(open_frame(id)) == violation);
  CAF_CHECK(!agent_says(open_frame(4)));
  CAF_CHECK(agent_says(open_frame(6) + open_frame(4)) == violation);
  CAF_CHECK(edge_says(open_frame(4)) == violation);
}

CAF_TEST(a stream before the greeting) {
  recorded_lane user;
  lane::window_budget budget{1000};
  lane::core core{lane::side::agent, {}, user, budget};
  auto outcome = core.on_bytes(as_bytes(open_frame(2)), {});
  CAF_REQUIRE(!outcome);
  CAF_CHECK(outcome.error().code == violation);
}

CAF_TEST(an OPEN that cannot be read or carries more than the window) {
  CAF_CHECK(agent_says(frame_of(frame_type::open, 4)) == violation);
  CAF_CHECK(agent_says(frame_of(frame_type::open, 4, {"\0\5abc", 5})) == violation);
  lane_pair narrow{{.window_initial = 10}};
  auto outcome = narrow.agent.give(open_frame(2, "eleven byte"));
  CAF_REQUIRE(!outcome);
  CAF_CHECK(outcome.error().code == violation);
}

CAF_TEST(frames of the wrong size) {
  CAF_CHECK(edge_says(frame_of(frame_type::window, 2, "abc")) == violation);
  CAF_CHECK(edge_says(frame_of(frame_type::window, 2, "abcde")) == violation);
  CAF_CHECK(edge_says(frame_of(frame_type::rst, 2, "a")) == violation);
  CAF_CHECK(edge_says(frame_of(frame_type::ping, 0, "1234567")) == violation);
  CAF_CHECK(edge_says(std::string{"\x03\x00\xff\xff\x00\x00\x00\x02", 8}) == errc::frame_too_large);
}

CAF_TEST(more credit than any window) {
  auto much = frame_of(frame_type::window, 2, {"\x7f\xff\xff\xff", 4});
  CAF_CHECK(edge_says(much + much) == violation);
  CAF_CHECK(edge_says(frame_of(frame_type::window, 2, {"\xff\xff\xff\xff", 4})) == violation);
}

CAF_TEST(a dead core hears and says nothing more) {
  CAF_REQUIRE(!edge.give(frame_of(frame_type::data, 99)));
  CAF_CHECK(edge.give(frame_of(frame_type::data, visitor.id, "x")));
  CAF_CHECK(visitor.received.empty());
  CAF_CHECK_EQUAL(write(edge, visitor.id, "x"), 0u);
  edge.core.finish(visitor.id);
  edge.core.consumed(visitor.id, 1, now);
  edge.core.ping(now);
  CAF_CHECK(!edge.core.has_output());
}

CAF_TEST(more streams than agreed are refused one by one) {
  lane_pair few{{.streams_max = 2}};
  CAF_CHECK(few.agent.give(open_frame(2) + open_frame(4) + open_frame(6, "x", lane::flag_fin)));
  auto frames = frames_of(few.agent.take());
  CAF_REQUIRE_EQUAL(frames.size(), 1u);
  CAF_CHECK(frames[0].is(frame_type::rst, 6));
  CAF_CHECK_EQUAL(few.agent.core.counters().streams_refused, 1u);
  CAF_CHECK(few.agent.give(frame_of(frame_type::data, 6, "late")));
}

CAF_TEST(an edge opens no more streams than agreed) {
  lane_pair few{{.streams_max = 1}};
  recorded_stream one;
  recorded_stream two;
  CAF_CHECK_EQUAL(few.open(one), 2u);
  CAF_CHECK_EQUAL(few.open(two), 0u);
}

CAF_TEST(a peer that opens streams and does not read is cut off) {
  agent.user.refuses = true;
  std::optional<errc> end;
  std::size_t opened = 0;
  for (lane::stream_id id = 4; !end && opened < 1'000'000; id += 2, ++opened)
    if (auto outcome = agent.give(open_frame(id)); !outcome)
      end = outcome.error().code;
  CAF_CHECK(end == errc::too_busy);
  lane::core_limits limits;
  CAF_CHECK_LESS(agent.take().size(), limits.batch_bytes + limits.control_queue_max + 64);
}

CAF_TEST(an agent that does not read is opened no more streams) {
  std::size_t opened = 0;
  for (; opened < 1'000'000; ++opened) {
    recorded_stream brief;
    if (open(brief) == 0)
      break;
    edge.core.reset(brief.id, errc::stream_reset);
  }
  CAF_CHECK_LESS(opened, 20'000u);
  CAF_CHECK_GREATER(opened, 1000u);
  edge.take();
  recorded_stream next;
  CAF_CHECK_NOT_EQUAL(open(next), 0u);
  edge.core.reset(next.id, errc::stream_reset);
}

CAF_TEST(a flood of pings is answered in part) {
  auto ping = frame_of(frame_type::ping, 0, "12345678");
  for (int i = 0; i < 100'000; ++i)
    if (!edge.give(ping))
      CAF_FAIL("a ping ended the lane");
  CAF_CHECK_LESS_OR_EQUAL(edge.take().size(), lane::core_limits{}.control_queue_max);
}

CAF_TEST(control frames that are not read meet a bound) {
  const std::string payload(1000, 'x');
  std::optional<errc> end;
  for (int i = 0; i < 1000 && !end; ++i)
    if (auto outcome = edge.core.send_control(frame_type::bound, as_bytes(payload)); !outcome)
      end = outcome.error().code;
  CAF_CHECK(end == errc::too_busy);
  auto large = edge.core.send_control(frame_type::bound, as_bytes(std::string(20'000, 'x')));
  CAF_REQUIRE(!large);
  CAF_CHECK(large.error().code == errc::frame_too_large);
}

CAF_TEST_FIXTURE_SCOPE_END()
