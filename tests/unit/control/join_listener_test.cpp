// Joining over real sockets: who is let in, who is told nothing, and what strangers cost.
#define CAF_SUITE join_listener
#include "nodes/control/cluster/join_listener.hpp"

#include "net/cluster/join_tls.hpp"
#include "nodes/control/cluster/join_client.hpp"
#include "nodes/control/cluster/sealing.hpp"
#include "tests/unit/control/cluster_fixture.hpp"
#include "tests/unit/control/stranger.hpp"
#include "tests/unit/support/await.hpp"
#include "tests/unit/test.hpp"

#include <optional>
#include <vector>

using namespace serverme;
using namespace serverme::control;
using namespace serverme::tests;
using namespace std::chrono_literals;

namespace {

constexpr auto loopback = "127.0.0.1";

join_listener_settings on_loopback(join_listener_settings how = {}) {
  how.listen = {loopback, 0};
  return how;
}

struct newcomer {
  join_request asking(const std::string& secret, node_roles roles = {}) const {
    return {secret, own.request, roles, {"newcomer", "", ""}};
  }

  /// As a node that has joined.
  join_route with(join_route route, const std::string& certificate) const {
    route.own = net::certificate_pem{certificate, own.key};
    return route;
  }

  net::node_request own = net::make_node_request();
};

struct fixture : founded_cluster {
  fixture() { listen(); }

  /// Again, with other bounds.
  void listen(join_listener_settings how = {}) {
    listener.emplace(on_loopback(how), settings, ca);
    listener->start(own).value();
    facts.answer(announce_node{first.node, net::to_string(listener->address()), "10.0.0.1:7947"})
      .value();
  }

  join_route route() const { return route_to(*listener); }
  join_route route_to(const join_listener& where) const {
    return {.addresses = {{loopback, where.address().port}}, .ca_fingerprint = ca.fingerprint()};
  }

  welcome join(node_roles roles = {node_role::edge}) {
    auto answer = ask_to_join(route(), node.asking(token({.roles = roles})));
    CAF_REQUIRE(answer);
    return *answer;
  }

  errc try_join(const join_route& by, const std::string& secret) {
    return code_of(ask_to_join(by, node.asking(secret)));
  }

  bool await_count(std::uint64_t join_listener_counts::*what, std::uint64_t least) {
    return await([&] { return listener->counts().*what >= least; });
  }

  std::string ask_raw(const std::string& text) {
    return ask_over_tls(listener->address().port, ca.fingerprint(), text);
  }

  std::optional<join_listener> listener;
  newcomer node;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(join_listener_tests, fixture)

CAF_TEST(a newcomer gets a certificate for its key and learns where the others are) {
  auto answer = join({node_role::edge, node_role::worker});
  auto certificate = net::read_node_certificate(answer.certificate);
  CAF_REQUIRE(certificate);
  CAF_CHECK(certificate->identity.cluster == ca.facts().id);
  CAF_CHECK((certificate->identity.roles == node_roles{node_role::edge, node_role::worker}));
  CAF_CHECK(net::check_credentials({{answer.certificate, node.own.key}, answer.ca}));
  CAF_CHECK(answer.ways.joins == std::vector{net::to_string(listener->address())});
  CAF_CHECK(answer.ways.seeds == std::vector<std::string>{"10.0.0.1:7947"});
  CAF_CHECK_EQUAL(listener->counts().joined, 1u);
}

CAF_TEST(the key to the CA goes to control nodes only) {
  CAF_CHECK_EQUAL(join({node_role::edge, node_role::worker}).cluster_key, "");
  auto control_node = join({node_role::control});
  CAF_CHECK_EQUAL(control_node.cluster_key, ca.key());
  auto again = ask_to_renew(node.with(route(), control_node.certificate), node.own.request);
  CAF_REQUIRE(again);
  CAF_CHECK_EQUAL(again->cluster_key, "");
}

CAF_TEST(each refusal arrives with its own code) {
  auto secret = token();
  CAF_CHECK_EQUAL(try_join(route(), std::string(24, 'x')), errc::token_unknown);
  CAF_CHECK_EQUAL(code_of(ask_to_join(route(), node.asking(secret, {node_role::control}))),
                  errc::token_role_refused);
  CAF_CHECK_EQUAL(try_join(route(), secret), errc{});
  CAF_CHECK_EQUAL(try_join(route(), secret), errc::token_used);
  auto revoked = token();
  facts.answer(revoke_token{last_token}).value();
  CAF_CHECK_EQUAL(try_join(route(), revoked), errc::token_revoked);
  auto late = token();
  let_tokens_expire();
  CAF_CHECK_EQUAL(try_join(route(), late), errc::token_expired);
}

CAF_TEST(a server with another CA is never told the secret) {
  auto secret = token();
  auto elsewhere = route();
  elsewhere.ca_fingerprint = authority::make().fingerprint();
  CAF_CHECK_EQUAL(try_join(elsewhere, secret), errc::cluster_mismatch);
  CAF_CHECK(await_count(&join_listener_counts::broken, 1));
  CAF_CHECK_EQUAL(listener->counts().requests, 0u);
  CAF_CHECK_EQUAL(try_join(route(), secret), errc{});
}

CAF_TEST(a node that is no control node cannot pose as one) {
  auto edge = join();
  join_listener impostor{on_loopback(), settings, ca};
  impostor.start({{edge.certificate, node.own.key}, edge.ca}).value();
  CAF_CHECK_EQUAL(try_join(route_to(impostor), token()), errc::cluster_mismatch);
  CAF_CHECK_EQUAL(impostor.counts().requests, 0u);
}

CAF_TEST(something that speaks no TLS is told nothing) {
  plain_server server;
  auto by = route();
  by.addresses = {{loopback, server.port()}};
  by.patience = 2s;
  auto secret = token();
  CAF_CHECK(try_join(by, secret) != errc{});
  CAF_CHECK(server.received().find(to_hex(secret)) == std::string::npos);
  CAF_CHECK(server.received().find("POST") == std::string::npos);
}

CAF_TEST(a member renews with its certificate until it is removed) {
  auto answer = join();
  auto by = node.with(route(), answer.certificate);
  auto renewed = ask_to_renew(by, net::request_for_key(node.own.key).value());
  CAF_REQUIRE(renewed);
  auto before = net::read_node_certificate(answer.certificate).value();
  auto after = net::read_node_certificate(renewed->certificate).value();
  CAF_CHECK(after.identity == before.identity);
  CAF_CHECK(after.serial != before.serial);
  facts.answer(remove_node{before.identity.node, "operator"}).value();
  CAF_CHECK_EQUAL(code_of(ask_to_renew(by, node.own.request)), errc::node_removed);
  CAF_CHECK_EQUAL(code_of(ask_to_leave(by)), errc{}); // it is what it asks for
}

CAF_TEST(a member leaves by itself and is gone) {
  auto answer = join();
  auto by = node.with(route(), answer.certificate);
  CAF_CHECK_EQUAL(code_of(ask_to_leave(by)), errc{});
  CAF_CHECK_EQUAL(code_of(ask_to_renew(by, node.own.request)), errc::node_removed);
  auto list = facts.answer(list_nodes{}).value();
  CAF_CHECK_EQUAL(list.back().removed_by, "itself");
  CAF_CHECK_EQUAL(listener->counts().left, 1u);
}

CAF_TEST(without a certificate nobody renews or leaves) {
  CAF_CHECK_EQUAL(code_of(ask_to_renew(route(), node.own.request)), errc::api_unauthorized);
  CAF_CHECK_EQUAL(code_of(ask_to_leave(route())), errc::api_unauthorized);
}

CAF_TEST(a certificate of another CA or one that has ended does not get past the handshake) {
  auto other = authority::make();
  auto forged = other.signer_for(node.own.request)(first).value();
  CAF_CHECK_EQUAL(code_of(ask_to_renew(node.with(route(), forged.pem), node.own.request)),
                  errc::control_unreachable);
  auto root = unseal(from_hex(ca.key()).value(), ca.facts().sealed_ca_key,
                     "CA key of cluster " + to_string(ca.facts().id));
  CAF_REQUIRE(root);
  auto issuer = net::certificate_issuer::load({ca.facts().ca_certificate, *root}).value();
  auto ended = net::sign_node_request(issuer, node.own.request, first, std::chrono::hours{0});
  CAF_CHECK_EQUAL(code_of(ask_to_renew(node.with(route(), ended.value()), node.own.request)),
                  errc::control_unreachable);
  CAF_CHECK(await_count(&join_listener_counts::broken, 2));
  CAF_CHECK_EQUAL(listener->counts().requests, 0u);
}

CAF_TEST(the next address is tried when nobody answers at the first) {
  auto by = route();
  by.addresses.insert(by.addresses.begin(), {loopback, unused_port()});
  CAF_CHECK_EQUAL(try_join(by, token()), errc{});
  by.addresses.pop_back();
  CAF_CHECK_EQUAL(try_join(by, token()), errc::control_unreachable);
  by.addresses.clear();
  CAF_CHECK_EQUAL(try_join(by, token()), errc::control_unreachable);
}

CAF_TEST(who is told to give up does so) {
  plain_server silent;
  auto by = route();
  by.addresses = {{loopback, silent.port()}};
  by.patience = 60s;
  auto asked = 0;
  by.is_called_off = [&asked] { return ++asked > 2; };
  CAF_CHECK_EQUAL(try_join(by, token()), errc::control_unreachable);
}

CAF_TEST(a request that is none is answered with an error and costs no token) {
  auto says = [this](const std::string& text, const char* code) {
    auto answer = ask_raw(text);
    auto is_there = answer.find(code) != std::string::npos;
    CAF_CHECK_EQUAL((is_there ? "" : answer), "");
  };
  says("GET /cluster/v1/join HTTP/1.1\r\nHost: x\r\n\r\n", "SM-3004");
  says("POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", "SM-3002");
  for (const auto& body : {std::string{}, std::string{"{"}, std::string{"[]"}, std::string{"null"},
                           std::string(60'000, '['), std::string{R"({"secret":1})"},
                           std::string{R"({"secret":"!"})"}, std::string{"{\"secret\":\"\xff\"}"}})
    says("POST /cluster/v1/join HTTP/1.1\r\nHost: x\r\nContent-Length: "
           + std::to_string(body.size()) + "\r\n\r\n" + body,
         "SM-3003");
  says("nonsense\r\n\r\n", "SM-3003");
  says("POST /cluster/v1/join HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
       "SM-3003");
  says("POST /cluster/v1/join HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n", "SM-3005");
  says("POST /" + std::string(8'000, 'x'), "SM-3003");
}

CAF_TEST(silent strangers are let go and keep no node out) {
  listen({.connections_max = 8, .connections_per_source = 8, .rate = {.burst = 1000}});
  std::vector<stranger> crowd;
  for (int i = 0; i < 50; ++i)
    crowd.emplace_back(listener->address().port);
  CAF_CHECK(await_count(&join_listener_counts::late, 40));
  CAF_CHECK_EQUAL(try_join(route(), token()), errc{});
}

CAF_TEST(an address that comes too often is turned away before it costs a handshake) {
  listen({.rate = {.burst = 3, .per_second = 0.001}});
  std::vector<stranger> crowd;
  for (int i = 0; i < 10; ++i)
    crowd.emplace_back(listener->address().port);
  CAF_CHECK(await_count(&join_listener_counts::refused_rate, 7));
  CAF_CHECK_EQUAL(listener->counts().accepted, 3u);
}

CAF_TEST(whoever takes too long or sends what is no TLS is let go) {
  listen({.request_time = 300ms});
  stranger slow{listener->address().port}, noisy{listener->address().port};
  slow.send("\x16"); // the first byte of a ClientHello
  noisy.send(std::string(4096, '\xaa'));
  CAF_CHECK(noisy.is_let_go());
  CAF_CHECK(slow.is_let_go());
  CAF_CHECK(await_count(&join_listener_counts::late, 1));
  CAF_CHECK(await_count(&join_listener_counts::broken, 1));
}

CAF_TEST(when too many nodes ask at once the rest is told to come back) {
  listen({.waiting_max = 0});
  auto secret = token();
  CAF_CHECK_EQUAL(try_join(route(), secret), errc::api_unavailable);
  CAF_CHECK_EQUAL(listener->counts().refused_busy, 1u);
  listen();
  CAF_CHECK_EQUAL(try_join(route(), secret), errc{});
}

CAF_TEST(without the database a node is told so) {
  join_listener cut_off{on_loopback(), {"host=/nowhere user=nobody"}, ca};
  cut_off.start(own).value();
  CAF_CHECK_EQUAL(try_join(route_to(cut_off), token()), errc::api_unavailable);
}

CAF_TEST(a new certificate is shown from the next connection on) {
  auto renewed = facts.answer(renew_node{first.node, serial}, ca.signer_for(request.request));
  CAF_REQUIRE(renewed);
  CAF_CHECK(listener->use({{renewed->certificate.pem, request.key}, own.ca}));
  auto is_shown = [&] { return certificate_at(listener->address().port, ca.fingerprint()); };
  CAF_CHECK(await([&] { return is_shown() == renewed->certificate.serial; }));
  CAF_CHECK(!listener->use({{"", ""}, own.ca}));
}

CAF_TEST(it stops with strangers and askers at the door) {
  stranger silent{listener->address().port};
  CAF_CHECK(await_count(&join_listener_counts::accepted, 1));
  listener->stop();
  listener->stop();
  CAF_CHECK(silent.is_let_go());
}

CAF_TEST_FIXTURE_SCOPE_END()
