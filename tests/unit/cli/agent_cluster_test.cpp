// An agent of a cluster: a second edge, an edge that is lost, and one that says goodbye.
#define CAF_SUITE agent_cluster

#include "tests/unit/cli/stub_edge.hpp"
#include "tests/unit/test.hpp"

#include <algorithm>

using namespace serverme;
using namespace serverme::tests;

namespace {

const std::string get = "GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n";
const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Three edges that know each other's sessions; the agent is configured with the first one.
struct cluster_world : agent_world {
  cluster_world() {
    for (auto* each : {&edge, &second, &third})
      make_member(*each);
    second.answer = [this, usual = second.answer](const lane::bind& wish) {
      auto bound = usual(wish);
      bound->endpoint.value += 1000; // each home gives its own
      return bound;
    };
  }

  ~cluster_world() { agent.reset(); } // before the edges

  void make_member(stub_edge& which) {
    which.admit
      = [this, &which, usual = which.admit](const lane::hello& greeting) -> result<lane::welcome> {
      auto welcome = usual(greeting);
      if (!welcome)
        return welcome;
      welcome->node = name_of(which);
      welcome->capabilities = capabilities;
      welcome->edges = others_of(which);
      return welcome;
    };
  }
  std::string name_of(const stub_edge& which) const {
    return &which == &edge ? "first" : &which == &second ? "second" : "third";
  }
  std::vector<std::string> others_of(const stub_edge& which) const {
    std::vector<std::string> all;
    for (const auto* each : known)
      if (each != &which)
        all.push_back(net::to_string(each->where()));
    return all;
  }
  /// The agent is ready and has a companion at `second`.
  void start_with_companion() {
    start_ready({plan(endpoint_kind::http)});
    CAF_REQUIRE(await([&] { return seen.companions == std::vector<std::string>{"second"}; }));
  }
  std::unique_ptr<stub_visitor> visit(stub_lane& lane, endpoint_id endpoint) {
    auto visitor = std::make_unique<stub_visitor>(lane.core(), endpoint, endpoint_kind::http, get);
    visitor->finish();
    return visitor;
  }
  void say_draining(stub_edge& from, const stub_edge& to) {
    from.lane().say(lane::frame_type::goaway, lane::goaway{.code = errc::draining,
                                                           .retry_after = milliseconds{1'000},
                                                           .prefer = {net::to_string(to.where())}});
  }
  void answer_all() {
    service.on_request = [](stub_service::connection& who) { who.answer(::hello); };
    for (auto& each : service.connections)
      if (each->got("GET"))
        each->answer(::hello);
  }

  stub_edge second{loop, certificate};
  stub_edge third{loop, certificate};
  /// Those that tell agents of each other.
  std::vector<const stub_edge*> known{&edge, &second};
  std::uint64_t capabilities = static_cast<std::uint64_t>(lane::capability::companions);
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(agent_cluster_tests, cluster_world)

CAF_TEST(a second lane goes to another edge with the token and without the key) {
  start_with_companion();
  CAF_REQUIRE_EQUAL(second.lanes.size(), 1u);
  const auto& greeting = *second.lane().hello;
  CAF_CHECK(greeting.companion);
  CAF_CHECK(greeting.session == session_id{7});
  CAF_CHECK_EQUAL(greeting.resume_token, "token");
  CAF_CHECK_EQUAL(greeting.api_key, "");
  CAF_CHECK(!edge.lane().hello->companion);
  CAF_CHECK(second.wishes.empty());
}

CAF_TEST(visitors of the second edge are served) {
  start_with_companion();
  answer_all();
  auto visitor = visit(second.lane(), edge.bound.front().endpoint);
  CAF_REQUIRE(await([&] { return visitor->ended; }));
  CAF_CHECK_EQUAL(visitor->received, hello);
}

CAF_TEST(an edge that cannot do so is asked for no second lane) {
  capabilities = 0;
  start_ready({plan(endpoint_kind::http)});
  auto until = loop.now() + milliseconds{1'500};
  CAF_REQUIRE(await([&] { return loop.now() >= until; }));
  CAF_CHECK_EQUAL(edge.lanes.size(), 1u);
  CAF_CHECK(second.lanes.empty());
  CAF_CHECK(seen.companions.empty());
}

CAF_TEST(an edge that is told of later becomes the second one) {
  known = {&edge};
  start_ready({plan(endpoint_kind::http)});
  CAF_CHECK(second.lanes.empty());
  known = {&edge, &second};
  edge.lane().say(lane::frame_type::edges, lane::edges{.others = others_of(edge)});
  CAF_CHECK(await([&] { return seen.companions == std::vector<std::string>{"second"}; }));
}

CAF_TEST(a second edge that nobody vouches for hears nothing of us) {
  stub_edge false_one{loop, make_certificate("edge.test")};
  known = {&edge, &false_one};
  start_ready({plan(endpoint_kind::http)});
  CAF_REQUIRE(await([&] { return false_one.lanes.size() == 1 && false_one.lane().closed; }));
  CAF_CHECK(!false_one.lane().hello);
  CAF_CHECK(seen.disconnected.empty());
}

CAF_TEST(when the home is lost the session moves to the second edge at once) {
  start_with_companion();
  second.keeps_lanes = true;
  auto former = edge.bound.front().endpoint;
  auto under_way = visit(second.lane(), former);
  CAF_REQUIRE(await([&] { return service.connections.size() == 1; }));
  edge.drop_lanes();
  CAF_REQUIRE(await([&] { return seen.connected_to == "second" && second.wishes.size() == 1; }));
  CAF_CHECK(seen.pauses.empty());
  CAF_CHECK_EQUAL(seen.disconnected.size(), 1u);
  CAF_CHECK(seen.connections.back()); // resumed
  auto* home = second.lane_of(false);
  CAF_REQUIRE(home != nullptr);
  CAF_CHECK(home->hello->session == session_id{7});
  CAF_CHECK_EQUAL(home->hello->api_key, "good"); // if nobody there knew the token
  CAF_CHECK_EQUAL(edge.lanes.size(), 1u);
  // What was under way on the companion's lane is not hurt by all this.
  answer_all();
  CAF_REQUIRE(await([&] { return under_way->ended; }));
  CAF_CHECK_EQUAL(under_way->received, hello);
  // Edges that have not heard of the move yet name the former endpoint.
  for (auto id : {former, second.bound.front().endpoint}) {
    auto visitor = visit(*home, id);
    CAF_CHECK(await([&] { return visitor->ended; }));
  }
  CAF_CHECK(seen.refused.empty());
}

CAF_TEST(after a move there is a second edge again) {
  start_with_companion();
  known = {&second, &third};
  edge.drop_lanes();
  CAF_REQUIRE(await([&] { return seen.companions.back() == "third"; }));
  CAF_CHECK(third.lane().hello->companion);
  CAF_CHECK(second.lanes.front()->goodbye.has_value()); // the former companion's lane
}

CAF_TEST(when the home drains the session moves first and no stream is lost) {
  start_with_companion();
  edge.keeps_lanes = true;
  auto former = edge.bound.front().endpoint;
  auto under_way = visit(edge.lane(), former);
  CAF_REQUIRE(await([&] { return service.connections.size() == 1; }));
  say_draining(edge, second);
  CAF_REQUIRE(await([&] { return seen.connected_to == "second" && second.wishes.size() == 1; }));
  CAF_CHECK(seen.disconnected.empty());
  CAF_CHECK(seen.pauses.empty());
  CAF_CHECK_EQUAL(second.lane_of(false)->hello->api_key, ""); // the token must do
  CAF_REQUIRE(await([&] { return edge.lane().goodbye.has_value(); }));
  answer_all();
  CAF_REQUIRE(await([&] { return under_way->ended; }));
  CAF_CHECK_EQUAL(under_way->received, hello);
  edge.lane().drop_after_sending();
  auto visitor = visit(*second.lane_of(false), second.bound.front().endpoint);
  CAF_CHECK(await([&] { return visitor->ended; }));
  CAF_CHECK(seen.disconnected.empty());
}

CAF_TEST(what a former home says of endpoints is old news) {
  start_with_companion();
  edge.keeps_lanes = true;
  auto former = edge.bound.front().endpoint;
  auto under_way = visit(edge.lane(), former);
  say_draining(edge, second);
  CAF_REQUIRE(await([&] { return second.wishes.size() == 1; }));
  edge.lane().say(lane::frame_type::unbind, lane::unbind{former, fail(errc::session_replaced)});
  answer_all();
  CAF_REQUIRE(await([&] { return under_way->ended; })); // behind the unbind
  CAF_CHECK(seen.refused.empty());
  CAF_CHECK(!seen.stopped);
}

CAF_TEST(an edge that refuses the session on the move is passed over) {
  known = {&edge, &second, &third};
  second.admit
    = [](const lane::hello&) -> result<lane::welcome> { return fail(errc::resume_refused); };
  start_ready({plan(endpoint_kind::http)});
  say_draining(edge, second);
  CAF_REQUIRE(await([&] { return seen.connected_to == "third"; }));
  CAF_CHECK(third.lane_of(false)->hello->session == session_id{7});
  CAF_CHECK(seen.disconnected.empty());
}

CAF_TEST(an agent whose other edges all refuse stays and comes back to its server) {
  second.admit
    = [](const lane::hello&) -> result<lane::welcome> { return fail(errc::control_unavailable); };
  start_ready({plan(endpoint_kind::http)});
  say_draining(edge, second);
  CAF_REQUIRE(await([&] { return !second.lanes.empty() && second.lane().closed; }));
  CAF_CHECK(seen.disconnected.empty());
  edge.drop_lanes();
  CAF_REQUIRE(await([&] { return seen.connections.size() == 2; }));
  CAF_CHECK_EQUAL(seen.connected_to, "first");
  CAF_CHECK_EQUAL(seen.pauses.size(), 1u); // before the server that everybody comes to
  CAF_CHECK_EQUAL(seen.disconnected.size(), 2u);
}

CAF_TEST(an edge that has too many asks for a move and gets one) {
  start_with_companion();
  edge.lane().say(lane::frame_type::edges,
                  lane::edges{.please_move = true, .others = others_of(edge)});
  CAF_REQUIRE(await([&] { return seen.connected_to == "second"; }));
  CAF_CHECK(seen.disconnected.empty());
  CAF_REQUIRE(await([&] { return edge.lanes.front()->goodbye.has_value(); }));
  CAF_CHECK_EQUAL(edge.lanes.front()->goodbye->code, errc::draining);
}

CAF_TEST(a second edge that drains is left for a third one) {
  start_with_companion();
  known = {&edge, &second, &third};
  edge.lane().say(lane::frame_type::edges, lane::edges{.others = others_of(edge)});
  second.lane().say(lane::frame_type::goaway, lane::goaway{.code = errc::draining});
  CAF_REQUIRE(await([&] { return seen.companions.back() == "third"; }));
  CAF_CHECK(seen.disconnected.empty());
}

CAF_TEST(a second edge that is lost is found again) {
  start_with_companion();
  second.drop_lanes();
  CAF_REQUIRE(await([&] { return seen.companions.size() == 3; }));
  CAF_CHECK(seen.companions == (std::vector<std::string>{"second", "", "second"}));
  CAF_CHECK(seen.disconnected.empty());
}

CAF_TEST(many agents spread over all edges) {
  known = {&edge, &second, &third};
  std::vector<std::unique_ptr<cli::agent>> agents;
  std::vector<recording_observer> observers(24);
  for (auto& observer : observers) {
    cli::agent_config config{.server = edge.where(),
                             .ca_file = ca.path(),
                             .api_key = "good",
                             .tunnels = {plan(endpoint_kind::http)}};
    agents.push_back(std::make_unique<cli::agent>(loop, std::move(config), observer));
    agents.back()->start();
  }
  CAF_REQUIRE(await([&] {
    return std::ranges::all_of(observers,
                               [](const auto& each) { return !each.companions.empty(); });
  }));
  for (const auto* name : {"second", "third"}) {
    auto there = std::ranges::count_if(
      observers, [name](const auto& each) { return each.companions.front() == name; });
    CAF_CHECK(there > 0);
  }
}

CAF_TEST(an agent that stops says goodbye on all its lanes) {
  start_with_companion();
  agent->stop();
  CAF_REQUIRE(await([&] { return seen.stopped; }));
  for (auto* each : {&edge, &second}) {
    CAF_REQUIRE(each->lane().goodbye.has_value());
    CAF_CHECK_EQUAL(each->lane().goodbye->code, errc::closed_by_owner);
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
