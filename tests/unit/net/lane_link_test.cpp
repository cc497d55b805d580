// Two ends of a lane on real sockets: turns, liveness, and how lanes end.
#define CAF_SUITE lane_link

#include "net/lane_link.hpp"

#include "tests/unit/support/loopback.hpp"
#include "tests/unit/support/test_certificate.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::net;
using namespace serverme::tests;

namespace {

struct recording_stream : lane::stream_handler {
  void on_data(bytes_view bytes) override { received += as_text(bytes); }
  void on_finish() override { finished = true; }
  void on_writable() override {}
  void on_reset(errc why) override { reset = why; }

  std::string received;
  bool finished = false;
  std::optional<errc> reset;
};

struct recording_lane_user : lane_user {
  void on_lane_ready() override { ready = true; }
  lane::stream_handler* on_stream(lane::stream_id id, const lane::open&,
                                  bytes_view first) override {
    last = id;
    stream.received += as_text(first);
    return &stream;
  }
  void on_control(lane::frame_type type, bytes_view) override { controls.push_back(type); }
  void on_round_trip(microseconds) override { ++answers; }
  void on_lane_closed(const failure& why) override {
    streams_were_reset = stream.reset.has_value();
    closed = why;
  }

  recording_stream stream;
  lane::stream_id last = 0;
  std::vector<lane::frame_type> controls;
  int answers = 0;
  bool ready = false;
  bool streams_were_reset = false;
  std::optional<failure> closed;
};

struct fixture {
  fixture() {
    auto [one, other] = connected_sockets(loop);
    near = std::make_unique<channel>(loop, std::move(one));
    far = std::make_unique<channel>(loop, std::move(other));
  }

  /// The near end is the edge; the far end stays a channel.
  void start_edge() {
    edge = std::make_unique<lane_link>(std::move(near), lane::side::edge, lane::core_limits{},
                                       heartbeat_limits{}, budget, edge_user);
    edge->core().set_peer_window(256 * 1024);
    edge->start();
  }
  void start_both() {
    start_edge();
    agent = std::make_unique<lane_link>(std::move(far), lane::side::agent, lane::core_limits{},
                                        heartbeat_limits{}, budget, agent_user);
    agent->core().set_peer_window(256 * 1024);
    agent->start();
  }
  lane::stream_id open_stream(std::string_view first) {
    std::size_t taken = 0;
    auto id = edge->core().open_stream({}, as_bytes(first), taken, edge_user.stream);
    CAF_REQUIRE(id);
    CAF_REQUIRE_EQUAL(taken, first.size());
    return *id;
  }
  bool await(const std::function<bool()>& condition) { return run_until(loop, condition); }

  event_loop loop;
  lane::window_budget budget{1UL << 30};
  recording_lane_user edge_user, agent_user;
  recording_user far_user;
  std::unique_ptr<channel> near, far;
  std::unique_ptr<lane_link> edge, agent;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(lane_link_tests, fixture)

CAF_TEST(a stream carries bytes both ways and ends) {
  start_both();
  auto id = open_stream("question");
  edge->core().finish(id);
  CAF_REQUIRE(await([&] { return agent_user.stream.finished; }));
  CAF_CHECK_EQUAL(agent_user.stream.received, "question");
  agent->core().write(agent_user.last, as_bytes("answer"));
  agent->core().finish(agent_user.last);
  CAF_CHECK(await([&] { return edge_user.stream.finished; }));
  CAF_CHECK_EQUAL(edge_user.stream.received, "answer");
  CAF_CHECK_EQUAL(edge->core().streams(), 0u);
}

CAF_TEST(all frames of one turn leave in one write) {
  start_edge();
  int pieces = 0;
  far_user.heard = [&] { ++pieces; };
  far->start(far_user);
  for (int i = 0; i < 20; ++i)
    open_stream("first bytes");
  edge->send_control(lane::frame_type::bound, {});
  CAF_CHECK(far_user.received.empty());
  CAF_CHECK(await([&] { return far_user.received.ends_with("first bytes"); }));
  CAF_CHECK_EQUAL(pieces, 1);
}

CAF_TEST(what is queued before TLS is up leaves when it is) {
  auto certificate = make_certificate("edge.test");
  ca_file ca{certificate};
  near->secure(tls_session::accept(*make_server_context(certificate, {})));
  far->secure(tls_session::connect(*make_client_context({.ca_file = ca.path()}), "edge.test"));
  start_both();
  edge->send_control(lane::frame_type::bound, {});
  agent->send_control(lane::frame_type::bind, {});
  CAF_CHECK(
    await([&] { return edge_user.controls.size() == 1 && agent_user.controls.size() == 1; }));
  CAF_CHECK(edge_user.ready && agent_user.ready);
}

CAF_TEST(a silent peer is noticed and told after its streams) {
  start_edge();
  far->start(far_user);
  open_stream("x");
  auto now = loop.now();
  edge->on_tick(now + heartbeat_limits{}.dead_after - milliseconds{1});
  loop.context().poll();
  CAF_CHECK(!edge_user.closed);
  edge->on_tick(now + heartbeat_limits{}.dead_after + seconds{1});
  CAF_CHECK(!edge_user.closed); // not from within
  CAF_REQUIRE(await([&] { return edge_user.closed.has_value(); }));
  CAF_CHECK_EQUAL(edge_user.closed->code, errc::peer_silent);
  CAF_CHECK(edge_user.streams_were_reset);
}

CAF_TEST(a lane in doubt asks at once and an answer ends the doubt) {
  start_both();
  edge->doubt(milliseconds{100});
  CAF_REQUIRE(await([&] { return edge_user.answers == 1; }));
  edge->on_tick(loop.now() + milliseconds{200});
  loop.context().poll();
  CAF_CHECK(!edge_user.closed);
}

CAF_TEST(a lane in doubt that gets no answer is given up after its time of grace) {
  start_edge();
  edge->doubt(milliseconds{100});
  edge->on_tick(loop.now() + milliseconds{200});
  CAF_CHECK(await([&] { return edge_user.closed.has_value(); }));
}

CAF_TEST(a peer that breaks the protocol ends the lane) {
  start_edge();
  far->start(far_user);
  open_stream("x");
  far->write(as_bytes(std::string(64, '\xff')));
  CAF_REQUIRE(await([&] { return edge_user.closed.has_value(); }));
  CAF_CHECK_EQUAL(edge_user.closed->code, errc::frame_too_large);
  CAF_CHECK(edge_user.streams_were_reset);
  CAF_REQUIRE(await([&] { return far_user.ended; }));
  // The last it hears is why.
  auto wire = as_bytes(far_user.received);
  auto header = lane::read_header(wire);
  CAF_REQUIRE(header);
  while (header->type != lane::frame_type::goaway) {
    wire = wire.subspan(lane::header_bytes + header->length);
    CAF_REQUIRE(!wire.empty());
    header = lane::read_header(wire);
  }
  auto why = lane::parse_goaway(wire.subspan(lane::header_bytes));
  CAF_REQUIRE(why);
  CAF_CHECK_EQUAL(why->code, errc::frame_too_large);
}

CAF_TEST(a lost connection is told once) {
  start_edge();
  far->start(far_user);
  open_stream("x");
  far->abort();
  CAF_REQUIRE(await([&] { return edge_user.closed.has_value(); }));
  CAF_CHECK(edge_user.streams_were_reset);
  edge_user.closed.reset();
  edge->fail_now(fail(errc::draining));
  loop.context().poll();
  CAF_CHECK(!edge_user.closed);
}

CAF_TEST(a lane may be destroyed while its failure is on the way) {
  start_edge();
  edge->fail_now(fail(errc::draining));
  edge.reset();
  loop.context().poll();
  CAF_CHECK(!edge_user.closed);
}

CAF_TEST(a gentle close sends what is queued and tells nobody) {
  start_edge();
  far->start(far_user);
  edge->send_control(lane::frame_type::goaway, {});
  edge->close_gently();
  edge.reset();
  CAF_CHECK(await([&] { return far_user.ended; }));
  CAF_CHECK_EQUAL(far_user.received.size(), lane::header_bytes);
  CAF_CHECK(!edge_user.closed);
}

CAF_TEST(a peer that reads no control frames is given up) {
  start_edge();
  byte_queue large;
  large.append(std::string(16'000, 'x'));
  // Nothing of it leaves within the turn.
  for (int i = 0; i < 20; ++i)
    edge->send_control(lane::frame_type::bound, large);
  CAF_REQUIRE(await([&] { return edge_user.closed.has_value(); }));
  CAF_CHECK_EQUAL(edge_user.closed->code, errc::too_busy);
}

CAF_TEST(bytes carried lately fade) {
  start_both();
  open_stream(std::string(10'000, 'x'));
  CAF_REQUIRE(await([&] { return agent_user.stream.received.size() == 10'000; }));
  auto now = loop.now();
  CAF_CHECK(edge->recent_bytes(now) > 5'000);
  CAF_CHECK(edge->recent_bytes(now + seconds{2}) < 1'000);
  CAF_CHECK_EQUAL(edge->recent_bytes(now + seconds{11}), 0);
}

CAF_TEST_FIXTURE_SCOPE_END()
