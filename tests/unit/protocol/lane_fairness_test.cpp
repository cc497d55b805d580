// Who goes first on a lane: streams that wait take turns, and nobody overtakes them.
#define CAF_SUITE lane_fairness
#include "tests/unit/protocol/allocations.hpp"
#include "tests/unit/protocol/lane_pair.hpp"
#include "tests/unit/test.hpp"

#include <algorithm>
#include <map>

using namespace serverme;
using namespace serverme::tests;
using lane::frame_type;

namespace {

// A socket takes so much at a time.
constexpr std::size_t fill_bytes = 64 * 1024;

struct fixture : lane_pair {
  fixture() : lane_pair{{.window_initial = 4 * 1024 * 1024}} {}

  /// Opens a stream and writes until nothing more is taken.
  void flood(recorded_stream& who) {
    if (who.id == 0)
      open(who);
    while (write(edge, who.id, std::string(64 * 1024, 'x')) > 0) {
    }
  }

  std::map<lane::stream_id, std::size_t> bytes_by_stream(std::string_view wire) {
    std::map<lane::stream_id, std::size_t> out;
    for (const auto& frame : frames_of(wire))
      if (frame.header.type == frame_type::data)
        out[frame.header.stream] += frame.payload.size();
    return out;
  }

  recorded_stream bulk;
  recorded_stream other;
  recorded_stream small;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(lane_fairness_tests, fixture)

CAF_TEST(a stream that is not taken from holds a bounded queue) {
  open(bulk);
  std::size_t taken = 0;
  for (int i = 0; i < 1000; ++i)
    taken += write(edge, bulk.id, std::string(64 * 1024, 'x'));
  lane::core_limits limits;
  CAF_CHECK_LESS_OR_EQUAL(taken,
                          limits.batch_bytes + lane::payload_bytes_max + limits.stream_queue_max);
  edge.take();
  CAF_CHECK_EQUAL(bulk.writable, 1);
}

CAF_TEST(a small stream waits one turn of the others at most) {
  flood(bulk);
  flood(other);
  open(small);
  edge.take(1); // the batch
  CAF_REQUIRE_EQUAL(write(edge, small.id, "quick"), 5u);
  auto frames = frames_of(edge.take(fill_bytes));
  auto at
    = std::ranges::find_if(frames, [&](const auto& f) { return f.header.stream == small.id; });
  CAF_CHECK_LESS_OR_EQUAL(at - frames.begin(), 2);
}

CAF_TEST(streams that wait share alike) {
  flood(bulk);
  flood(other);
  edge.take(1);
  std::map<lane::stream_id, std::size_t> sum;
  for (int i = 0; i < 20; ++i) {
    for (auto [id, size] : bytes_by_stream(edge.take(fill_bytes)))
      sum[id] += size;
    flood(bulk);
    flood(other);
  }
  auto difference
    = sum[bulk.id] > sum[other.id] ? sum[bulk.id] - sum[other.id] : sum[other.id] - sum[bulk.id];
  CAF_CHECK_LESS_OR_EQUAL(difference, 2 * lane::payload_bytes_max);
}

CAF_TEST(a stream whose queue ran dry does not overtake those who wait) {
  flood(bulk);
  open(other);
  edge.take(1);
  // Written whenever there is room, as a shell does it.
  std::size_t of_other = 0;
  std::size_t of_bulk = 0;
  for (int i = 0; i < 20; ++i) {
    write(edge, other.id, std::string(32 * 1024, 'y'));
    flood(bulk);
    auto bytes = bytes_by_stream(edge.take(fill_bytes));
    of_other += bytes[other.id];
    of_bulk += bytes[bulk.id];
  }
  CAF_CHECK_GREATER_OR_EQUAL(of_bulk, of_other);
  CAF_CHECK_GREATER(of_other, 0u);
}

CAF_TEST(however little is taken at a time everybody gets a turn) {
  flood(bulk);
  flood(other);
  for (int i = 0; i < 4; ++i)
    edge.take(1);
  CAF_CHECK(edge.core.has_output());
  auto bytes = bytes_by_stream(edge.take(1) + edge.take(1));
  CAF_CHECK_EQUAL(bytes.size(), 2u);
}

CAF_TEST(a new stream opens at once whoever waits) {
  flood(bulk);
  edge.take(1);
  open(small, "GET /");
  auto frames = frames_of(edge.take(fill_bytes));
  CAF_CHECK(frames[0].is(frame_type::open, small.id));
  CAF_CHECK(frames[0].payload.ends_with("GET /"));
}

CAF_TEST(a stream that ends leaves the ring and the turns go on) {
  std::vector<std::unique_ptr<recorded_stream>> many;
  flood(bulk);
  for (int i = 0; i < 10; ++i) {
    flood(*many.emplace_back(std::make_unique<recorded_stream>()));
  }
  edge.take(200 * 1024);
  for (std::size_t i = 0; i < many.size(); i += 2)
    edge.core.reset(many[i]->id, errc::stream_reset);
  std::map<lane::stream_id, std::size_t> sum;
  while (edge.core.has_output())
    for (auto [id, size] : bytes_by_stream(edge.take(fill_bytes)))
      sum[id] += size;
  CAF_CHECK_EQUAL(sum.size(), 6u);
}

CAF_TEST(a lane whose only waiting stream was reset has nothing but the reset to say) {
  flood(bulk);
  edge.take(1);
  edge.core.reset(bulk.id, errc::stream_reset);
  CAF_CHECK_EQUAL(frames_of(edge.take()).size(), 1u);
  CAF_CHECK(!edge.core.has_output());
}

CAF_TEST(a large batch is handed over and a small one copied) {
  open(bulk);
  byte_queue out;
  edge.core.fill(out, fill_bytes);
  auto kept = out.capacity();
  out.clear();
  write(edge, bulk.id, "small");
  edge.core.fill(out, fill_bytes);
  CAF_CHECK_EQUAL(out.capacity(), kept);
  out.clear();
  write(edge, bulk.id, std::string(64 * 1024, 'x'));
  edge.core.fill(out, fill_bytes);
  CAF_CHECK_GREATER(out.size(), 64 * 1024u);
}

CAF_TEST(a lane that falls silent gives its memory back) {
  edge.take();
  flood(bulk);
  flood(other);
  while (edge.core.has_output())
    edge.take();
  auto held = memory_held();
  CAF_REQUIRE(edge.give(frame_of(frame_type::ping, 0, "12345678"), now));
  CAF_CHECK_GREATER(held, memory_held() + 256 * 1024);
}

CAF_TEST(a warm lane allocates nothing for a request) {
  struct silent_agent final : lane::lane_handler, lane::stream_handler {
    lane::stream_handler* on_open(lane::stream_id id, const lane::open&, bytes_view) override {
      last = id;
      return this;
    }
    void on_control(frame_type, bytes_view) override {}
    void on_pong(microseconds) override {}
    void on_output() override {}
    void on_data(bytes_view) override {}
    void on_finish() override {}
    void on_writable() override {}
    void on_reset(errc) override {}
    lane::stream_id last = 0;
  } quiet;
  lane::window_budget budget{1UL << 40};
  lane::core near{lane::side::edge, {}, quiet, budget};
  lane::core far{lane::side::agent, {}, quiet, budget};
  near.set_peer_window(256 * 1024);
  far.set_peer_window(256 * 1024);
  byte_queue wire;
  const lane::open message{.endpoint = {7}, .visitor_address = "192.0.2.1"};
  auto request = [&] {
    std::size_t taken = 0;
    auto id = *near.open_stream(message, as_bytes("GET / HTTP/1.1\r\n\r\n"), taken, quiet);
    near.finish(id);
    near.fill(wire, fill_bytes);
    auto given = far.on_bytes(wire.view(), now).has_value();
    wire.clear();
    far.consumed(quiet.last, 18, now);
    far.write(quiet.last, as_bytes("HTTP/1.1 200 OK\r\n\r\n"));
    far.finish(quiet.last);
    far.fill(wire, fill_bytes);
    given = given && near.on_bytes(wire.view(), now).has_value();
    wire.clear();
    return given;
  };
  for (int i = 0; i < 10; ++i)
    CAF_REQUIRE(request());
  auto before = allocations();
  auto all_well = true;
  for (int i = 0; i < 100; ++i)
    all_well = request() && all_well;
  auto made = allocations() - before;
  CAF_CHECK(all_well);
  CAF_CHECK_EQUAL(made, 0u);
  CAF_CHECK_EQUAL(near.streams() + far.streams(), 0u);
}

CAF_TEST_FIXTURE_SCOPE_END()
