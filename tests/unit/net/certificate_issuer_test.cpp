// A CA of our own: what it signs is trusted by who trusts it, and for its names only.
#define CAF_SUITE certificate_issuer
#include "net/certificate_issuer.hpp"

#include "tests/unit/support/loopback.hpp"
#include "tests/unit/support/test_certificate.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::net;
using namespace serverme::tests;

namespace {

struct fixture {
  certificate_issuer issuer = certificate_issuer::make_root("a test", std::chrono::hours{1});
  certificate_subject subject{.common_name = "shop",
                              .dns_names = {"shop.example.com", "*.example.com"},
                              .addresses = {"127.0.0.1", "::1"}};

  /// Does a client that trusts the root take the certificate for `name`?
  result<done> handshake(const certificate_pem& certificate, const std::string& name) {
    ca_file trusted{issuer.root()};
    auto client
      = tls_session::connect(make_client_context({.ca_file = trusted.path()}).value(), name);
    auto server = tls_session::accept(make_server_context(certificate, {}).value());
    std::vector<std::byte> plain(64 * 1024);
    byte_queue to_server, to_client;
    for (int turn = 0; turn < 8 && !(client.is_secured() && server.is_secured()); ++turn) {
      auto step = client.advance(to_client.view(), plain, to_server);
      if (!step)
        return fail(step.error());
      to_client.clear();
      if (auto other = server.advance(to_server.view(), plain, to_client); !other)
        return fail(other.error());
      to_server.clear();
    }
    return done{};
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(certificate_issuer_tests, fixture)

CAF_TEST(a certificate is good for each of its names) {
  auto certificate = issuer.issue(subject).value();
  for (const auto* name : {"shop.example.com", "any.example.com", "127.0.0.1", "::1"})
    CAF_CHECK(handshake(certificate, name));
}

CAF_TEST(a certificate is good for no other name) {
  auto certificate = issuer.issue(subject).value();
  for (const auto* name : {"example.com", "a.b.example.com", "other.org", "127.0.0.2"}) {
    auto outcome = handshake(certificate, name);
    CAF_REQUIRE(!outcome);
    CAF_CHECK(outcome.error().code == errc::certificate_refused);
  }
}

CAF_TEST(another root of the same name is not trusted) {
  auto other = certificate_issuer::make_root("a test", std::chrono::hours{1});
  CAF_CHECK(!handshake(other.issue(subject).value(), "shop.example.com"));
}

CAF_TEST(a root that was stored signs on) {
  auto again = certificate_issuer::load(issuer.root());
  CAF_REQUIRE(again);
  CAF_CHECK(handshake(again->issue(subject).value(), "shop.example.com"));
}

CAF_TEST(a key of another root is noticed) {
  auto other = certificate_issuer::make_root("another", std::chrono::hours{1});
  auto outcome = certificate_issuer::load({issuer.root().chain, other.root().key});
  CAF_REQUIRE(!outcome);
  CAF_CHECK(outcome.error().code == errc::certificate_unreadable);
}

CAF_TEST(names that are none are refused) {
  using names = std::vector<std::string>;
  for (const auto& bad : {names{""}, names{"a,DNS:b"}, names{"a b"}, names{}})
    CAF_CHECK(!issuer.issue({.common_name = "x", .dns_names = bad, .addresses = {}}));
  CAF_CHECK(!issuer.issue({.common_name = "x", .dns_names = {}, .addresses = {"1.2.3"}}));
}

CAF_TEST(the names of a certificate can be read back) {
  auto chain = issuer.issue(subject).value().chain;
  CAF_CHECK(certificate_names(chain) == subject.dns_names);
  CAF_CHECK(certificate_names("nonsense").empty());
}

CAF_TEST_FIXTURE_SCOPE_END()
