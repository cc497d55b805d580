// Connections of tcp and tls tunnels: every byte, both ends, whoever speaks first.
#define CAF_SUITE local_raw_stream

#include "tests/unit/cli/stub_edge.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

struct fixture : agent_world {
  using connection = stub_service::connection;

  void start_with(proxy_protocol proxy = proxy_protocol::none) {
    auto wanted = plan(endpoint_kind::tcp, "");
    wanted.proxy = proxy;
    start_ready({wanted});
  }
  connection& local() {
    CAF_REQUIRE(await([&] { return !service.connections.empty(); }));
    return *service.connections.back();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(local_raw_stream_tests, fixture)

CAF_TEST(bytes pass both ways and both half closes) {
  start_with();
  auto visitor = edge.visit("question");
  auto& there = local();
  CAF_REQUIRE(await([&] { return there.user.received == "question"; }));
  CAF_CHECK_EQUAL(seen.visitors, 1u);
  visitor->finish();
  CAF_REQUIRE(await([&] { return there.user.ended; }));
  there.send("answer");
  CAF_REQUIRE(await([&] { return visitor->received == "answer"; }));
  CAF_CHECK(!visitor->ended);
  there.channel->finish();
  CAF_CHECK(await([&] { return visitor->ended; }));
  CAF_CHECK(await([&] { return seen.visitors == 0; }));
  CAF_CHECK_EQUAL(agent->counters().connections, 1u);
}

CAF_TEST(a service may speak and end first) {
  start_with();
  auto visitor = edge.visit("");
  auto& there = local();
  there.send("bye");
  there.channel->finish();
  CAF_REQUIRE(await([&] { return visitor->ended; }));
  CAF_CHECK_EQUAL(visitor->received, "bye");
  visitor->send("still here");
  visitor->finish();
  CAF_CHECK(await([&] { return there.user.ended; }));
  CAF_CHECK_EQUAL(there.user.received, "still here");
}

CAF_TEST(what was sent before the service was connected is not lost) {
  start_with();
  std::string large(200'000, 'x');
  auto visitor = edge.visit(large);
  visitor->finish();
  auto& there = local();
  CAF_CHECK(await([&] { return there.user.ended; }));
  CAF_CHECK(there.user.received == large);
}

CAF_TEST(everything arrives although both ended while it was on its way) {
  start_with();
  std::string large(8UL * 1024 * 1024, 'x');
  auto visitor = edge.visit("go");
  auto& there = local();
  visitor->send(large);
  visitor->finish();
  there.send(large);
  there.channel->finish();
  CAF_CHECK(await([&] { return visitor->ended && there.user.ended; }));
  CAF_CHECK_EQUAL(visitor->received.size(), large.size());
  CAF_CHECK_EQUAL(there.user.received.size(), large.size() + 2);
}

CAF_TEST(a reset of the visitor reaches the service as a reset) {
  start_with();
  auto visitor = edge.visit("x");
  auto& there = local();
  CAF_REQUIRE(await([&] { return there.user.received == "x"; }));
  visitor->reset();
  CAF_CHECK(await([&] { return there.user.closed.has_value(); }));
  CAF_CHECK(!there.user.ended);
}

CAF_TEST(a reset of the service reaches the visitor as a reset) {
  start_with();
  auto visitor = edge.visit("x");
  auto& there = local();
  CAF_REQUIRE(await([&] { return there.user.received == "x"; }));
  there.channel->abort();
  CAF_REQUIRE(await([&] { return visitor->is_over(); }));
  CAF_CHECK(!visitor->ended);
  CAF_CHECK_EQUAL(*visitor->reset_by_agent, errc::stream_reset);
}

CAF_TEST(a service that is not there resets its visitor) {
  auto wanted = plan(endpoint_kind::tcp, "");
  {
    stub_service gone{loop};
    wanted.local = gone.target();
  }
  start_ready({wanted});
  auto visitor = edge.visit("x");
  CAF_REQUIRE(await([&] { return visitor->is_over(); }));
  CAF_CHECK_EQUAL(*visitor->reset_by_agent, errc::local_refused);
}

CAF_TEST(the proxy protocol comes before the first byte) {
  start_with(proxy_protocol::v1);
  auto visitor = edge.visit("payload");
  auto& there = local();
  CAF_CHECK(await([&] {
    return there.user.received == "PROXY TCP4 203.0.113.7 192.0.2.1 55123 443\r\npayload";
  }));
}

CAF_TEST(connections of different visitors do not mix) {
  start_with();
  service.on_request = [](connection& who) { who.answer("to " + who.user.received); };
  std::vector<std::unique_ptr<stub_visitor>> visitors;
  for (int i = 0; i < 100; ++i)
    visitors.push_back(edge.visit(std::to_string(i)));
  for (int i = 0; i < 100; ++i)
    CAF_CHECK(await([&] {
      return visitors[static_cast<std::size_t>(i)]->received == "to " + std::to_string(i);
    }));
}

CAF_TEST_FIXTURE_SCOPE_END()
