// A channel on real sockets: what arrives, what waits, how it ends.
#define CAF_SUITE channel

#include "net/channel.hpp"

#include "tests/unit/support/loopback.hpp"
#include "tests/unit/support/test_certificate.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::net;
using namespace serverme::tests;

namespace {

struct fixture {
  fixture() {
    auto [one, other] = connected_sockets(loop);
    near = std::make_unique<channel>(loop, std::move(one));
    far = std::make_unique<channel>(loop, std::move(other));
  }

  event_loop loop;
  recording_user near_user, far_user;
  std::unique_ptr<channel> near, far;
};

std::string megabytes(std::size_t count) {
  std::string out(count * 1024 * 1024, '\0');
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<char>('a' + i % 23);
  return out;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(channel_tests, fixture)

CAF_TEST(bytes arrive as they were written) {
  near->start(near_user);
  far->start(far_user);
  near->write(as_bytes("hello"));
  CAF_CHECK(run_until(loop, [&] { return far_user.received == "hello"; }));
}

CAF_TEST(what is written later leaves at the end of the turn) {
  near->start(near_user);
  far->start(far_user);
  near->write_later(as_bytes("one "));
  near->write_later(as_bytes("two"));
  CAF_CHECK_EQUAL(near->unsent(), 7u);
  CAF_CHECK(run_until(loop, [&] { return far_user.received == "one two"; }));
  CAF_CHECK_EQUAL(near->unsent(), 0u);
}

CAF_TEST(what is written in place leaves when the delivery ends and not before) {
  near->start(near_user);
  far->start(far_user);
  std::string delivered = "one two three";
  loop.begin_delivery();
  near->write_in_place(as_bytes(delivered).first(4));
  near->write_in_place(as_bytes(delivered).subspan(4, 4));
  CAF_CHECK_EQUAL(near->unsent(), 8u);
  loop.end_delivery();
  delivered.assign(delivered.size(), 'x'); // the memory serves the next one
  CAF_CHECK_EQUAL(near->unsent(), 0u);
  CAF_CHECK_EQUAL(near_user.sent, 1u);
  CAF_CHECK(run_until(loop, [&] { return far_user.received == "one two "; }));
}

CAF_TEST(what is written behind bytes in place stays behind them) {
  near->start(near_user);
  far->start(far_user);
  loop.begin_delivery();
  near->write_in_place(as_bytes("one "));
  near->write(as_bytes("two "));
  near->write_in_place(as_bytes("three "));
  near->write_later(as_bytes("four "));
  near->write_in_place(as_bytes("five "));
  near->finish();
  loop.end_delivery();
  CAF_CHECK(run_until(loop, [&] { return far_user.ended; }));
  CAF_CHECK_EQUAL(far_user.received, "one two three four five ");
}

CAF_TEST(that bytes in place have left is told also when an end took them along) {
  near->start(near_user);
  far->start(far_user);
  loop.begin_delivery();
  near->write_in_place(as_bytes("the last"));
  near->finish();
  CAF_CHECK_EQUAL(near_user.sent, 0u);
  loop.end_delivery();
  CAF_CHECK_EQUAL(near_user.sent, 1u);
}

CAF_TEST(bytes in place that a slow reader does not take are kept) {
  auto delivered = megabytes(32);
  near->start(near_user);
  loop.begin_delivery();
  for (std::size_t at = 0; at < delivered.size(); at += 16'000)
    near->write_in_place(
      as_bytes(delivered).subspan(at, std::min(std::size_t{16'000}, delivered.size() - at)));
  loop.end_delivery();
  auto sent = std::exchange(delivered, {});
  CAF_CHECK(near->unsent() > 0);
  far->start(far_user);
  CAF_CHECK(run_until(loop, [&] { return far_user.received.size() == sent.size(); }));
  CAF_CHECK(far_user.received == sent);
}

CAF_TEST(a channel that ends within a delivery drops what was in place and breaks nothing) {
  near->start(near_user);
  far->start(far_user);
  loop.begin_delivery();
  near->write_in_place(as_bytes("lost"));
  near.reset();
  loop.end_delivery();
  CAF_CHECK(run_until(loop, [&] { return far_user.ended || far_user.closed; }));
  CAF_CHECK_EQUAL(far_user.received, "");
}

CAF_TEST(a half close ends one direction only) {
  near->start(near_user);
  far->start(far_user);
  near->write(as_bytes("question"));
  near->finish();
  CAF_CHECK(run_until(loop, [&] { return far_user.ended; }));
  CAF_CHECK_EQUAL(far_user.received, "question");
  far->write(as_bytes("answer"));
  CAF_CHECK(run_until(loop, [&] { return near_user.received == "answer"; }));
}

CAF_TEST(a reader who pauses gets nothing until he resumes) {
  near->start(near_user);
  far->start(far_user);
  far->pause_reading();
  near->write(as_bytes("waits"));
  CAF_CHECK(!run_until(loop, [&, until = loop.now() + milliseconds{50}] {
    return !far_user.received.empty() || loop.now() > until;
  }) || far_user.received.empty());
  far->resume_reading();
  CAF_CHECK(run_until(loop, [&] { return far_user.received == "waits"; }));
}

CAF_TEST(what a slow reader does not take waits and is told) {
  auto sent = megabytes(32);
  near->start(near_user);
  near->write(as_bytes(sent));
  CAF_CHECK(near->unsent() > 0);
  far->start(far_user);
  CAF_CHECK(run_until(loop, [&] { return far_user.received.size() == sent.size(); }));
  CAF_CHECK(far_user.received == sent);
  CAF_CHECK(near_user.sent > 0);
  CAF_CHECK_EQUAL(near->unsent(), 0u);
}

CAF_TEST(a gentle close delivers everything even after the channel is gone) {
  auto sent = megabytes(16);
  near->start(near_user);
  near->write(as_bytes(sent));
  near->close_gently(milliseconds{500});
  near.reset();
  far->start(far_user);
  CAF_CHECK(run_until(loop, [&] { return far_user.ended; }));
  CAF_CHECK(far_user.received == sent);
}

CAF_TEST(a reset is told as one) {
  near->start(near_user);
  far->start(far_user);
  near->abort();
  CAF_CHECK(run_until(loop, [&] { return far_user.closed.has_value(); }));
  CAF_CHECK(!far_user.ended);
}

CAF_TEST(what was said before a reset is heard also by who learns of it while writing) {
  near->start(near_user);
  far->start(far_user);
  far->write(as_bytes("answer"));
  far->abort();
  near->write(as_bytes("question"));
  near->write(as_bytes("more of it"));
  CAF_REQUIRE(!near->is_open());
  CAF_CHECK(near_user.received.empty());
  CAF_REQUIRE(run_until(loop, [&] { return near_user.closed.has_value(); }));
  CAF_CHECK_EQUAL(near_user.received, "answer");
  CAF_CHECK(!near_user.ended);
}

CAF_TEST(a user may destroy the channel from within a call) {
  far->start(far_user);
  near->start(near_user);
  far_user.heard = [&] { far.reset(); };
  near->write(as_bytes("last words"));
  CAF_CHECK(run_until(loop, [&] { return near_user.ended || near_user.closed; }));
}

CAF_TEST(a channel moves with all that waits in it) {
  auto queued = megabytes(8);
  near->start(near_user);
  far->start(far_user);
  // The far side has an idle read under way, and its socket is full in the other direction.
  CAF_REQUIRE(
    run_until(loop, [&, until = loop.now() + milliseconds{20}] { return loop.now() > until; }));
  far->write(as_bytes(queued));
  near->pause_reading();
  near->write(as_bytes("early"));
  std::unique_ptr<channel> moved;
  recording_user new_user;
  far->release([&](channel::parts parts) {
    moved = channel::adopt(loop, std::move(parts));
    moved->start(new_user);
  });
  far.reset();
  near->resume_reading();
  CAF_CHECK(run_until(loop, [&] {
    return new_user.received == "early" && near_user.received.size() == queued.size();
  }));
  CAF_CHECK(near_user.received == queued);
  CAF_CHECK(far_user.received.empty());
}

CAF_TEST(what was held back while reading paused moves along) {
  near->start(near_user);
  far->start(far_user);
  far->pause_reading();
  near->write(as_bytes("held"));
  CAF_REQUIRE(run_until(loop, [&] { return far->has_news(); }));
  loop.context().poll();
  std::unique_ptr<channel> moved;
  recording_user new_user;
  far->resume_reading();
  far->release([&](channel::parts parts) {
    moved = channel::adopt(loop, std::move(parts));
    moved->start(new_user);
  });
  CAF_CHECK(run_until(loop, [&] { return new_user.received == "held"; }));
  CAF_CHECK(far_user.received.empty());
}

CAF_TEST(a channel that moves from within a call loses nothing that came meanwhile) {
  near->start(near_user);
  far->start(far_user);
  std::unique_ptr<channel> moved;
  recording_user new_user;
  far_user.heard = [&] {
    near->write(as_bytes("second"));
    far->release([&](channel::parts parts) {
      moved = channel::adopt(loop, std::move(parts));
      moved->start(new_user);
    });
  };
  near->write(as_bytes("first"));
  CAF_CHECK(run_until(loop, [&] { return new_user.received == "second"; }));
  CAF_CHECK_EQUAL(far_user.received, "first");
}

CAF_TEST(a connection that is lost on its way to another loop says so there) {
  near->start(near_user);
  far->start(far_user);
  near->abort();
  far->write(as_bytes("into the void"));
  far->write(as_bytes("and again"));
  CAF_REQUIRE(!far->is_open());
  std::unique_ptr<channel> moved;
  recording_user new_user;
  far->release([&](channel::parts parts) {
    moved = channel::adopt(loop, std::move(parts));
    moved->start(new_user);
  });
  CAF_CHECK(run_until(loop, [&] { return new_user.closed.has_value(); }));
}

CAF_TEST(a connection that nobody adopts is closed) {
  near->start(near_user);
  far->start(far_user);
  far->release([](channel::parts) {});
  CAF_CHECK(run_until(loop, [&] { return near_user.ended; }));
}

CAF_TEST(who has paused hears the end and the reset of a silent peer) {
  near->start(near_user);
  far->start(far_user);
  far->pause_reading();
  near->finish();
  CAF_CHECK(run_until(loop, [&] { return far_user.ended; }));
  near->abort();
  CAF_CHECK(run_until(loop, [&] { return far->peer_now() == channel::peer_state::lost; }));
}

CAF_TEST(who has paused may ask for a peer whose bytes still wait) {
  near->start(near_user);
  far->start(far_user);
  far->pause_reading();
  CAF_CHECK(far->peer_now() == channel::peer_state::here);
  near->write(as_bytes(megabytes(1).substr(0, 20'000)));
  near->finish();
  CAF_CHECK(run_until(loop, [&] { return far->peer_now() == channel::peer_state::ended; }));
  CAF_CHECK(!far_user.ended);
  far->resume_reading();
  CAF_CHECK(run_until(loop, [&] { return far_user.ended; }));
  CAF_CHECK_EQUAL(far_user.received.size(), 20'000u);
}

CAF_TEST(a connection that both have ended is not lost while its last bytes wait) {
  near->start(near_user);
  far->start(far_user);
  far->pause_reading();
  far->finish();
  near->write(as_bytes(std::string(20'000, 'x')));
  near->finish();
  CAF_REQUIRE(run_until(loop, [&] { return far->peer_now() == channel::peer_state::ended; }));
  CAF_REQUIRE(run_until(loop, [&] { return near_user.ended; }));
  loop.context().poll();
  CAF_CHECK(far->peer_now() == channel::peer_state::ended);
  far->resume_reading();
  CAF_CHECK(run_until(loop, [&] { return far_user.ended; }));
  CAF_CHECK_EQUAL(far_user.received.size(), 20'000u);
}

CAF_TEST(both ends speak TLS over large and small writes) {
  auto certificate = make_certificate("edge.test");
  ca_file ca{certificate};
  auto server = make_server_context(certificate, {"serverme/1", "http/1.1"});
  auto client = make_client_context({.ca_file = ca.path(), .alpn = {"serverme/1"}});
  CAF_REQUIRE(server);
  CAF_REQUIRE(client);
  near->secure(tls_session::connect(*client, "edge.test"));
  far->secure(tls_session::accept(*server));
  near->start(near_user);
  far->start(far_user);
  CAF_REQUIRE(run_until(loop, [&] { return near_user.secured && far_user.secured; }));
  CAF_CHECK_EQUAL(near->tls().alpn(), "serverme/1");
  CAF_CHECK_EQUAL(far->tls().alpn(), "serverme/1");
  CAF_CHECK_EQUAL(near->tls().version(), "TLSv1.3");
  auto sent = megabytes(8);
  near->write(as_bytes(sent));
  far->write(as_bytes("short"));
  CAF_CHECK(run_until(loop, [&] {
    return far_user.received.size() == sent.size() && near_user.received == "short";
  }));
  CAF_CHECK(far_user.received == sent);
  near->finish();
  CAF_CHECK(run_until(loop, [&] { return far_user.ended; }));
}

CAF_TEST(a certificate for another name is refused) {
  auto certificate = make_certificate("edge.test");
  ca_file ca{certificate};
  near->secure(tls_session::connect(*make_client_context({.ca_file = ca.path()}), "other.test"));
  far->secure(tls_session::accept(*make_server_context(certificate, {})));
  near->start(near_user);
  far->start(far_user);
  CAF_REQUIRE(run_until(loop, [&] { return near_user.closed.has_value(); }));
  CAF_CHECK_EQUAL(near_user.closed->code, errc::certificate_refused);
  CAF_CHECK(!near_user.secured);
}

CAF_TEST(a certificate of an unknown issuer is refused) {
  auto certificate = make_certificate("edge.test");
  ca_file other{make_certificate("edge.test")};
  near->secure(tls_session::connect(*make_client_context({.ca_file = other.path()}), "edge.test"));
  far->secure(tls_session::accept(*make_server_context(certificate, {})));
  near->start(near_user);
  far->start(far_user);
  CAF_REQUIRE(run_until(loop, [&] { return near_user.closed.has_value(); }));
  CAF_CHECK_EQUAL(near_user.closed->code, errc::certificate_refused);
}

CAF_TEST(bytes read before TLS began are part of it) {
  auto certificate = make_certificate("edge.test");
  ca_file ca{certificate};
  near->secure(tls_session::connect(*make_client_context({.ca_file = ca.path()}), "edge.test"));
  near->start(near_user);
  far->start(far_user); // plain: peeks
  std::string peeked;
  far_user.heard = [&] {
    if (far->is_tls())
      return;
    peeked = std::exchange(far_user.received, {});
    far->secure(tls_session::accept(*make_server_context(certificate, {})), as_bytes(peeked));
    far->start(far_user);
  };
  CAF_CHECK(run_until(loop, [&] { return near_user.secured && far_user.secured; }));
  near->write(as_bytes("under TLS"));
  CAF_CHECK(run_until(loop, [&] { return far_user.received == "under TLS"; }));
}

CAF_TEST_FIXTURE_SCOPE_END()
