// Secrets at rest, and the cluster's CA that is one.
#define CAF_SUITE sealing
#include "nodes/control/cluster/sealing.hpp"

#include "nodes/control/cluster/authority.hpp"
#include "nodes/control/secrets.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::control;

CAF_TEST(what was sealed is opened by its key and for its purpose only) {
  auto key = random_bytes(sealing_key_bytes);
  auto sealed = seal(key, "secret", "a purpose");
  CAF_CHECK(sealed.find("secret") == std::string::npos);
  CAF_CHECK(unseal(key, sealed, "a purpose") == "secret");
  CAF_CHECK(!unseal(key, sealed, "another purpose"));
  CAF_CHECK(!unseal(random_bytes(sealing_key_bytes), sealed, "a purpose"));
  CAF_CHECK(!unseal("short", sealed, "a purpose"));
}

CAF_TEST(nothing can be changed or cut off) {
  auto key = random_bytes(sealing_key_bytes);
  auto sealed = seal(key, "secret", "x");
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    auto changed = sealed;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CAF_CHECK(!unseal(key, changed, "x"));
    CAF_CHECK(!unseal(key, sealed.substr(0, at), "x"));
  }
}

CAF_TEST(the same text is never sealed twice in the same way) {
  auto key = random_bytes(sealing_key_bytes);
  CAF_CHECK(seal(key, "secret", "x") != seal(key, "secret", "x"));
  CAF_CHECK(unseal(key, seal(key, "", "x"), "x") == "");
}

CAF_TEST(a CA is opened again with its key and signs for nodes) {
  auto made = authority::make();
  CAF_CHECK(made.facts().sealed_ca_key.find("PRIVATE KEY") == std::string::npos);
  auto opened = authority::open(made.facts(), made.key() + "\n");
  CAF_REQUIRE(opened);
  CAF_CHECK_EQUAL(opened->fingerprint(), made.fingerprint());
  auto asked = net::make_node_request();
  node_identity who{made.facts().id, {1, 2}, {node_role::edge, node_role::worker}};
  auto signed_for = opened->signer_for(asked.request)(who);
  CAF_REQUIRE(signed_for);
  auto read = net::read_node_certificate(signed_for->pem);
  CAF_REQUIRE(read);
  CAF_CHECK(read->identity == who);
  CAF_CHECK_EQUAL(read->serial, signed_for->serial);
}

CAF_TEST(a CA is not opened with another key or for another cluster) {
  auto made = authority::make();
  auto other = authority::make();
  auto code_of
    = [](const result<authority>& outcome) { return outcome ? errc{} : outcome.error().code; };
  CAF_CHECK_EQUAL(code_of(authority::open(made.facts(), other.key())), errc::cluster_key_missing);
  CAF_CHECK_EQUAL(code_of(authority::open(made.facts(), "")), errc::cluster_key_missing);
  auto moved = made.facts();
  moved.id = other.facts().id;
  CAF_CHECK_EQUAL(code_of(authority::open(moved, made.key())), errc::cluster_key_missing);
}

CAF_TEST(a request that is none is a mistake of whoever sent it) {
  auto made = authority::make();
  const std::string begin = "-----BEGIN CERTIFICATE REQUEST-----\n",
                    end = "-----END CERTIFICATE REQUEST-----\n";
  const std::string encrypted = begin
                                + "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
                                  "00000000000000000000000000000000\n\nAAAA\n"
                                + end;
  for (const auto& text : {std::string{}, begin, begin + "AAAA\n" + end, encrypted}) {
    auto outcome = made.signer_for(text)({made.facts().id, {1, 2}, {node_role::edge}});
    CAF_REQUIRE(!outcome);
    CAF_CHECK_EQUAL(outcome.error().code, errc::api_bad_request);
  }
}

CAF_TEST(a request for a key that its sender does not have is not signed) {
  auto made = authority::make();
  auto mine = net::make_node_request().request, theirs = net::make_node_request().request;
  // The last line but one holds the end of the signature.
  auto tail = [](const std::string& pem) { return pem.size() - 80; };
  auto forged = mine.substr(0, tail(mine)) + theirs.substr(tail(theirs));
  CAF_CHECK(!made.signer_for(forged)({made.facts().id, {1, 2}, {node_role::edge}}));
}
