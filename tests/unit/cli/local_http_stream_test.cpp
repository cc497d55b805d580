// Requests on their way to a local service, and answers on their way back.
#define CAF_SUITE local_http_stream

#include "tests/unit/cli/stub_edge.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

const std::string get = "GET /a?b HTTP/1.1\r\nHost: shop.test\r\n\r\n";
const std::string post = "POST /pay HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 3\r\n\r\nabc";
const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

struct fixture : agent_world {
  fixture() { start_ready({plan(endpoint_kind::http)}); }

  using connection = stub_service::connection;

  /// Every request is answered at once.
  void answer_with(std::string text) {
    service.on_request = [text = std::move(text)](connection& who) { who.answer(text); };
  }
  std::unique_ptr<stub_visitor> ask(const std::string& request) {
    auto visitor = edge.visit(request);
    visitor->finish();
    return visitor;
  }
  /// What a visitor gets for `request`.
  std::string ask_whole(const std::string& request) {
    auto visitor = ask(request);
    CAF_REQUIRE(await([&] { return visitor->is_over(); }));
    CAF_CHECK(visitor->ended);
    return visitor->received;
  }
  errc ask_failing(const std::string& request) {
    auto visitor = ask(request);
    CAF_REQUIRE(await([&] { return visitor->is_over(); }));
    CAF_REQUIRE(visitor->reset_by_agent.has_value());
    return *visitor->reset_by_agent;
  }
  connection& local(std::size_t which = 0) {
    CAF_REQUIRE(await([&] { return service.connections.size() > which; }));
    return *service.connections[which];
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(local_http_stream_tests, fixture)

CAF_TEST(a request arrives as it was sent and its answer comes back as it was made) {
  std::string seen_there;
  service.on_request = [&](connection& who) {
    seen_there = who.user.received;
    who.answer(hello);
  };
  CAF_CHECK_EQUAL(ask_whole(get), hello);
  CAF_CHECK_EQUAL(seen_there, get);
  CAF_REQUIRE_EQUAL(seen.requests.size(), 1u);
  CAF_CHECK_EQUAL(seen.requests[0].method, "GET");
  CAF_CHECK_EQUAL(seen.requests[0].path, "/a?b");
  CAF_CHECK_EQUAL(seen.requests[0].status, 200);
  CAF_CHECK(!seen.requests[0].error);
  CAF_CHECK_EQUAL(agent->counters().requests, 1u);
  CAF_CHECK_EQUAL(agent->counters().bytes_in, get.size());
  CAF_CHECK_EQUAL(agent->counters().bytes_out, hello.size());
}

CAF_TEST(a local connection serves one request after the other) {
  answer_with(hello);
  for (int i = 0; i < 5; ++i)
    CAF_CHECK_EQUAL(ask_whole(i % 2 == 0 ? get : post), hello);
  CAF_CHECK_EQUAL(service.connections.size(), 1u);
}

CAF_TEST(answers of every framing end where they end) {
  const std::string table[] = {
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + hello,
  };
  for (const auto& text : table) {
    answer_with(text);
    CAF_CHECK_EQUAL(ask_whole(get), text);
  }
  CAF_CHECK_EQUAL(service.connections.size(), 1u);
}

CAF_TEST(an answer to head has no body whatever its length says) {
  answer_with("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  CAF_CHECK(ask_whole("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").ends_with("\r\n\r\n"));
  CAF_CHECK(ask_whole("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").ends_with("\r\n\r\n"));
  CAF_CHECK_EQUAL(service.connections.size(), 1u);
}

CAF_TEST(a request of which nothing comes with its stream is understood) {
  service.on_request = [](connection& who) {
    if (who.user.received.starts_with("HEAD"))
      who.answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  };
  // A turn of the lane is full: what is asked for next comes behind it.
  auto upload = edge.visit("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n"
                           + std::string(200'000, 'x'));
  auto visitor = ask("HEAD /late HTTP/1.1\r\nHost: a\r\n\r\n");
  CAF_CHECK(await([&] { return visitor->ended; }));
  CAF_REQUIRE_EQUAL(seen.requests.size(), 1u);
  CAF_CHECK_EQUAL(seen.requests[0].method, "HEAD");
  CAF_CHECK_EQUAL(seen.requests[0].path, "/late");
}

CAF_TEST(an answer that comes byte by byte is understood) {
  auto visitor = ask(get);
  auto& there = local();
  CAF_REQUIRE(await([&] { return there.got("\r\n\r\n"); }));
  for (std::size_t i = 0; i < hello.size(); ++i) {
    there.send(hello.substr(i, 1));
    loop.context().poll();
  }
  CAF_CHECK(await([&] { return visitor->ended; }));
  CAF_CHECK_EQUAL(visitor->received, hello);
}

CAF_TEST(a body until the end of the connection is passed on whole) {
  service.on_request = [](connection& who) {
    who.answer("HTTP/1.1 200 OK\r\n\r\nall of it");
    who.channel->finish();
  };
  CAF_CHECK(ask_whole(get).ends_with("all of it"));
  CAF_CHECK(ask_whole(get).ends_with("all of it"));
  CAF_CHECK_EQUAL(service.connections.size(), 2u);
}

CAF_TEST(a connection that the service will close is not used again) {
  answer_with("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
  CAF_CHECK(ask_whole(get).ends_with("ok"));
  CAF_CHECK(ask_whole(get).ends_with("ok"));
  CAF_CHECK_EQUAL(service.connections.size(), 2u);
}

CAF_TEST(bytes behind an answer reach nobody) {
  answer_with(hello + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  CAF_CHECK_EQUAL(ask_whole(get), hello);
  CAF_CHECK_EQUAL(ask_whole(get), hello);
  CAF_CHECK_EQUAL(service.connections.size(), 2u);
}

CAF_TEST(an answer is passed on while it is being made) {
  auto visitor = ask(get);
  auto& there = local();
  CAF_REQUIRE(await([&] { return there.got("\r\n\r\n"); }));
  there.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
  CAF_CHECK(await([&] { return visitor->received.ends_with("first\r\n"); }));
  there.send("0\r\n\r\n");
  CAF_CHECK(await([&] { return visitor->ended; }));
}

CAF_TEST(a request that waits for 100 gets it before its body) {
  auto visitor
    = edge.visit("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  auto& there = local();
  CAF_REQUIRE(await([&] { return there.got("\r\n\r\n"); }));
  there.answer("HTTP/1.1 100 Continue\r\n\r\n");
  CAF_REQUIRE(await([&] { return visitor->received.ends_with("Continue\r\n\r\n"); }));
  visitor->send("body");
  visitor->finish();
  CAF_REQUIRE(await([&] { return there.got("body"); }));
  there.answer(hello);
  CAF_CHECK(await([&] { return visitor->ended; }));
  CAF_CHECK_EQUAL(seen.requests.at(0).status, 200);
}

CAF_TEST(a connection that answered before its request was whole is not used again) {
  answer_with("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
  auto visitor = edge.visit("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome");
  CAF_REQUIRE(await([&] { return visitor->ended; }));
  visitor->send("more of it");
  CAF_CHECK(await([&] { return local().user.ended || local().user.closed.has_value(); }));
  visitor->reset();
  answer_with(hello);
  CAF_CHECK_EQUAL(ask_whole(get), hello);
  CAF_CHECK_EQUAL(service.connections.size(), 2u);
}

CAF_TEST(an upgraded connection carries bytes and half closes both ways) {
  auto visitor
    = edge.visit("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n");
  auto& there = local();
  CAF_REQUIRE(await([&] { return there.got("\r\n\r\n"); }));
  there.answer(
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\nhi");
  CAF_REQUIRE(await([&] { return visitor->received.ends_with("hi"); }));
  CAF_CHECK_EQUAL(seen.requests.at(0).status, 101);
  visitor->send("question");
  visitor->finish();
  CAF_REQUIRE(await([&] { return there.user.received == "question" && there.user.ended; }));
  there.send("answer");
  there.channel->finish();
  CAF_CHECK(await([&] { return visitor->ended; }));
  CAF_CHECK(visitor->received.ends_with("answer"));
}

CAF_TEST(a service that is not there is called refused) {
  auto nobody = plan(endpoint_kind::http, "nobody");
  {
    stub_service gone{loop};
    nobody.local = gone.target();
  }
  seen.ready.clear();
  start_ready({nobody});
  auto visitor = edge.visit(get, edge.bound.size() - 1);
  CAF_REQUIRE(await([&] { return visitor->reset_by_agent.has_value(); }));
  CAF_CHECK_EQUAL(*visitor->reset_by_agent, errc::local_refused);
  CAF_REQUIRE(await([&] { return !seen.requests.empty(); }));
  CAF_REQUIRE(seen.requests.back().error.has_value());
  CAF_CHECK_EQUAL(seen.requests.back().error->code, errc::local_refused);
}

CAF_TEST(what is no http is called so) {
  answer_with("SSH-2.0-x\r\n\r\n");
  CAF_CHECK_EQUAL(ask_failing(get), errc::local_bad_response);
  answer_with("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  CAF_CHECK_EQUAL(ask_failing(get), errc::local_bad_response);
}

CAF_TEST(a service that closes without a whole answer is told) {
  const std::string table[]
    = {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut"};
  for (const auto& text : table) {
    service.on_request = [&](connection& who) {
      who.answer(text);
      who.channel->finish();
    };
    CAF_CHECK_EQUAL(ask_failing(get), errc::local_closed_early);
    CAF_CHECK_EQUAL(seen.requests.back().error->code, errc::local_closed_early);
  }
}

CAF_TEST(a kept connection that went stale is replaced once) {
  answer_with(hello);
  CAF_CHECK_EQUAL(ask_whole(get), hello);
  // Closes on the next request as if it had just timed out; a fresh one is answered.
  service.on_request = [&](connection& who) {
    if (&who == service.connections.front().get())
      who.channel->finish();
    else
      who.answer(hello);
  };
  CAF_CHECK_EQUAL(ask_whole(get), hello);
  CAF_CHECK_EQUAL(service.connections.size(), 2u);
}

CAF_TEST(a request that must not be repeated is not ) {
  answer_with(hello);
  CAF_CHECK_EQUAL(ask_whole(get), hello);
  service.on_request = [](connection& who) { who.channel->finish(); };
  CAF_CHECK_EQUAL(ask_failing(post), errc::local_closed_early);
  CAF_CHECK_EQUAL(service.connections.size(), 1u);
}

CAF_TEST(a request that must not be repeated avoids a connection that was closed) {
  answer_with(hello);
  CAF_CHECK_EQUAL(ask_whole(get), hello);
  // Both happen before the agent looks at the connection again.
  service.connections.front()->channel->close();
  CAF_CHECK_EQUAL(ask_whole(post), hello);
  CAF_CHECK_EQUAL(service.connections.size(), 2u);
}

CAF_TEST(a fresh connection that fails is not tried again) {
  service.on_request = [](connection& who) { who.channel->finish(); };
  CAF_CHECK_EQUAL(ask_failing(get), errc::local_closed_early);
  CAF_CHECK_EQUAL(service.connections.size(), 1u);
}

CAF_TEST(a visitor who leaves takes the local connection along) {
  auto visitor = edge.visit(get);
  auto& there = local();
  CAF_REQUIRE(await([&] { return there.got("\r\n\r\n"); }));
  visitor->reset();
  CAF_CHECK(await([&] { return there.user.ended || there.user.closed.has_value(); }));
}

CAF_TEST(an answer that its visitor does not take waits at the service) {
  constexpr std::size_t size = 32UL * 1024 * 1024;
  auto slow = edge.visit(get);
  slow->reads = false;
  slow->finish();
  auto& there = local();
  CAF_REQUIRE(await([&] { return there.got("\r\n\r\n"); }));
  there.answer("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
  there.send(std::string(size, 'x'));
  // Others are served meanwhile.
  answer_with(hello);
  for (int i = 0; i < 20; ++i)
    CAF_CHECK_EQUAL(ask_whole(get), hello);
  CAF_CHECK(slow->received.size() <= lane::core_limits{}.window_initial);
  CAF_CHECK(agent->counters().bytes_out < 4UL * 1024 * 1024);
  CAF_CHECK(there.channel->unsent() > size / 2);
}

CAF_TEST(a body that the service does not read waits at the visitor) {
  constexpr std::size_t size = 32UL * 1024 * 1024;
  auto visitor = edge.visit("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size)
                            + "\r\n\r\n");
  auto& there = local();
  CAF_REQUIRE(await([&] { return there.got("\r\n\r\n"); }));
  there.channel->pause_reading();
  visitor->send(std::string(size, 'x'));
  answer_with(hello);
  for (int i = 0; i < 20; ++i)
    CAF_CHECK_EQUAL(ask_whole(get), hello);
  CAF_CHECK(agent->counters().bytes_in < size / 2);
  service.on_request = nullptr;
  there.channel->resume_reading();
  CAF_REQUIRE(await([&] { return there.user.received.size() >= size; }));
  there.answer(hello);
  visitor->finish();
  CAF_CHECK(await([&] { return visitor->ended; }));
}

CAF_TEST(an https service is reached whoever signed its certificate) {
  auto context = *net::make_server_context(make_certificate("nobody"), {});
  stub_service secret{loop, context};
  secret.on_request = [](connection& who) { who.answer(hello); };
  auto other = plan(endpoint_kind::http, "secret");
  other.local = secret.target();
  seen.ready.clear();
  start_ready({other});
  for (int i = 0; i < 3; ++i) {
    auto visitor = edge.visit(get, edge.bound.size() - 1);
    visitor->finish();
    CAF_REQUIRE(await([&] { return visitor->is_over(); }));
    CAF_CHECK_EQUAL(visitor->received, hello);
  }
  CAF_CHECK_EQUAL(secret.connections.size(), 1u);
}

CAF_TEST(a plain service behind https is told from one that is away) {
  auto other = plan(endpoint_kind::http, "plain");
  other.local.security = cli::local_security::tls;
  seen.ready.clear();
  start_ready({other});
  answer_with("HTTP/1.1 400 Bad Request\r\n\r\n");
  auto visitor = edge.visit(get, edge.bound.size() - 1);
  CAF_REQUIRE(await([&] { return visitor->reset_by_agent.has_value(); }));
  CAF_CHECK_EQUAL(*visitor->reset_by_agent, errc::local_bad_response);
}

CAF_TEST(idle connections are given up before the service does) {
  answer_with(hello);
  CAF_CHECK_EQUAL(ask_whole(get), hello);
  CAF_CHECK(!local().user.ended);
  CAF_CHECK(await([&] { return local().user.ended; }));
}

CAF_TEST_FIXTURE_SCOPE_END()
