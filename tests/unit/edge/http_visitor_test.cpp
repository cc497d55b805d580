// What visitors who speak HTTP get, and what their agents see of them.
#define CAF_SUITE http_visitor

#include "tests/unit/edge/edge_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

/// Sends `answer` once a stream has everything up to `marker`; the stream stays open.
void answer_at(stub_agent& agent, std::string marker, std::string answer) {
  agent.on_request = [marker, answer](stub_stream& stream) {
    if (stream.received.ends_with(marker))
      stream.send(answer);
  };
}

std::string request(const std::string& line, const std::string& fields = "",
                    const std::string& body = "") {
  return line + " HTTP/1.1\r\nHost: shop.test\r\n" + fields + "\r\n" + body;
}

const std::string head = "HTTP/1.1 200 OK\r\n";

} // namespace

CAF_TEST_FIXTURE_SCOPE(http_visitor_tests, edge_fixture)

CAF_TEST(a request goes down the lane and its answer comes back) {
  auto& agent = agent_for("shop");
  answer_with(agent, hello);
  auto& who
    = visit("GET /a?b HTTP/1.1\r\nHost: SHOP.test:8080\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n");
  CAF_CHECK(await([&] { return who.got("\r\n\r\nhello"); }));
  CAF_REQUIRE_EQUAL(agent.streams.size(), 1u);
  const auto& seen = agent.streams.front()->received;
  CAF_CHECK(seen.starts_with("GET /a?b HTTP/1.1\r\n"));
  CAF_CHECK(seen.find("X-Forwarded-For: 127.0.0.1\r\n") != std::string::npos);
  CAF_CHECK(seen.find("6.6.6.6") == std::string::npos);
  CAF_CHECK_EQUAL(agent.streams.front()->opened.visitor_address, "127.0.0.1");
}

CAF_TEST(a connection serves one request after the other also when they came at once) {
  auto& agent = agent_for("shop");
  answer_with(agent, hello);
  auto& who = visit(get + get + get);
  CAF_CHECK(await([&] { return who.count("hello") == 3; }));
  CAF_CHECK_EQUAL(agent.streams.size(), 3u);
  CAF_CHECK(!who.user.ended);
  CAF_CHECK(await([&] { return deciders->visits() == 3; }));
}

CAF_TEST(an unknown host is answered with its code and the connection stays) {
  agent_for("shop");
  auto& who = visit("HEAD / HTTP/1.1\r\nHost: nobody.test\r\n\r\n");
  CAF_CHECK(await([&] { return who.user.received.ends_with("\r\n\r\n"); }));
  CAF_CHECK(who.user.received.starts_with("HTTP/1.1 404 "));
  who.send("POST / HTTP/1.1\r\nHost: nobody.test\r\nContent-Length: 3\r\n\r\nabc" + get);
  CAF_CHECK(await([&] { return agents.front()->streams.size() == 1; }));
  CAF_CHECK_EQUAL(who.count("HTTP/1.1 404 "), 2u);
  CAF_CHECK(who.got("SM-1004"));
}

CAF_TEST(a refused request whose body is still to come ends the connection) {
  auto& who = visit("POST / HTTP/1.1\r\nHost: nobody.test\r\nContent-Length: 9\r\n\r\nabc");
  CAF_CHECK(await([&] { return who.user.ended; }));
  CAF_CHECK(who.got("SM-1004"));
  CAF_CHECK(who.got("Connection: close"));
}

CAF_TEST(a request that two parties could read differently is refused) {
  auto& who
    = visit(request("POST /", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
  CAF_CHECK(await([&] { return who.user.ended; }));
  CAF_CHECK(who.user.received.starts_with("HTTP/1.1 400 "));
}

CAF_TEST(a large upload and a large answer pass whole) {
  auto& agent = agent_for("shop");
  std::string body(3 * 1024 * 1024, 'x');
  auto length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  answer_with(agent, head + length + "\r\n" + body);
  auto& who = visit(request("PUT /up", length, body));
  CAF_CHECK(await([&] { return who.user.received.size() > body.size(); }));
  CAF_CHECK(agent.streams.front()->received.ends_with(body));
  CAF_CHECK(who.user.received.ends_with(body));
}

CAF_TEST(a chunked body passes as it came and its end is seen) {
  auto& agent = agent_for("shop");
  std::string chunks = "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n";
  answer_with(agent, head + "Transfer-Encoding: chunked\r\n\r\n" + chunks);
  auto& who = visit(request("POST /", "Transfer-Encoding: chunked\r\n", chunks));
  CAF_CHECK(await([&] { return who.user.received.ends_with(chunks); }));
  CAF_CHECK(agent.streams.front()->received.ends_with(chunks));
  CAF_REQUIRE(await([&] { return deciders->captures().size() == 1; }));
  auto seen = deciders->captures().front();
  CAF_CHECK_EQUAL(seen->request.body, "hello");
  CAF_CHECK_EQUAL(seen->response.body, "hello");
  CAF_CHECK_EQUAL(seen->status, 200);
}

CAF_TEST(bad chunks end the request before anything behind them is read) {
  auto& agent = agent_for("shop");
  auto& who = visit(request("POST /", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n"));
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  who.send("+3\r\nabc\r\n0\r\n\r\n" + get);
  CAF_CHECK(await([&] { return who.user.ended; }));
  CAF_CHECK(who.user.received.starts_with("HTTP/1.1 400 "));
  CAF_CHECK(await([&] { return agent.streams.front()->reset_by_peer.has_value(); }));
  CAF_CHECK_EQUAL(agent.streams.size(), 1u);
}

CAF_TEST(the answer to HEAD has a length and no body and the connection stays) {
  auto& agent = agent_for("shop");
  answer_with(agent, head + "Content-Length: 5\r\n\r\n");
  auto& who = visit(request("HEAD /") + request("HEAD /"));
  CAF_CHECK(await([&] { return who.count("Content-Length: 5") == 2; }));
}

CAF_TEST(an old visitor gets content without chunks and then the end) {
  auto& agent = agent_for("shop");
  answer_with(agent, head + "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
  auto& who = visit("GET / HTTP/1.0\r\nHost: shop.test\r\n\r\n");
  CAF_CHECK(await([&] { return who.user.ended; }));
  CAF_CHECK(who.user.received.ends_with("\r\n\r\nonetwo"));
  CAF_CHECK(!who.got("hunked"));
}

CAF_TEST(an interim answer passes before the body is sent) {
  auto& agent = agent_for("shop");
  answer_at(agent, "\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n");
  auto& who = visit(request("PUT /", "Expect: 100-continue\r\nContent-Length: 4\r\n"));
  CAF_CHECK(await([&] { return who.got("HTTP/1.1 100 "); }));
  answer_with(agent, hello);
  who.send("body");
  CAF_CHECK(await([&] { return who.user.received.ends_with("hello"); }));
  CAF_CHECK(agent.streams.front()->received.ends_with("body"));
}

CAF_TEST(an answer before the end of the upload ends stream and connection) {
  auto& agent = agent_for("shop");
  agent.on_request = [](stub_stream& stream) {
    stream.hold_back();
    if (stream.received.find("\r\n\r\n") == std::string::npos || stream.answered)
      return;
    stream.answered = true;
    stream.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
    stream.finish();
  };
  auto& who = visit(request("PUT /", "Content-Length: 100000000\r\n", std::string(2'000'000, 'x')));
  CAF_CHECK(await([&] { return who.is_gone(); }));
  CAF_CHECK(who.user.received.ends_with("\r\n\r\nno"));
  auto& stream = *agent.streams.front();
  CAF_CHECK(await([&] { return stream.reset_by_peer.has_value(); }));
}

CAF_TEST(an answer that comes while the end of its request still waits leaves nothing behind) {
  auto& agent = agent_for("shop");
  agent.on_request = [](stub_stream& stream) {
    stream.hold_back();
    if (stream.received.size() < 100'000 || std::exchange(stream.answered, true))
      return;
    stream.send(hello);
    stream.finish();
  };
  // More than a window: the edge keeps the rest for a stream that has its answer already.
  auto& who = visit(request("PUT /", "Content-Length: 400000\r\n", std::string(400'000, 'x')));
  CAF_REQUIRE(await([&] { return who.got("hello"); }));
  who.channel->close();
  agent.streams.front()->give_back();
  auto& other = visit(request("PUT /", "Content-Length: 100000\r\n", std::string(100'000, 'x')));
  CAF_CHECK(await([&] { return other.got("hello"); }));
}

CAF_TEST(more than the answer is not passed on and harms nobody) {
  auto& agent = agent_for("shop");
  answer_with(agent, hello + "and more");
  auto& who = visit(get);
  CAF_CHECK(await([&] { return who.got("hello"); }));
  answer_with(agent, hello);
  who.send(get);
  CAF_CHECK(await([&] { return who.count("hello") == 2; }));
  CAF_CHECK(!who.got("and more"));
}

CAF_TEST(an answer that is cut short is not mended) {
  auto& agent = agent_for("shop");
  answer_with(agent, head + "Content-Length: 9\r\n\r\nhalf");
  auto& who = visit(get);
  CAF_CHECK(await([&] { return who.user.closed.has_value(); }));
  CAF_CHECK(!who.user.ended);
}

CAF_TEST(no answer at all becomes a page) {
  auto& agent = agent_for("shop");
  answer_with(agent, "");
  auto& who = visit(get);
  CAF_CHECK(await([&] { return who.got("SM-1009"); }));
  CAF_CHECK(who.user.received.starts_with("HTTP/1.1 502 "));
}

CAF_TEST(nonsense becomes a page and the next request gets its own answer) {
  auto& agent = agent_for("shop");
  agent.on_request = [&](stub_stream& stream) {
    if (!std::exchange(stream.ended, false))
      return;
    stream.send(agent.streams.size() == 1 ? "SSH-2.0-nonsense\r\n\r\n" : hello);
    stream.finish();
  };
  auto& who = visit(get + get);
  CAF_CHECK(await([&] { return who.user.received.ends_with("\r\n\r\nhello"); }));
  CAF_CHECK(who.got("SM-1008"));
  CAF_CHECK(!who.got("SSH"));
}

CAF_TEST(an upgrade that nobody asked for becomes a page) {
  auto& agent = agent_for("shop");
  answer_with(agent, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\n\r\n");
  auto& who = visit(get);
  CAF_CHECK(await([&] { return who.got("SM-1008"); }));
}

CAF_TEST(what the agent reports becomes a page and the connection stays) {
  auto& agent = agent_for("shop");
  auto why = errc::local_refused;
  agent.on_request = [&](stub_stream& stream) {
    if (std::exchange(stream.ended, false))
      stream.reset(why);
  };
  auto& who = visit(request("GET /", "Accept: application/json\r\n"));
  CAF_CHECK(await([&] { return who.got("\"SM-1006\""); }));
  CAF_CHECK(who.user.received.starts_with("HTTP/1.1 502 "));
  why = errc::stream_reset; // says nothing to a visitor
  who.send(get);
  CAF_CHECK(await([&] { return who.got("SM-1015"); }));
}

CAF_TEST(an upgraded connection carries bytes both ways) {
  auto& agent = agent_for("shop");
  agent.on_request = [](stub_stream& stream) {
    if (stream.received.ends_with("early") || stream.received.ends_with("\r\n\r\n"))
      stream.send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n");
    else if (stream.received.ends_with("ping"))
      stream.send("pong");
  };
  auto& who = visit(request("GET /", "Connection: Upgrade\r\nUpgrade: chat\r\n", "early"));
  CAF_CHECK(await([&] { return who.got("101 Switching"); }));
  CAF_CHECK(await([&] { return agent.streams.front()->received.ends_with("early"); }));
  who.send("ping");
  CAF_CHECK(await([&] { return who.user.received.ends_with("pong"); }));
  who.channel->finish();
  CAF_CHECK(await([&] { return agent.streams.front()->ended; }));
  agent.streams.front()->finish();
  CAF_CHECK(await([&] { return who.user.ended; }));
}

CAF_TEST(a visitor who leaves takes his stream along) {
  auto& agent = agent_for("shop");
  auto& who = visit(get);
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  who.channel->close();
  CAF_CHECK(await([&] { return agent.streams.front()->reset_by_peer.has_value(); }));
}

CAF_TEST(a visitor who leaves is noticed also while his upload is held back) {
  auto& agent = agent_for("shop");
  agent.on_request = [](stub_stream& stream) { stream.hold_back(); };
  auto& who = visit(request("PUT /", "Content-Length: 100000000\r\n", std::string(8'000'000, 'x')));
  CAF_REQUIRE(await([&] {
    return agent.streams.size() == 1 && agent.streams.front()->received.size() >= 256 * 1024;
  }));
  who.channel->abort();
  CAF_CHECK(await([&] { return agent.streams.front()->reset_by_peer.has_value(); }));
}

CAF_TEST(a password is asked for and the right one lets through) {
  endpoint_request guarded;
  guarded.basic_auth = "me:se:cret";
  auto& agent = agent_for("shop", guarded);
  answer_with(agent, hello);
  auto& who = visit(get + request("GET /", "Authorization: Basic bWU6bm8=\r\n")
                    + request("GET /", "Authorization: Basic\r\n")
                    + request("GET /", "Authorization: Bearer bWU6c2U6Y3JldA==\r\n"));
  CAF_CHECK(await([&] { return who.count("HTTP/1.1 401 ") == 4; }));
  CAF_CHECK(who.got("WWW-Authenticate: Basic"));
  CAF_CHECK(agent.streams.empty());
  who.send(request("GET /", "Authorization: basic bWU6c2U6Y3JldA==\r\n"));
  CAF_CHECK(await([&] { return who.user.received.ends_with("hello"); }));
}

CAF_TEST(https is decrypted at the edge and the service is told) {
  auto& agent = agent_for("shop");
  answer_with(agent, hello);
  auto browser = *net::make_client_context({.ca_file = ca.path(), .alpn = {"h2", "http/1.1"}});
  visitor who{loop, node->tls_address(), browser, "edge.test"};
  CAF_REQUIRE(await([&] { return who.user.secured; }));
  CAF_CHECK_EQUAL(who.channel->tls().alpn(), "http/1.1");
  who.send(get + get);
  CAF_CHECK(await([&] { return who.count("hello") == 2; }));
  CAF_CHECK(agent.streams.front()->received.find("X-Forwarded-Proto: https\r\n")
            != std::string::npos);
}

CAF_TEST(a capture tells sizes in full and keeps the first bytes) {
  auto& agent = agent_for("shop");
  std::string body(30'000, 'x');
  answer_with(agent, head + "Content-Length: 30000\r\n\r\n" + body);
  visit(request("PUT /in", "Content-Length: 30000\r\nX-A: 1\r\nX-A: 2\r\n", body));
  CAF_REQUIRE(await([&] { return deciders->captures().size() == 1; }));
  auto seen = deciders->captures().front();
  CAF_CHECK_EQUAL(seen->method, "PUT");
  CAF_CHECK_EQUAL(seen->target, "/in");
  CAF_CHECK(seen->request.head.ends_with("X-A: 1\r\nX-A: 2"));
  CAF_CHECK_EQUAL(seen->request.body_bytes, 30'000u);
  CAF_CHECK_EQUAL(seen->response.body_bytes, 30'000u);
  CAF_CHECK_EQUAL(seen->response.body.size(), config.limits.capture.body_bytes_max);
  CAF_CHECK(!seen->request.is_whole());
  CAF_CHECK(seen->first_byte.count() > 0);
  CAF_CHECK(seen->total >= seen->first_byte);
}

CAF_TEST(a request that failed is captured with its error) {
  auto& agent = agent_for("shop");
  agent.on_request = [](stub_stream& stream) {
    if (std::exchange(stream.ended, false))
      stream.reset(errc::local_refused);
  };
  visit(get);
  CAF_REQUIRE(await([&] { return deciders->captures().size() == 1; }));
  auto seen = deciders->captures().front();
  CAF_REQUIRE(seen->error);
  CAF_CHECK_EQUAL(seen->error->code, errc::local_refused);
  CAF_CHECK_EQUAL(seen->status, 502);
}

CAF_TEST(an endpoint that is not inspected leaves no captures) {
  endpoint_request quiet;
  quiet.inspect = inspection::off;
  auto& agent = agent_for("shop", quiet);
  answer_with(agent, hello);
  auto& who = visit(get);
  CAF_CHECK(await([&] { return who.got("hello") && deciders->visits() == 1; }));
  CAF_CHECK(deciders->captures().empty());
}

CAF_TEST(an endpoint that is closed ends what is under way on it) {
  auto& agent = agent_for("shop");
  auto& who = visit(get);
  CAF_REQUIRE(await([&] { return agent.streams.size() == 1; }));
  node->drop_endpoint(agent.welcome->session, {agent.bound.front().endpoint, {}});
  CAF_CHECK(await([&] { return who.got("SM-1015") && agent.unbound.size() == 1; }));
  CAF_CHECK(await([&] { return agent.streams.front()->reset_by_peer.has_value(); }));
  agent.drop_connection();
  CAF_CHECK(await([&] { return deciders->lanes_of(agent.welcome->session) == 0; }));
}

CAF_TEST_FIXTURE_SCOPE_END()
