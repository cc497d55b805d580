// Streams of a lane: how they begin, carry bytes and end, and that users may do anything from
// within what they are told.
#define CAF_SUITE lane_core
#include "tests/unit/protocol/hex.hpp"
#include "tests/unit/protocol/lane_pair.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::tests;
using lane::frame_type;

namespace {

struct fixture : lane_pair {
  recorded_stream visitor;
  recorded_stream other;
};

std::string bytes_counting(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<char>(i * 31 + i / 251);
  return out;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(lane_core_tests, fixture)

CAF_TEST(a stream opens with its first bytes in one frame) {
  auto id = open(visitor, "GET / HTTP/1.1\r\n\r\n");
  auto frames = frames_of(edge.take());
  CAF_REQUIRE_EQUAL(frames.size(), 1u);
  CAF_CHECK(frames[0].is(frame_type::open, id));
  auto parts = lane::parse_open(as_bytes(frames[0].payload));
  CAF_REQUIRE(parts);
  CAF_CHECK_EQUAL(as_text(parts->first_bytes), "GET / HTTP/1.1\r\n\r\n");
  CAF_CHECK_EQUAL(parts->message.endpoint.value, 7u);
}

CAF_TEST(the first bytes that one frame has no room for are left to the caller) {
  std::string first(lane::payload_bytes_max, 'x');
  std::size_t taken = 0;
  auto id = edge.core.open_stream({}, as_bytes(first), taken, visitor);
  CAF_REQUIRE(id);
  CAF_CHECK_LESS(taken, first.size());
  CAF_CHECK_EQUAL(write(edge, *id, std::string_view{first}.substr(taken)), first.size() - taken);
  settle();
  CAF_CHECK(at_agent().received == first);
}

CAF_TEST(bytes arrive in order in both directions) {
  auto id = open(visitor, "a");
  write(edge, id, "b");
  settle();
  write(edge, id, "c");
  write(agent, id, "1");
  write(agent, id, "2");
  settle();
  CAF_CHECK_EQUAL(at_agent().received, "abc");
  CAF_CHECK_EQUAL(visitor.received, "12");
}

CAF_TEST(writes of one turn share a frame) {
  auto id = open(visitor);
  edge.take();
  write(edge, id, "one ");
  write(edge, id, "two");
  edge.core.finish(id);
  auto frames = frames_of(edge.take());
  CAF_REQUIRE_EQUAL(frames.size(), 1u);
  CAF_CHECK_EQUAL(frames[0].payload, "one two");
  CAF_CHECK(frames[0].has_fin());
}

CAF_TEST(a frame grows no more once another stream has written) {
  auto first = open(visitor);
  auto second = open(other);
  edge.take();
  write(edge, first, "1");
  write(edge, second, "2");
  write(edge, first, "3");
  auto frames = frames_of(edge.take());
  CAF_REQUIRE_EQUAL(frames.size(), 3u);
  CAF_CHECK_EQUAL(frames[2].payload, "3");
}

CAF_TEST(large writes are cut into frames and arrive whole) {
  auto sent = bytes_counting(200'000);
  auto id = open(visitor);
  CAF_REQUIRE_EQUAL(write(edge, id, sent), sent.size());
  settle();
  CAF_CHECK(at_agent().received == sent);
}

CAF_TEST(bytes may come in pieces of any size) {
  auto sent = bytes_counting(40'000);
  auto id = open(visitor, "first");
  write(edge, id, sent);
  edge.core.finish(id);
  edge.core.ping(now);
  auto wire = edge.take();
  for (char c : wire)
    CAF_REQUIRE(agent.give({&c, 1}, now));
  CAF_CHECK(at_agent().received == "first" + sent);
  CAF_CHECK(at_agent().finished);
  CAF_CHECK_EQUAL(frames_of(agent.take()).size(), 1u);
}

CAF_TEST(a finish travels on OPEN when everything is known at once) {
  auto id = open(visitor, "all of it");
  edge.core.finish(id);
  auto wire = edge.take();
  CAF_REQUIRE_EQUAL(frames_of(wire).size(), 1u);
  CAF_CHECK(frames_of(wire)[0].has_fin());
  CAF_REQUIRE(agent.give(wire));
  CAF_CHECK(at_agent().finished);
}

CAF_TEST(a finish rides on the last bytes that are queued) {
  auto id = open(visitor);
  auto sent = bytes_counting(250'000); // more than the batch takes
  CAF_REQUIRE_EQUAL(write(edge, id, sent), sent.size());
  edge.core.finish(id);
  auto frames = frames_of(edge.take());
  CAF_CHECK(frames.back().has_fin());
  CAF_CHECK(!frames.back().payload.empty());
  CAF_CHECK_EQUAL(std::ranges::count_if(frames, &seen_frame::has_fin), 1);
}

CAF_TEST(one side may finish and the other go on) {
  auto id = open(visitor, "question");
  edge.core.finish(id);
  settle();
  write(agent, id, "a long ");
  settle();
  write(agent, id, "answer");
  agent.core.finish(id);
  CAF_CHECK_EQUAL(edge.core.streams(), 1u);
  settle();
  CAF_CHECK_EQUAL(visitor.received, "a long answer");
  CAF_CHECK(visitor.finished);
  CAF_CHECK_EQUAL(edge.core.streams() + agent.core.streams(), 0u);
  CAF_CHECK_EQUAL(edge.budget.used() + agent.budget.used(), 0u);
}

CAF_TEST(nothing can be written after a finish) {
  auto id = open(visitor);
  edge.core.finish(id);
  edge.core.finish(id);
  CAF_CHECK_EQUAL(write(edge, id, "late"), 0u);
  auto frames = frames_of(edge.take());
  CAF_CHECK_EQUAL(frames.size(), 1u);
}

CAF_TEST(a reset reaches the other side with its code and is not echoed) {
  auto id = open(visitor);
  settle();
  agent.core.reset(id, errc::local_refused);
  settle();
  CAF_CHECK(visitor.reset == errc::local_refused);
  CAF_CHECK(!at_agent().reset);
  CAF_CHECK_EQUAL(edge.core.streams() + agent.core.streams(), 0u);
  CAF_CHECK_EQUAL(edge.budget.used() + agent.budget.used(), 0u);
}

CAF_TEST(a reset drops what is queued and does not overtake its OPEN) {
  auto id = open(visitor);
  write(edge, id, bytes_counting(250'000));
  edge.core.reset(id, errc::stream_reset);
  auto frames = frames_of(edge.take());
  CAF_CHECK(frames.front().is(frame_type::open, id));
  CAF_CHECK(frames.back().is(frame_type::rst, id));
  CAF_CHECK(!edge.core.has_output());
}

CAF_TEST(what is on its way when a stream is reset is skipped) {
  auto id = open(visitor);
  settle();
  write(agent, id, "late");
  auto late = agent.take() + frame_of(frame_type::window, id, {"\0\0\0\1", 4})
              + frame_of(frame_type::rst, id, {"\0\1", 2});
  edge.core.reset(id, errc::stream_reset);
  CAF_CHECK(edge.give(late));
  CAF_CHECK(visitor.received.empty());
  CAF_CHECK(!visitor.reset);
}

CAF_TEST(a reset in the middle of a frame skips the rest of it) {
  auto id = open(visitor);
  settle();
  write(agent, id, "0123456789");
  auto wire = agent.take();
  CAF_REQUIRE(edge.give(std::string_view{wire}.substr(0, 12)));
  edge.core.reset(id, errc::stream_reset);
  CAF_REQUIRE(edge.give(std::string_view{wire}.substr(12)));
  CAF_CHECK_EQUAL(visitor.received, "0123");
}

CAF_TEST(a reset of what both sides have finished drops nothing) {
  auto id = open(visitor);
  settle();
  agent.core.finish(id);
  settle();
  auto sent = bytes_counting(250'000);
  CAF_REQUIRE_EQUAL(write(edge, id, sent), sent.size());
  edge.core.finish(id);
  edge.core.reset(id, errc::stream_reset); // who leaves says so in any case
  settle();
  CAF_CHECK(at_agent().received == sent);
  CAF_CHECK(at_agent().finished);
  CAF_CHECK(!at_agent().reset);
  CAF_CHECK_EQUAL(edge.core.streams(), 0u);
}

CAF_TEST(nobody is told anything after both sides have finished) {
  auto brief = std::make_unique<recorded_stream>();
  auto id = open(*brief);
  settle();
  agent.core.finish(id);
  settle();
  write(edge, id, bytes_counting(250'000));
  edge.core.finish(id);
  brief.reset(); // its last bytes are still queued
  agent.core.reset(id, errc::local_closed_early);
  settle();
  edge.core.abandon(errc::agent_lost);
  CAF_CHECK_EQUAL(edge.core.streams(), 0u);
}

CAF_TEST(a refused stream is reset as too busy) {
  agent.user.refuses = true;
  open(visitor, "x");
  settle();
  CAF_CHECK(visitor.reset == errc::too_busy);
  CAF_CHECK_EQUAL(agent.core.counters().streams_refused, 1u);
  CAF_CHECK_EQUAL(agent.budget.used(), 0u);
}

CAF_TEST(a handler may write and finish from within) {
  agent.user.when_open = [&](recorded_stream& s) {
    write(agent, s.id, "hello ");
    s.when_finish = [&] {
      write(agent, s.id, "bye");
      agent.core.finish(s.id);
    };
  };
  auto id = open(visitor, "x");
  edge.core.finish(id);
  settle();
  CAF_CHECK_EQUAL(visitor.received, "hello bye");
  CAF_CHECK(visitor.finished);
  CAF_CHECK_EQUAL(agent.core.streams(), 0u);
}

CAF_TEST(a handler may reset its stream from within anything) {
  for (auto hook : {&recorded_stream::when_data, &recorded_stream::when_finish}) {
    recorded_stream who;
    agent.user.when_open
      = [&](recorded_stream& s) { s.*hook = [&] { agent.core.reset(s.id, errc::local_refused); }; };
    auto id = open(who);
    write(edge, id, "x");
    settle();
    write(edge, id, "y");
    edge.core.finish(id);
    settle();
    CAF_CHECK(who.reset == errc::local_refused);
  }
  recorded_stream who;
  agent.user.when_open = [&](recorded_stream& s) { agent.core.reset(s.id, errc::local_refused); };
  open(who, "x");
  settle();
  CAF_CHECK(who.reset == errc::local_refused);
  CAF_CHECK_EQUAL(agent.core.streams(), 0u);
}

CAF_TEST(a handler may open streams while it is told of bytes) {
  auto id = open(visitor);
  settle();
  std::vector<std::unique_ptr<recorded_stream>> more;
  visitor.when_data = [&] {
    for (int i = 0; i < 100; ++i)
      open(*more.emplace_back(std::make_unique<recorded_stream>()), "x");
  };
  write(agent, id, "go");
  agent.core.finish(id);
  settle();
  CAF_CHECK(visitor.finished);
  CAF_CHECK_EQUAL(agent.user.streams.size(), 101u);
}

CAF_TEST(when a lane is lost every stream is told once) {
  open(visitor);
  open(other);
  settle();
  edge.core.abandon(errc::agent_lost);
  CAF_CHECK(visitor.reset == errc::agent_lost);
  CAF_CHECK(other.reset == errc::agent_lost);
  CAF_CHECK_EQUAL(edge.core.streams(), 0u);
  CAF_CHECK_EQUAL(edge.budget.used(), 0u);
  CAF_CHECK(!edge.core.has_output());
  std::size_t taken = 0;
  CAF_CHECK(!edge.core.open_stream({}, {}, taken, visitor));
}

CAF_TEST(who is told that a lane was lost may end another stream and destroy its handler) {
  auto first = std::make_unique<recorded_stream>();
  auto second = std::make_unique<recorded_stream>();
  open(*first);
  open(*second);
  auto ends = [&](std::unique_ptr<recorded_stream>& victim) {
    edge.core.reset(victim->id, errc::stream_reset);
    victim.reset();
  };
  first->when_reset = [&] { ends(second); };
  second->when_reset = [&] { ends(first); };
  edge.core.abandon(errc::agent_lost);
  CAF_CHECK((first == nullptr) != (second == nullptr));
}

CAF_TEST(a stream that is reset on a broken lane is told nothing more) {
  auto brief = std::make_unique<recorded_stream>();
  auto id = open(*brief);
  CAF_REQUIRE(!edge.give(frame_of(frame_type::data, 99)));
  edge.core.reset(id, errc::stream_reset); // the lane is broken, and nobody knows yet
  brief.reset();
  edge.core.abandon(errc::protocol_violation);
  CAF_CHECK_EQUAL(edge.budget.used(), 0u);
}

CAF_TEST(a lane that is abandoned while a stream is offered tells it) {
  agent.user.when_open = [&](recorded_stream&) { agent.core.abandon(errc::draining); };
  open(visitor, "x");
  settle();
  CAF_CHECK(at_agent().reset == errc::agent_lost);
}

CAF_TEST(control frames are passed on and go first) {
  auto id = open(visitor);
  write(edge, id, "x");
  CAF_REQUIRE(edge.core.send_control(frame_type::bound, as_bytes("payload")));
  auto frames = frames_of(edge.take());
  CAF_REQUIRE_EQUAL(frames.size(), 2u);
  CAF_CHECK(frames[0].is(frame_type::bound, 0));
  CAF_REQUIRE(agent.give(frame_of(frame_type::goaway, 0, "why")));
  CAF_REQUIRE_EQUAL(agent.user.controls.size(), 1u);
  CAF_CHECK(agent.user.controls[0] == std::pair(frame_type::goaway, std::string{"why"}));
}

CAF_TEST(output that went with its stream is not waited for) {
  auto id = open(visitor);
  settle();
  auto half = lane::core_limits{}.window_initial / 2;
  CAF_CHECK_EQUAL(write(edge, id, std::string(half, 'x')), std::size_t{half});
  settle();
  auto outputs = agent.user.outputs;
  agent.core.consumed(id, half, now); // a WINDOW is due
  CAF_CHECK_EQUAL(agent.user.outputs, outputs + 1);
  edge.core.reset(id, errc::stream_reset);
  carry(edge, agent);
  CAF_CHECK(!agent.core.has_output());
  agent.core.ping(now);
  CAF_CHECK_EQUAL(agent.user.outputs, outputs + 2);
}

CAF_TEST(output is announced once until it is taken) {
  auto id = open(visitor);
  write(edge, id, "x");
  edge.core.ping(now);
  CAF_CHECK_EQUAL(edge.user.outputs, 1);
  edge.take();
  CAF_CHECK(!edge.core.has_output());
  write(edge, id, "y");
  CAF_CHECK_EQUAL(edge.user.outputs, 2);
}

CAF_TEST(a ping comes back and tells the round trip) {
  edge.core.ping(now);
  carry(edge, agent);
  now += milliseconds{30};
  carry(agent, edge);
  CAF_REQUIRE_EQUAL(edge.user.pongs.size(), 1u);
  CAF_CHECK(edge.user.pongs[0] == milliseconds{30});
  CAF_CHECK(edge.core.round_trip() == milliseconds{30});
}

CAF_TEST(an answer to no ping of ours is ignored) {
  CAF_CHECK(edge.give(frame_of(frame_type::ping, 0, "12345678", lane::flag_ack)));
  edge.core.ping(now);
  CAF_CHECK(edge.give(frame_of(frame_type::ping, 0, "12345678", lane::flag_ack)));
  CAF_CHECK(edge.user.pongs.empty());
}

CAF_TEST(frames of a newer version are skipped whole or in pieces) {
  auto unknown = frame_of(frame_type{200}, 12345, std::string(5000, 'z'));
  CAF_CHECK(agent.give(unknown));
  for (char c : unknown)
    CAF_REQUIRE(agent.give({&c, 1}));
  CAF_CHECK(agent.give(frame_of(frame_type{0}, 0) + open_frame(2, "x")));
  CAF_REQUIRE_EQUAL(agent.user.streams.size(), 1u);
  CAF_CHECK_EQUAL(at_agent().received, "x");
}

CAF_TEST(a stream runs as in the example of the specification) {
  CAF_REQUIRE(agent.give(from_hex("02 01 0045 00000002 0031"
                                  "01 0008 000000000000002a"
                                  "02 0001 01"
                                  "03 0009 3139322e302e322e31"
                                  "04 0002 d753"
                                  "05 0009 3139322e302e322e39"
                                  "06 0002 1f90"
                                  "474554202f20485454502f312e310d0a0d0a")));
  CAF_CHECK_EQUAL(agent.user.last_open.endpoint.value, 42u);
  CAF_CHECK_EQUAL(agent.user.last_open.visitor_address, "192.0.2.1");
  CAF_CHECK_EQUAL(at_agent().received, "GET / HTTP/1.1\r\n\r\n");
  CAF_CHECK(at_agent().finished);
  write(agent, 2, "HTTP/1.1 204 OK\r\n\r\n");
  agent.core.finish(2);
  CAF_CHECK_EQUAL(to_hex(agent.take()), to_hex(from_hex("03 01 0013 00000002"
                                                        "485454502f312e31"
                                                        "20323034204f4b0d0a0d0a")));
  CAF_REQUIRE(agent.give(open_frame(4)));
  for (int i = 0; i < 16; ++i)
    CAF_REQUIRE(agent.give(frame_of(frame_type::data, 4, std::string(8192, 'x'))));
  agent.core.consumed(4, 131'072, now);
  CAF_CHECK_EQUAL(to_hex(agent.take()), "040000040000000400020000");
}

CAF_TEST(a lane asks to be replaced before its ids run out) {
  CAF_CHECK(!agent.core.is_used_up());
  CAF_CHECK(agent.give(open_frame(0xffff'ff00)));
  CAF_CHECK(agent.core.is_used_up());
}

CAF_TEST_FIXTURE_SCOPE_END()
