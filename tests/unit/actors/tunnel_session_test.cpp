// One agent's endpoints: bound, kept while it is away, given up, taken over.
#define CAF_SUITE tunnel_session

#include "tests/unit/actors/tree_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;

CAF_TEST_FIXTURE_SCOPE(tunnel_session_tests, tree_fixture)

CAF_TEST(an endpoint is leased and served and seen by its owner) {
  auto agent = join("key of alice");
  auto bound = bind(agent.session, {.name = "Shop", .local_label = "localhost:3000"});
  CAF_REQUIRE(bound);
  CAF_CHECK_EQUAL(bound->name, "shop");
  CAF_REQUIRE_EQUAL(bound->urls.size(), 2u);
  CAF_CHECK_EQUAL(bound->urls[0], "http://shop.test:8080");
  CAF_CHECK_EQUAL(bound->urls[1], "https://shop.test:8443");
  const auto* served = edge->find("shop.test");
  CAF_REQUIRE(served != nullptr);
  CAF_CHECK(served->session == agent.session);
  auto seen = tunnels_of(as(1));
  CAF_REQUIRE_EQUAL(seen.size(), 1u);
  CAF_CHECK_EQUAL(seen[0].local_label, "localhost:3000");
  CAF_CHECK_EQUAL(seen[0].agent, "agent/1");
  CAF_CHECK(seen[0].state == presence::here);
}

CAF_TEST(every kind has its own URLs) {
  auto agent = join("key of alice");
  auto tcp = bind_tcp(agent.session, 10005);
  CAF_REQUIRE(tcp);
  CAF_CHECK_EQUAL(tcp->urls.front(), "tcp://test:10005");
  CAF_CHECK(edge->open_ports.contains(10005));
  auto tls = bind(agent.session, {.kind = endpoint_kind::tls, .name = "bank"});
  CAF_REQUIRE(tls);
  CAF_CHECK_EQUAL(tls->urls.front(), "tls://bank.test:8443");
}

CAF_TEST(usual ports are not shown) {
  public_addresses usual{"example.com", 80, 443};
  auto urls = urls_of(endpoint_kind::http, "shop", 0, usual);
  CAF_CHECK_EQUAL(urls[0], "http://shop.example.com");
  CAF_CHECK_EQUAL(urls[1], "https://shop.example.com");
}

CAF_TEST(the edge is given a digest of the password and never the password) {
  auto agent = join("key of alice");
  CAF_REQUIRE(bind(agent.session, {.name = "shop", .basic_auth = "user:secret"}));
  CAF_CHECK_EQUAL(edge->find("shop.test")->basic_auth_digest, digest_of("user:secret"));
}

CAF_TEST(the same wish after a return is the same endpoint) {
  auto agent = join("key of alice");
  auto named = bind_http(agent.session, "shop");
  auto any = bind_http(agent.session, "");
  auto port = bind_tcp(agent.session, 0);
  CAF_REQUIRE(named);
  CAF_REQUIRE(any);
  CAF_REQUIRE(port);
  lanes(agent.session, 0);
  auto back = greet("", &agent);
  CAF_REQUIRE(back);
  lanes(agent.session, 1);
  CAF_CHECK(*bind_http(agent.session, "shop") == *named);
  CAF_CHECK(*bind_http(agent.session, "") == *any);
  CAF_CHECK(*bind_http(agent.session, any->name) == *any);
  CAF_CHECK(*bind_tcp(agent.session, 0) == *port);
  CAF_CHECK(*bind_tcp(agent.session, port->port) == *port);
  CAF_CHECK_EQUAL(tunnels_of(as(1)).size(), 3u);
}

CAF_TEST(two wishes for any name are two endpoints also after a return) {
  auto agent = join("key of alice");
  auto one = bind_http(agent.session, "");
  auto two = bind_http(agent.session, "");
  CAF_REQUIRE(one);
  CAF_REQUIRE(two);
  CAF_CHECK(one->endpoint != two->endpoint);
  CAF_REQUIRE(greet("", &agent));
  auto again = bind_http(agent.session, "");
  auto again_too = bind_http(agent.session, "");
  CAF_CHECK(again->endpoint != again_too->endpoint);
  CAF_CHECK_EQUAL(tunnels_of(as(1)).size(), 2u);
}

CAF_TEST(new options of a bound endpoint are served) {
  auto agent = join("key of alice");
  auto before = bind_http(agent.session, "shop");
  auto after
    = bind(agent.session, {.name = "shop", .inspect = inspection::off, .host_header = "local"});
  CAF_REQUIRE(after);
  CAF_CHECK(before->endpoint == after->endpoint);
  CAF_CHECK_EQUAL(edge->find("shop.test")->host_header, "local");
  CAF_CHECK(tunnels_of(as(1)).front().inspect == inspection::off);
}

CAF_TEST(http and tls share their names) {
  auto agent = join("key of alice");
  CAF_REQUIRE(bind_http(agent.session, "shop"));
  auto tls = bind(agent.session, {.kind = endpoint_kind::tls, .name = "shop"});
  CAF_CHECK_EQUAL(code_of(tls), errc::name_taken);
  CAF_CHECK(edge->find("shop.test")->kind == endpoint_kind::http);
}

CAF_TEST(a session asks so much at once and no more also for one endpoint) {
  auto agent = join("key of alice");
  CAF_REQUIRE(bind_http(agent.session, "shop"));
  caf::scoped_actor loop{sys};
  for (int i = 0; i < 7; ++i)
    loop->send(tree.reception(), bind_endpoint{agent.session, {.name = "shop"}});
  sched.run();
  int bound = 0, refused = 0;
  for (int i = 0; i < 7; ++i)
    loop->receive([&](const endpoint_bound&) { ++bound; },
                  [&](const caf::error& why) {
                    CAF_CHECK_EQUAL(actors::to_failure(why).code, errc::too_many_endpoints);
                    ++refused;
                  });
  CAF_CHECK_EQUAL(bound, 5);
  CAF_CHECK_EQUAL(refused, 2);
  CAF_CHECK(bind_http(agent.session, "shop"));
}

CAF_TEST(a session has so many endpoints and no more) {
  auto agent = join("key of alice");
  for (int i = 0; i < 5; ++i)
    CAF_REQUIRE(bind_http(agent.session, ""));
  CAF_CHECK_EQUAL(code_of(bind_http(agent.session, "")), errc::too_many_endpoints);
}

CAF_TEST(a port that cannot be opened is replaced when any will do) {
  for (std::uint16_t port = 10000; port < 10009; ++port)
    edge->ports_of_others.insert(port);
  auto agent = join("key of alice");
  CAF_CHECK_EQUAL(code_of(bind_tcp(agent.session, 10003)), errc::port_taken);
  edge->ports_of_others.erase(10003);
  auto bound = bind_tcp(agent.session, 0);
  CAF_REQUIRE(bound);
  CAF_CHECK(bound->port == 10003 || bound->port == 10009);
}

CAF_TEST(an agent that is away keeps its endpoints for a while) {
  auto agent = join("key of alice");
  CAF_REQUIRE(bind_http(agent.session, "shop"));
  lanes(agent.session, 0);
  CAF_CHECK(tunnels_of(as(1)).front().state == presence::away);
  pass(seconds{59});
  CAF_CHECK(edge->find("shop.test") != nullptr);
  pass(seconds{2});
  CAF_CHECK(edge->find("shop.test") == nullptr);
  CAF_CHECK(tunnels_of(as(1)).empty());
  CAF_CHECK_EQUAL(code_of(greet("", &agent)), errc::resume_refused);
}

CAF_TEST(who comes back in time stays) {
  auto agent = join("key of alice");
  CAF_REQUIRE(bind_http(agent.session, "shop"));
  lanes(agent.session, 0);
  pass(seconds{50});
  CAF_REQUIRE(greet("", &agent));
  lanes(agent.session, 1);
  pass(seconds{120});
  CAF_CHECK(edge->find("shop.test") != nullptr);
  CAF_CHECK(tunnels_of(as(1)).front().state == presence::here);
}

CAF_TEST(an agent that never opens a lane is forgotten) {
  auto admitted = greet("key of alice");
  CAF_REQUIRE(admitted);
  pass(seconds{61});
  CAF_CHECK_EQUAL(code_of(greet("", &*admitted)), errc::resume_refused);
}

CAF_TEST(leases are renewed as long as the session lives) {
  auto agent = join("key of alice");
  CAF_REQUIRE(bind_http(agent.session, "shop"));
  pass(seconds{180}, seconds{1});
  auto other = join("key of alice");
  CAF_CHECK_EQUAL(code_of(bind_http(other.session, "shop")), errc::name_taken);
}

CAF_TEST(the lease of a tunnel that was opened late is renewed as well) {
  auto agent = join("key of alice");
  auto first = bind_http(agent.session, "first");
  CAF_REQUIRE(first);
  tell(tree.reception(), unbind_endpoint{agent.session, first->endpoint});
  pass(seconds{100}, seconds{1});
  CAF_REQUIRE(bind_http(agent.session, "shop"));
  pass(seconds{180}, seconds{1});
  auto other = join("key of alice");
  CAF_CHECK_EQUAL(code_of(bind_http(other.session, "shop")), errc::name_taken);
}

CAF_TEST(another session of the account takes over what an agent that is away had) {
  auto agent = join("key of alice");
  auto before = bind_http(agent.session, "shop");
  CAF_REQUIRE(before);
  auto other = join("key of alice");
  CAF_CHECK_EQUAL(code_of(bind_http(other.session, "shop")), errc::name_taken);
  lanes(agent.session, 0);
  auto after = bind_http(other.session, "shop");
  CAF_REQUIRE(after);
  CAF_CHECK(edge->find("shop.test")->session == other.session);
  CAF_REQUIRE_EQUAL(edge->dropped.size(), 1u);
  CAF_CHECK(edge->dropped[0].endpoint == before->endpoint);
  CAF_CHECK(edge->dropped[0].reason->code == errc::session_replaced);
  auto seen = tunnels_of(as(1));
  CAF_REQUIRE_EQUAL(seen.size(), 1u);
  CAF_CHECK(seen[0].endpoint == after->endpoint);
}

CAF_TEST(what the agent gives up is gone and may be bound again) {
  auto agent = join("key of alice");
  auto bound = bind_http(agent.session, "shop");
  tell(tree.reception(), unbind_endpoint{agent.session, bound->endpoint});
  CAF_CHECK(edge->find("shop.test") == nullptr);
  CAF_CHECK(tunnels_of(as(1)).empty());
  auto other = join("key of alice");
  CAF_CHECK(bind_http(other.session, "shop"));
}

CAF_TEST(a goodbye ends everything at once) {
  auto agent = join("key of alice");
  CAF_REQUIRE(bind_http(agent.session, "shop"));
  CAF_REQUIRE(bind_tcp(agent.session, 10001));
  tell(tree.reception(), agent_left{agent.session});
  CAF_CHECK(edge->find("shop.test") == nullptr);
  CAF_CHECK(edge->open_ports.empty());
  CAF_CHECK(edge->closed.empty());
  CAF_CHECK_EQUAL(code_of(bind_http(agent.session, "shop")), errc::resume_refused);
}

CAF_TEST(an inspector that crashes is started again) {
  auto agent = join("key of alice");
  auto bound = bind_http(agent.session, "shop");
  auto page = [&] {
    return answer_of<capture_page>(tree.desk(),
                                   list_captures{.who = as(1), .endpoint = bound->endpoint});
  };
  tree.captures()->give(exchange(bound->endpoint, "GET", "/a", 200));
  sched.run();
  CAF_REQUIRE_EQUAL(page()->captures.size(), 1u);
  auto fatal
    = std::make_shared<actors::capture_feed>(1, [] { throw std::runtime_error("a bad reader"); });
  CAF_REQUIRE(answer_of<actors::watching>(tree.desk(),
                                          actors::watch_captures{as(1), bound->endpoint, fatal}));
  tree.captures()->give(exchange(bound->endpoint, "GET", "/fatal", 200));
  sched.advance_time(milliseconds{5}); // an inspector rests after what it took
  sched.run();
  tree.captures()->give(exchange(bound->endpoint, "GET", "/b", 200));
  sched.run();
  auto after = page();
  CAF_REQUIRE(after);
  CAF_REQUIRE_EQUAL(after->captures.size(), 1u);
  CAF_CHECK_EQUAL(after->captures.front().target, "/b");
}

CAF_TEST_FIXTURE_SCOPE_END()
