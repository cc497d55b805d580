// The agent's life with an edge: greeting, tunnels, losing and coming back, goodbye.
#define CAF_SUITE agent

#include "tests/unit/cli/stub_edge.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

const std::string get = "GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n";
const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

} // namespace

CAF_TEST_FIXTURE_SCOPE(agent_tests, agent_world)

CAF_TEST(a tunnel is asked for and its url is told) {
  start_ready({plan(endpoint_kind::http)});
  CAF_CHECK_EQUAL(seen.connected_to, "here");
  CAF_CHECK(!seen.connections.front());
  CAF_CHECK_EQUAL(seen.ready.front().second.front(), "http://shop.test");
  CAF_CHECK(await([&] { return seen.round_trips > 0; }));
  CAF_CHECK_EQUAL(edge.lane().hello->api_key, "good");
  CAF_CHECK(edge.lane().hello->window > 0);
}

CAF_TEST(a wrong key ends the agent after one attempt) {
  edge.admit = [](const lane::hello&) -> result<lane::welcome> { return fail(errc::key_invalid); };
  start({plan(endpoint_kind::http)});
  CAF_REQUIRE(await([&] { return seen.stopped; }));
  CAF_REQUIRE(seen.stopped_for.has_value());
  CAF_CHECK_EQUAL(seen.stopped_for->code, errc::key_invalid);
  CAF_CHECK_EQUAL(edge.lanes.size(), 1u);
  CAF_CHECK(seen.pauses.empty());
}

CAF_TEST(a certificate that nobody vouches for ends the agent and gets no key) {
  auto other = make_certificate("edge.test");
  ca_file other_ca{other};
  cli::agent_config config{.server = edge.where(),
                           .ca_file = other_ca.path(),
                           .api_key = "good",
                           .tunnels = {plan(endpoint_kind::http)}};
  agent = std::make_unique<cli::agent>(loop, std::move(config), seen);
  agent->start();
  CAF_REQUIRE(await([&] { return seen.stopped; }));
  CAF_REQUIRE(seen.stopped_for.has_value());
  CAF_CHECK_EQUAL(seen.stopped_for->code, errc::certificate_refused);
  CAF_CHECK_EQUAL(edge.lanes.size(), 1u);
  CAF_CHECK(!edge.lane().hello);
}

CAF_TEST(a certificate file that cannot be read ends the agent before it dials) {
  cli::agent_config config{.server = edge.where(), .ca_file = "/nowhere", .api_key = "good"};
  agent = std::make_unique<cli::agent>(loop, std::move(config), seen);
  agent->start();
  CAF_REQUIRE(await([&] { return seen.stopped; }));
  CAF_CHECK_EQUAL(seen.stopped_for->code, errc::certificate_unreadable);
  CAF_CHECK(edge.lanes.empty());
}

CAF_TEST(a lost connection is resumed by its token with the same urls) {
  start_ready({plan(endpoint_kind::http)});
  edge.drop_lanes();
  CAF_REQUIRE(await([&] { return seen.ready.size() == 2; }));
  CAF_CHECK_EQUAL(seen.disconnected.size(), 1u);
  CAF_CHECK_EQUAL(seen.pauses.size(), 1u);
  CAF_CHECK(seen.connections.back());
  CAF_CHECK(edge.lane().hello->session == session_id{7});
  CAF_CHECK_EQUAL(edge.lane().hello->resume_token, "token");
  CAF_CHECK(await([&] { return edge.wishes.size() == 2; })); // to be sure
  CAF_CHECK_EQUAL(edge.bound.size(), 1u);
  service.on_request = [](stub_service::connection& who) { who.answer(hello); };
  auto visitor = edge.visit(get);
  visitor->finish();
  CAF_CHECK(await([&] { return visitor->ended; }));
}

CAF_TEST(a server that forgot everything is asked again for what it gave) {
  auto raw = plan(endpoint_kind::tcp, "");
  start_ready({plan(endpoint_kind::http, ""), raw});
  edge.admit = [](const lane::hello&) -> result<lane::welcome> {
    return lane::welcome{.version = 1, .session = session_id{8}, .resume_token = "other"};
  };
  edge.drop_lanes();
  CAF_REQUIRE(await([&] { return seen.ready.size() == 4; }));
  CAF_REQUIRE_EQUAL(edge.wishes.size(), 4u);
  CAF_CHECK_EQUAL(edge.wishes[0].endpoint.name, "");
  CAF_CHECK_EQUAL(edge.wishes[2].endpoint.name, "random");
  CAF_CHECK_EQUAL(edge.wishes[1].endpoint.port, 0u);
  CAF_CHECK_EQUAL(edge.wishes[3].endpoint.port, 10'001u);
}

CAF_TEST(an edge that drains is left alone for as long as it says) {
  edge.retry_after = milliseconds{300};
  edge.admit = [](const lane::hello&) -> result<lane::welcome> { return fail(errc::draining); };
  start({plan(endpoint_kind::http)});
  CAF_REQUIRE(await([&] { return seen.pauses.size() == 2; }));
  CAF_CHECK(seen.pauses[0] >= milliseconds{300});
  CAF_CHECK_EQUAL(seen.disconnected.front().code, errc::draining);
  CAF_CHECK(!seen.stopped);
}

CAF_TEST(an edge that does not greet first is left and asked again after a pause) {
  auto usual = edge.admit;
  edge.admit = [&](const lane::hello& hello) {
    if (edge.lanes.size() == 1)
      edge.lane().say(lane::frame_type::bound, lane::bound{.request = 1});
    if (edge.lanes.size() == 2)
      edge.lane().say(lane::frame_type::unbind, lane::unbind{endpoint_id{1}, {}});
    return usual(hello);
  };
  start_ready({plan(endpoint_kind::http)});
  CAF_REQUIRE_EQUAL(edge.lanes.size(), 3u);
  CAF_CHECK_EQUAL(seen.connections.size(), 1u); // the greetings behind it count for nothing
  CAF_CHECK_EQUAL(seen.pauses.size(), 2u);
  for (std::size_t i : {0u, 1u}) {
    CAF_CHECK_EQUAL(seen.disconnected.at(i).code, errc::protocol_violation);
    CAF_REQUIRE(await([&] { return edge.lanes[i]->goodbye.has_value(); }));
    CAF_CHECK_EQUAL(edge.lanes[i]->goodbye->code, errc::protocol_violation);
  }
}

CAF_TEST(a greeting behind a refusal counts for nothing) {
  auto usual = edge.admit;
  edge.admit = [&](const lane::hello& hello) {
    if (edge.lanes.size() == 1)
      edge.lane().say(lane::frame_type::goaway, lane::goaway{.code = errc::control_unavailable});
    return usual(hello);
  };
  start_ready({plan(endpoint_kind::http)});
  CAF_CHECK_EQUAL(edge.lanes.size(), 2u);
  CAF_CHECK_EQUAL(seen.connections.size(), 1u);
  CAF_CHECK_EQUAL(seen.disconnected.at(0).code, errc::control_unavailable);
}

CAF_TEST(an edge that greets twice or answers what nobody asked is left) {
  start_ready({plan(endpoint_kind::http)});
  edge.lane().say(lane::frame_type::hello, *edge.admit(*edge.lane().hello));
  CAF_REQUIRE(await([&] { return seen.ready.size() == 2; }));
  auto stranger = edge.bound.front();
  for (std::uint32_t number : {0u, 99u}) {
    stranger.request = number;
    auto before = seen.ready.size();
    edge.lane().say(lane::frame_type::bound, stranger);
    CAF_REQUIRE(await([&] { return seen.ready.size() > before; }));
  }
  CAF_REQUIRE_EQUAL(seen.disconnected.size(), 3u);
  for (const auto& why : seen.disconnected)
    CAF_CHECK_EQUAL(why.code, errc::protocol_violation);
}

CAF_TEST(an edge that says goodbye again and again gets one new lane) {
  start_ready({plan(endpoint_kind::http)});
  auto visitor = edge.visit(get);
  CAF_REQUIRE(await([&] { return service.connections.size() == 1; }));
  for (int i = 0; i < 3; ++i)
    edge.lane().say(lane::frame_type::goaway, lane::goaway{.code = errc::draining});
  CAF_REQUIRE(await([&] { return edge.lanes.size() > 1 && edge.lane().hello; }));
  service.on_request = [](stub_service::connection& who) { who.answer(hello); };
  auto next = edge.visit(get);
  next->finish();
  CAF_REQUIRE(await([&] { return next->ended; }));
  CAF_CHECK_EQUAL(edge.lanes.size(), 2u);
  CAF_CHECK(seen.disconnected.empty());
}

CAF_TEST(an edge that sends its agents elsewhere is followed) {
  stub_edge other{loop, certificate};
  start_ready({plan(endpoint_kind::http)});
  edge.lane().say(
    lane::frame_type::goaway,
    lane::goaway{.code = errc::draining, .prefer = {"nonsense", net::to_string(other.where())}});
  edge.lane().drop_after_sending();
  CAF_REQUIRE(await([&] { return seen.ready.size() == 2; }));
  CAF_REQUIRE_EQUAL(other.lanes.size(), 1u);
  CAF_CHECK_EQUAL(other.lane().hello->api_key, "good");
  // What was preferred once is not preferred for ever.
  auto before = edge.lanes.size();
  other.drop_lanes();
  CAF_REQUIRE(await([&] { return seen.ready.size() == 3; }));
  CAF_CHECK(edge.lanes.size() > before);
  CAF_CHECK_EQUAL(other.lanes.size(), 1u);
}

CAF_TEST(an edge elsewhere that nobody vouches for gets no key and ends nothing) {
  stub_edge other{loop, make_certificate("edge.test")};
  edge.admit = [&, usual = edge.admit](const lane::hello& hello) -> result<lane::welcome> {
    if (edge.lanes.size() > 1)
      return usual(hello);
    edge.lane().say(
      lane::frame_type::goaway,
      lane::goaway{.code = errc::draining, .prefer = {net::to_string(other.where())}});
    return fail(errc::draining);
  };
  start_ready({plan(endpoint_kind::http)});
  CAF_CHECK_EQUAL(edge.lanes.size(), 2u);
  CAF_REQUIRE_EQUAL(other.lanes.size(), 1u);
  CAF_CHECK(!other.lane().hello);
  CAF_REQUIRE_EQUAL(seen.disconnected.size(), 2u);
  CAF_CHECK_EQUAL(seen.disconnected[1].code, errc::certificate_refused);
}

CAF_TEST(answers are matched by their number and not by their order) {
  stub_service other{loop};
  auto second = plan(endpoint_kind::http, "second");
  second.local = other.target();
  auto usual = edge.answer;
  edge.answer = [](const lane::bind&) { return std::nullopt; };
  start({plan(endpoint_kind::http, "first"), second});
  CAF_REQUIRE(await([&] { return edge.wishes.size() == 2; }));
  for (std::size_t i : {1u, 0u}) {
    edge.bound.push_back(*usual(edge.wishes[i]));
    edge.lane().say(lane::frame_type::bound, edge.bound.back());
  }
  CAF_REQUIRE(await([&] { return seen.ready.size() == 2; }));
  CAF_CHECK_EQUAL(seen.ready[0].first, 1u);
  auto visitor = edge.visit(get, 0); // the endpoint of "second"
  CAF_CHECK(await([&] { return !other.connections.empty(); }));
  CAF_CHECK(service.connections.empty());
}

CAF_TEST(a tunnel that is refused does not give its place to the next) {
  stub_service other{loop};
  auto second = plan(endpoint_kind::http, "good");
  second.local = other.target();
  auto usual = edge.answer;
  edge.answer = [usual](const lane::bind& wish) {
    if (wish.endpoint.name == "good")
      return usual(wish);
    return std::optional{lane::bound{.request = wish.request, .error = fail(errc::name_reserved)}};
  };
  start({plan(endpoint_kind::http, "api"), second});
  CAF_REQUIRE(await([&] { return seen.ready.size() == 1 && seen.refused.size() == 1; }));
  CAF_CHECK_EQUAL(seen.refused.front().first, 0u);
  CAF_CHECK_EQUAL(seen.refused.front().second.code, errc::name_reserved);
  auto visitor = edge.visit(get);
  CAF_CHECK(await([&] { return !other.connections.empty(); }));
  CAF_CHECK(service.connections.empty());
  CAF_CHECK(!seen.stopped);
}

CAF_TEST(an agent without a tunnel left ends with the reason) {
  edge.answer = [](const lane::bind& wish) {
    return std::optional{lane::bound{.request = wish.request, .error = fail(errc::name_invalid)}};
  };
  start({plan(endpoint_kind::http)});
  CAF_REQUIRE(await([&] { return seen.stopped; }));
  CAF_CHECK_EQUAL(seen.stopped_for->code, errc::name_invalid);
  CAF_CHECK_EQUAL(edge.lanes.size(), 1u);
}

CAF_TEST(a tunnel that was closed is not asked for again) {
  start_ready({plan(endpoint_kind::http, "one"), plan(endpoint_kind::http, "two")});
  edge.lane().say(lane::frame_type::unbind,
                  lane::unbind{edge.bound[0].endpoint, fail(errc::closed_by_owner)});
  CAF_REQUIRE(await([&] { return seen.refused.size() == 1; }));
  edge.drop_lanes();
  CAF_REQUIRE(await([&] { return seen.ready.size() == 3; }));
  CAF_CHECK_EQUAL(seen.ready.back().first, 1u);
  CAF_REQUIRE(await([&] { return edge.wishes.size() == 3; }));
  CAF_CHECK_EQUAL(edge.wishes.back().endpoint.name, "two");
  edge.lane().say(lane::frame_type::unbind,
                  lane::unbind{edge.bound[1].endpoint, fail(errc::closed_by_owner)});
  CAF_REQUIRE(await([&] { return seen.stopped; }));
  CAF_CHECK_EQUAL(seen.stopped_for->code, errc::closed_by_owner);
}

CAF_TEST(a visitor of an endpoint that is not ours is sent away) {
  start_ready({plan(endpoint_kind::http)});
  stub_visitor visitor{edge.lane().core(), endpoint_id{999}, endpoint_kind::http, get};
  CAF_REQUIRE(await([&] { return visitor.reset_by_agent.has_value(); }));
  CAF_CHECK_EQUAL(*visitor.reset_by_agent, errc::no_such_endpoint);
  CAF_CHECK(service.connections.empty());
}

CAF_TEST(an agent that stops says goodbye) {
  start_ready({plan(endpoint_kind::http)});
  agent->stop();
  CAF_REQUIRE(await([&] { return seen.stopped; }));
  CAF_CHECK(!seen.stopped_for);
  CAF_REQUIRE(edge.lane().goodbye.has_value());
  CAF_CHECK_EQUAL(edge.lane().goodbye->code, errc::closed_by_owner);
}

CAF_TEST(an agent that is being greeted stops at once) {
  edge.admit = [&](const lane::hello&) -> result<lane::welcome> {
    loop.post([this] { agent->stop(); });
    return fail(errc::control_unavailable);
  };
  start({plan(endpoint_kind::http)});
  CAF_REQUIRE(await([&] { return seen.stopped; }));
  CAF_CHECK(!seen.stopped_for);
}

CAF_TEST(an agent that waits stops at once) {
  edge.admit
    = [](const lane::hello&) -> result<lane::welcome> { return fail(errc::control_unavailable); };
  edge.retry_after = seconds{60};
  start({plan(endpoint_kind::http)});
  CAF_REQUIRE(await([&] { return seen.pauses.size() == 1; }));
  agent->stop();
  CAF_CHECK(await([&] { return seen.stopped; }));
}

CAF_TEST(an agent can be destroyed in the middle of everything) {
  start_ready({plan(endpoint_kind::http)});
  auto visitor = edge.visit(get);
  CAF_REQUIRE(await([&] { return !service.connections.empty(); }));
  agent.reset();
  CAF_CHECK(await([&] { return edge.lane().closed; }));
  CAF_CHECK(await([&] { return service.connections.front()->user.ended; }));
}

CAF_TEST(a second lane opens under load with the token and without the key) {
  start_ready({plan(endpoint_kind::http)});
  std::vector<std::unique_ptr<stub_visitor>> visitors;
  for (int i = 0; i < 6; ++i)
    visitors.push_back(edge.visit(get));
  CAF_REQUIRE(await([&] { return edge.lanes.size() == 2 && edge.lane().hello.has_value(); }));
  CAF_CHECK_EQUAL(edge.lane().hello->api_key, "");
  CAF_CHECK_EQUAL(edge.lane().hello->resume_token, "token");
  service.on_request = [](stub_service::connection& who) { who.answer(hello); };
  auto on_second = edge.visit(get);
  on_second->finish();
  CAF_CHECK(await([&] { return on_second->ended; }));
  // Losing one of two is no loss of the session.
  edge.lanes.front()->drop();
  CAF_CHECK(await([&] { return service.connections.front()->user.ended; }));
  auto again = edge.visit(get);
  again->finish();
  CAF_CHECK(await([&] { return again->ended; }));
  CAF_CHECK(seen.disconnected.empty());
}

CAF_TEST(a second lane that is refused takes nothing from the first) {
  start_ready({plan(endpoint_kind::http)});
  edge.admit = [](const lane::hello&) -> result<lane::welcome> { return fail(errc::key_invalid); };
  std::vector<std::unique_ptr<stub_visitor>> visitors;
  for (int i = 0; i < 6; ++i)
    visitors.push_back(edge.visit(get));
  CAF_REQUIRE(await([&] { return edge.lanes.size() == 2 && edge.lane().closed; }));
  CAF_REQUIRE(await([&] { return service.connections.size() == 6; }));
  for (auto& connection : service.connections)
    connection->answer(hello);
  for (auto& visitor : visitors)
    CAF_CHECK(await([&] { return visitor->received == hello; }));
  CAF_CHECK(seen.disconnected.empty());
  CAF_CHECK(!seen.stopped);
}

CAF_TEST_FIXTURE_SCOPE_END()
