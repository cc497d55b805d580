// Windows of a lane: what may be sent, when credit comes back, and how windows follow their reader.
#define CAF_SUITE lane_windows
#include "protocol/big_endian.hpp"
#include "tests/unit/protocol/lane_pair.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::tests;
using lane::frame_type;

namespace {

constexpr lane::core_limits small_windows{.window_initial = 1000, .window_max = 8000};

struct fixture : lane_pair {
  fixture() : lane_pair{small_windows} {
    open(visitor);
    settle();
  }

  /// The agent sends `bytes`, the edge gets them, and passes them on after `delay`.
  void pass(std::size_t bytes, milliseconds delay = {}) {
    while (bytes > 0) {
      auto sent = write(agent, visitor.id, std::string(bytes, 'x'));
      settle();
      now += delay;
      edge.core.consumed(visitor.id, sent, now);
      settle();
      CAF_REQUIRE_GREATER(sent, 0u);
      bytes -= sent;
    }
  }

  std::vector<std::uint32_t> windows_sent() {
    std::vector<std::uint32_t> out;
    for (const auto& frame : frames_of(edge.take()))
      if (frame.is(frame_type::window, visitor.id))
        out.push_back(read_big_endian<std::uint32_t>(as_bytes(frame.payload)));
    return out;
  }

  recorded_stream visitor;
};

using windows = std::vector<std::uint32_t>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(lane_windows_tests, fixture)

CAF_TEST(a write takes no more than the window) {
  CAF_CHECK_EQUAL(write(agent, visitor.id, std::string(5000, 'x')), 1000u);
  CAF_CHECK_EQUAL(write(agent, visitor.id, "y"), 0u);
  settle();
  CAF_CHECK_EQUAL(visitor.received.size(), 1000u);
  CAF_CHECK_EQUAL(at_agent().writable, 0);
}

CAF_TEST(whoever could not write is told when credit comes) {
  write(agent, visitor.id, std::string(1001, 'x'));
  settle();
  edge.core.consumed(visitor.id, 500, now);
  settle();
  CAF_CHECK_EQUAL(at_agent().writable, 1);
  CAF_CHECK_EQUAL(write(agent, visitor.id, std::string(1001, 'x')), 500u);
}

CAF_TEST(whoever could write everything is told nothing) {
  write(agent, visitor.id, std::string(1000, 'x'));
  settle();
  edge.core.consumed(visitor.id, 1000, now);
  settle();
  CAF_CHECK_EQUAL(at_agent().writable, 0);
}

CAF_TEST(credit comes back in halves of a window) {
  write(agent, visitor.id, std::string(1000, 'x'));
  settle();
  edge.core.consumed(visitor.id, 499, now);
  CAF_CHECK(windows_sent().empty());
  edge.core.consumed(visitor.id, 1, now);
  CAF_CHECK(windows_sent() == windows{500});
  edge.core.consumed(visitor.id, 499, now);
  CAF_CHECK(windows_sent().empty());
}

CAF_TEST(however often bytes are passed on there is one WINDOW a stream) {
  write(agent, visitor.id, std::string(1000, 'x'));
  settle();
  edge.core.consumed(visitor.id, 600, now);
  edge.core.consumed(visitor.id, 300, now);
  CAF_CHECK(windows_sent() == windows{900});
}

CAF_TEST(a peer that never reads gets no more credit) {
  write(agent, visitor.id, std::string(1000, 'x'));
  settle();
  edge.core.consumed(visitor.id, 1000, now);
  // Its credit is queued here and not sent: whatever it sends now is too much.
  CAF_CHECK(!edge.give(frame_of(frame_type::data, visitor.id, "x")));
}

CAF_TEST(passing on more than came grants nothing beyond the window) {
  write(agent, visitor.id, std::string(700, 'x'));
  settle();
  edge.core.consumed(visitor.id, 1'000'000, now);
  CAF_CHECK(windows_sent() == windows{700});
  edge.core.consumed(visitor.id, 1'000'000, now);
  CAF_CHECK(windows_sent().empty());
}

CAF_TEST(the first bytes of OPEN count as well) {
  recorded_stream who;
  auto id = open(who, std::string(1000, 'x'));
  settle();
  CAF_CHECK_EQUAL(write(edge, id, "y"), 0u);
  agent.core.consumed(id, 1000, now);
  settle();
  CAF_CHECK_EQUAL(who.writable, 1);
}

CAF_TEST(no credit is given for bytes after which nothing follows) {
  write(agent, visitor.id, std::string(1000, 'x'));
  agent.core.finish(visitor.id);
  settle();
  edge.core.consumed(visitor.id, 1000, now);
  CAF_CHECK(windows_sent().empty());
}

CAF_TEST(a stream that was reset is owed nothing) {
  write(agent, visitor.id, std::string(1000, 'x'));
  settle();
  edge.core.consumed(visitor.id, 1000, now);
  edge.core.reset(visitor.id, errc::stream_reset);
  edge.core.consumed(visitor.id, 1000, now);
  CAF_CHECK(windows_sent().empty());
  CAF_CHECK(!edge.core.has_output());
}

CAF_TEST(a window grows to its limit while its reader keeps up) {
  pass(1000); // asks for the round trip
  CAF_REQUIRE(!edge.user.pongs.empty());
  pass(100'000);
  CAF_CHECK_EQUAL(edge.budget.used(), 8000u);
  CAF_CHECK_EQUAL(edge.core.counters().windows_grown, 3u);
  CAF_CHECK_EQUAL(write(agent, visitor.id, std::string(10'000, 'x')), 8000u);
}

CAF_TEST(a window of a slow reader stays as it is) {
  pass(20'000, milliseconds{50});
  CAF_CHECK_EQUAL(edge.budget.used(), 1000u);
}

CAF_TEST(a stream behind one with a large window has as much soon) {
  pass(1000);
  pass(100'000);
  CAF_REQUIRE_EQUAL(edge.budget.used(), 8000u);
  recorded_stream who;
  auto id = open(who);
  settle();
  CAF_REQUIRE_EQUAL(write(agent, id, std::string(1000, 'x')), 1000u);
  settle();
  edge.core.consumed(id, 499, now);
  CAF_CHECK_EQUAL(edge.budget.used(), 9000u);
  edge.core.consumed(id, 1, now);
  CAF_CHECK_EQUAL(edge.budget.used(), 16'000u);
}

CAF_TEST(a much larger window of another is reached in steps) {
  lane_pair path{{.window_initial = 1000, .window_max = 64'000}};
  auto send = [&](recorded_stream& who, std::size_t bytes) {
    CAF_REQUIRE_EQUAL(path.write(path.agent, who.id, std::string(bytes, 'x')), bytes);
    path.settle();
    path.edge.core.consumed(who.id, bytes, path.now);
    path.settle();
  };
  recorded_stream first, second;
  path.open(first);
  path.settle();
  for (std::size_t window = 1000; window < 64'000; window *= 2)
    send(first, window);
  CAF_REQUIRE_EQUAL(path.edge.budget.used(), 64'000u);
  path.open(second);
  path.settle();
  send(second, 500);
  CAF_CHECK_EQUAL(path.edge.budget.used(), 64'000u + 8'000u);
  send(second, 4'000);
  CAF_CHECK_EQUAL(path.edge.budget.used(), 64'000u + 64'000u);
}

CAF_TEST(a slow reader has no large window because another had one) {
  pass(1000);
  pass(100'000);
  recorded_stream who;
  auto id = open(who);
  settle();
  CAF_REQUIRE_EQUAL(write(agent, id, std::string(1000, 'x')), 1000u);
  settle();
  now += milliseconds{50};
  edge.core.consumed(id, 1000, now);
  CAF_CHECK_EQUAL(edge.budget.used(), 9000u);
}

CAF_TEST(a window grows with the round trip that was measured) {
  edge.core.ping(now);
  carry(edge, agent);
  now += milliseconds{200};
  carry(agent, edge);
  pass(20'000, milliseconds{50}); // slow, and still faster than this path
  CAF_CHECK_GREATER(edge.budget.used(), 1000u);
}

CAF_TEST(a round trip is measured for traffic only and not too often) {
  pass(50'000);
  CAF_CHECK_EQUAL(edge.user.pongs.size(), 1u);
  now += seconds{6};
  pass(20'000);
  CAF_CHECK_EQUAL(edge.user.pongs.size(), 2u);
}

CAF_TEST(a window grows no further than the budget) {
  lane::window_budget node{2500};
  lane::window_budget budget{1'000'000, &node};
  recorded_lane user;
  {
    lane::core core{lane::side::edge, small_windows, user, budget};
    core.set_peer_window(1000);
    recorded_stream who;
    std::size_t taken = 0;
    auto id = *core.open_stream({}, {}, taken, who);
    for (int i = 0; i < 20; ++i) {
      CAF_REQUIRE(
        core.on_bytes(as_bytes(frame_of(frame_type::data, id, std::string(500, 'x'))), now));
      core.consumed(id, 500, now);
      byte_queue out;
      core.fill(out, 100'000);
    }
    CAF_CHECK_EQUAL(node.used(), 2000u);
    CAF_CHECK_GREATER(core.counters().windows_refused, 0u);
  }
  CAF_CHECK_EQUAL(node.used() + budget.used(), 0u);
}

CAF_TEST(a window grows no further than the budget of who pays for the stream) {
  lane::window_budget payer{2500};
  lane::window_budget budget{1'000'000};
  recorded_lane user;
  {
    lane::core core{lane::side::edge, small_windows, user, budget};
    core.set_peer_window(1000);
    recorded_stream paid, other;
    std::size_t taken = 0;
    auto pass_all = [&](lane::stream_id id) {
      for (int i = 0; i < 20; ++i) {
        CAF_REQUIRE(
          core.on_bytes(as_bytes(frame_of(frame_type::data, id, std::string(500, 'x'))), now));
        core.consumed(id, 500, now);
        byte_queue out;
        core.fill(out, 100'000);
      }
    };
    auto first = *core.open_stream({}, {}, taken, paid);
    core.charge(first, payer);
    pass_all(first);
    CAF_CHECK_EQUAL(payer.used(), 2000u);
    CAF_CHECK_EQUAL(budget.used(), 2000u);
    pass_all(*core.open_stream({}, {}, taken, other));
    CAF_CHECK_EQUAL(payer.used(), 2000u);
    CAF_CHECK_EQUAL(budget.used(), 10'000u);
    core.reset(first, errc::stream_reset);
    CAF_CHECK_EQUAL(payer.used(), 0u);
    core.charge(*core.open_stream({}, {}, taken, paid), payer);
    CAF_CHECK_EQUAL(payer.used(), 1000u);
  }
  CAF_CHECK_EQUAL(payer.used() + budget.used(), 0u);
}

CAF_TEST(a peer that grants no window can be opened streams to) {
  edge.core.set_peer_window(0);
  recorded_stream who;
  auto id = open(who, "first");
  CAF_CHECK_EQUAL(write(edge, id, "first"), 0u);
  settle();
  CAF_REQUIRE_EQUAL(agent.user.streams.size(), 2u);
  CAF_CHECK(at_agent(1).received.empty());
  CAF_CHECK(edge.give(frame_of(frame_type::window, id, {"\0\0\0\5", 4})));
  CAF_CHECK_EQUAL(who.writable, 1);
  CAF_CHECK_EQUAL(write(edge, id, "first"), 5u);
}

CAF_TEST_FIXTURE_SCOPE_END()
