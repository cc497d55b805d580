// When a silent peer is asked, and when it counts as gone.
#define CAF_SUITE heartbeat
#include "protocol/heartbeat.hpp"

#include "tests/unit/test.hpp"

using namespace serverme;
using verdict = heartbeat::verdict;

namespace {

struct fixture {
  time_point now{seconds{1000}};
  heartbeat agent{{}, now};

  verdict after(milliseconds passed) { return agent.on_timer(now += passed); }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(heartbeat_tests, fixture)

CAF_TEST(a peer that talks is not asked by one who talks) {
  for (int i = 0; i < 10; ++i) {
    CAF_CHECK(after(seconds{3}) == verdict::keep_waiting);
    agent.on_bytes(now);
    agent.on_sent(now);
  }
}

CAF_TEST(who has said nothing for long asks a peer that talks) {
  for (int i = 0; i < 3; ++i) {
    agent.on_bytes(now);
    CAF_CHECK(after(seconds{4}) == verdict::keep_waiting);
    agent.on_bytes(now);
    CAF_CHECK(after(seconds{1}) == verdict::send_ping);
  }
}

CAF_TEST(a silent peer is asked once and is gone within ten seconds) {
  CAF_CHECK(after(milliseconds{4999}) == verdict::keep_waiting);
  CAF_CHECK(after(milliseconds{1}) == verdict::send_ping);
  CAF_CHECK(after(seconds{1}) == verdict::keep_waiting);
  CAF_CHECK(after(milliseconds{2999}) == verdict::keep_waiting);
  CAF_CHECK(after(milliseconds{1}) == verdict::peer_is_dead);
}

CAF_TEST(any byte forgives the silence) {
  CAF_CHECK(after(seconds{8}) == verdict::send_ping);
  agent.on_bytes(now);
  CAF_CHECK(after(milliseconds{4999}) == verdict::keep_waiting);
  CAF_CHECK(after(milliseconds{1}) == verdict::send_ping);
}

CAF_TEST(who never asks still notices that nobody is there) {
  heartbeat quiet{{.ping_after = milliseconds{0}}, now};
  CAF_CHECK(quiet.on_timer(now + milliseconds{8999}) == verdict::keep_waiting);
  CAF_CHECK(quiet.on_timer(now + seconds{9}) == verdict::peer_is_dead);
}

CAF_TEST(after sleep the peer is asked at once and gets its grace) {
  now += seconds{3600};
  agent.on_wake(now, seconds{3});
  CAF_CHECK(after(milliseconds{0}) == verdict::send_ping);
  CAF_CHECK(after(milliseconds{2999}) == verdict::keep_waiting);
  CAF_CHECK(after(milliseconds{1}) == verdict::peer_is_dead);
}

CAF_TEST_FIXTURE_SCOPE_END()
