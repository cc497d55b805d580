// Turns, ticks and tasks of a loop.
#define CAF_SUITE event_loop

#include "net/event_loop.hpp"

#include "net/listener.hpp"
#include "tests/unit/support/loopback.hpp"
#include "tests/unit/test.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <optional>
#include <thread>

using namespace serverme;
using namespace serverme::net;
using namespace serverme::tests;

CAF_TEST(a turn task runs once however often it is asked for) {
  event_loop loop;
  int runs = 0;
  turn_task task{loop, [&] { ++runs; }};
  task.request();
  task.request();
  CAF_CHECK_EQUAL(runs, 0);
  CAF_CHECK(run_until(loop, [&] { return runs > 0; }));
  loop.context().poll();
  CAF_CHECK_EQUAL(runs, 1);
  task.request();
  CAF_CHECK(run_until(loop, [&] { return runs == 2; }));
}

CAF_TEST(a turn task that died does not run) {
  event_loop loop;
  bool ran = false, other_ran = false;
  std::optional<turn_task> task;
  task.emplace(loop, [&] { ran = true; });
  turn_task killer{loop, [&] { task.reset(); }};
  turn_task last{loop, [&] { other_ran = true; }};
  killer.request();
  task->request();
  last.request();
  CAF_CHECK(run_until(loop, [&] { return other_ran; }));
  CAF_CHECK(!ran);
}

CAF_TEST(a ticker ticks until it dies) {
  event_loop loop;
  int ticks = 0;
  std::optional<ticker> clock;
  clock.emplace(loop, milliseconds{1}, [&](time_point) {
    if (++ticks == 3)
      clock.reset();
  });
  CAF_CHECK(run_until(loop, [&] { return ticks == 3; }));
  bool later = false;
  loop.after(milliseconds{20}, [&] { later = true; });
  CAF_CHECK(run_until(loop, [&] { return later; }));
  CAF_CHECK_EQUAL(ticks, 3);
}

CAF_TEST(tasks may be posted from another thread) {
  event_loop loop;
  bool ran = false;
  std::thread other{[&] { loop.post([&] { ran = true; }); }};
  CAF_CHECK(run_until(loop, [&] { return ran; }));
  other.join();
}

CAF_TEST(addresses are read and written with IPv6 in brackets) {
  struct row {
    const char* text;
    const char* host;
    std::uint16_t port;
  };
  for (const auto& [text, host, port] :
       {row{"127.0.0.1:80", "127.0.0.1", 80}, row{"[::1]:8443", "::1", 8443},
        row{"localhost:0", "localhost", 0}, row{":7", "", 7}}) {
    auto parsed = parse_address(text);
    CAF_REQUIRE(parsed);
    CAF_CHECK_EQUAL(parsed->host, host);
    CAF_CHECK_EQUAL(parsed->port, port);
    CAF_CHECK_EQUAL(to_string(*parsed), text);
  }
  for (const auto* text : {"", "80", "::1:80", "host:", "host:x", "host:65536", "host:-1"})
    CAF_CHECK(!parse_address(text));
}

CAF_TEST(a listener takes a free port and refuses one that is taken) {
  event_loop loop;
  auto first = listener::open(loop, {"127.0.0.1", 0});
  CAF_REQUIRE(first);
  auto port = (*first)->where().port;
  CAF_CHECK(port != 0);
  auto second = listener::open(loop, {"127.0.0.1", port});
  CAF_REQUIRE(!second);
  CAF_CHECK_EQUAL(second.error().code, errc::listen_failed);
  (*first)->close();
  CAF_CHECK(listener::open(loop, {"127.0.0.1", port}));
}

CAF_TEST(listeners that mean it share a port and others do not get it) {
  event_loop loop;
  auto first = listener::open(loop, {"127.0.0.1", 0}, {.use = port_use::first_of_many});
  CAF_REQUIRE(first);
  auto where = (*first)->where();
  CAF_CHECK(listener::open(loop, where, {.use = port_use::one_of_many}));
  for (auto use : {port_use::alone, port_use::first_of_many}) {
    auto other = listener::open(loop, where, {.use = use});
    CAF_REQUIRE(!other);
    CAF_CHECK_EQUAL(other.error().code, errc::listen_failed);
  }
}

CAF_TEST(a listener on every address takes both families) {
  event_loop loop;
  auto all = listener::open(loop, {"*", 0});
  CAF_REQUIRE(all);
  int accepted = 0;
  (*all)->start([&](stream_socket) { ++accepted; });
  boost::asio::io_context clients;
  boost::asio::ip::tcp::socket socket{clients};
  socket.connect({boost::asio::ip::address_v4::loopback(), (*all)->where().port});
  CAF_CHECK(run_until(loop, [&] { return accepted == 1; }));
}
