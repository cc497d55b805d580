// Connecting to what is there, and saying so when it is not.
#define CAF_SUITE dialer

#include "net/dialer.hpp"

#include "net/listener.hpp"
#include "tests/unit/support/loopback.hpp"
#include "tests/unit/test.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <unistd.h>

using namespace serverme;
using namespace serverme::net;
using namespace serverme::tests;

namespace {

struct fixture {
  std::unique_ptr<listener> listen(const std::string& host) {
    auto made = *listener::open(loop, {host, 0});
    made->start([this](stream_socket) { ++accepted; });
    return made;
  }
  /// @returns "" when it worked, else what failed
  std::string dial(const dial_target& where, dial_options options = {}) {
    std::optional<std::string> outcome;
    std::unique_ptr<dialer> one;
    one = std::make_unique<dialer>(loop, where, options, [&](result<stream_socket> socket) {
      one.reset();
      code = socket ? errc{} : socket.error().code;
      outcome = socket ? "" : socket.error().detail;
    });
    CAF_REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    return *outcome;
  }

  event_loop loop;
  int accepted = 0;
  errc code{};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(dialer_tests, fixture)

CAF_TEST(a numeric address is connected to) {
  auto there = listen("127.0.0.1");
  CAF_CHECK_EQUAL(dial({.host = "127.0.0.1", .port = there->where().port}), "");
  CAF_CHECK(run_until(loop, [&] { return accepted == 1; }));
}

CAF_TEST(localhost is this machine in either family) {
  auto four = listen("127.0.0.1");
  CAF_CHECK_EQUAL(dial({.host = "localhost", .port = four->where().port}), "");
  CAF_CHECK_EQUAL(dial({.host = "web.localhost", .port = four->where().port}), "");
  auto six = listen("::1");
  CAF_CHECK_EQUAL(dial({.host = "localhost", .port = six->where().port}), "");
}

CAF_TEST(a port that nobody listens on is refused in the words of the caller) {
  auto port = listen("127.0.0.1")->where().port;
  auto why = dial({.host = "127.0.0.1", .port = port}, {.refused = errc::local_refused});
  CAF_CHECK_EQUAL(code, errc::local_refused);
  CAF_CHECK(why.find("127.0.0.1:" + std::to_string(port)) != std::string::npos);
  CAF_CHECK(why.find("refused") != std::string::npos);
}

CAF_TEST(a name that leads nowhere is a failure) {
  CAF_CHECK(!dial({.host = "nobody.invalid", .port = 1}).empty());
  CAF_CHECK_EQUAL(code, errc::server_unreachable);
}

CAF_TEST(a unix socket is connected to) {
  auto path = "/tmp/serverme-dialer-" + std::to_string(::getpid()) + ".sock";
  using boost::asio::local::stream_protocol;
  CAF_CHECK(!dial({.path = path}).empty());
  {
    boost::asio::basic_socket_acceptor<stream_protocol, event_loop::executor> there{
      loop.context(), stream_protocol::endpoint{path}};
    CAF_CHECK_EQUAL(dial({.path = path}), "");
  }
  ::unlink(path.c_str());
  CAF_CHECK(!dial({.path = std::string(200, 'x')}).empty());
}

CAF_TEST(an answer that does not come is waited for as long as was said) {
  // A queue of one that is full: the kernel leaves further greetings unanswered.
  using boost::asio::ip::tcp;
  boost::asio::basic_socket_acceptor<tcp, event_loop::executor> there{loop.context()};
  there.open(tcp::v4());
  there.bind({boost::asio::ip::address_v4::loopback(), 0});
  there.listen(0);
  auto port = there.local_endpoint().port();
  dial_options options{.timeout = milliseconds{200}, .timed_out = errc::local_timeout};
  for (int i = 0; i < 8 && code == errc{}; ++i)
    dial({.host = "127.0.0.1", .port = port}, options);
  CAF_CHECK_EQUAL(code, errc::local_timeout);
}

CAF_TEST(who gives up is not called) {
  auto there = listen("127.0.0.1");
  auto called = false;
  {
    dialer one{loop,
               {.host = "127.0.0.1", .port = there->where().port},
               {},
               [&](const result<stream_socket>&) { called = true; }};
  }
  dialer two{loop,
             {.host = "127.0.0.1", .port = there->where().port},
             {},
             [](const result<stream_socket>&) {}};
  CAF_CHECK(run_until(loop, [&] { return accepted >= 1; }));
  CAF_CHECK(!called);
}

CAF_TEST_FIXTURE_SCOPE_END()
