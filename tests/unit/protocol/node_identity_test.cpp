// What a node's certificate says of it, and what CAF calls it then.
#define CAF_SUITE node_identity
#include "protocol/cluster/node_identity.hpp"

#include "tests/unit/test.hpp"

using namespace serverme;

namespace {

const node_identity somebody{cluster_id{0xc1},
                             node_id{0x0123456789abcdef, 0xfedcba9876543210},
                             {node_role::edge, node_role::control}};

const std::string of_node = "serverme://00000000000000c1/node/0123456789abcdeffedcba9876543210";
const std::string of_roles = "serverme://00000000000000c1/roles/edge+control";

errc refusal(const std::vector<std::string>& uris) {
  auto outcome = parse_identity(uris);
  return outcome ? errc{} : outcome.error().code;
}

} // namespace

CAF_TEST(an identity is two uris) {
  CAF_CHECK_EQUAL(identity_uris(somebody), (std::vector<std::string>{of_node, of_roles}));
}

CAF_TEST(the uris of an identity are that identity again in any order and among others) {
  CAF_CHECK(parse_identity({of_node, of_roles}).value() == somebody);
  CAF_CHECK(parse_identity({"https://example.com", of_roles, of_node}).value() == somebody);
}

CAF_TEST(what names no node or no role is refused) {
  CAF_CHECK(refusal({}) == errc::certificate_refused);
  CAF_CHECK(refusal({of_node}) == errc::certificate_refused);
  CAF_CHECK(refusal({of_roles}) == errc::certificate_refused);
}

CAF_TEST(an identity that is said twice is refused) {
  CAF_CHECK(refusal({of_node, of_node, of_roles}) == errc::certificate_refused);
  CAF_CHECK(refusal({of_node, of_roles, of_roles}) == errc::certificate_refused);
}

CAF_TEST(two clusters in one certificate are refused) {
  CAF_CHECK(refusal({of_node, "serverme://00000000000000c2/roles/edge"})
            == errc::certificate_refused);
}

CAF_TEST(what is not understood is refused and not skipped) {
  for (const auto* uri :
       {"serverme://", "serverme://00000000000000c1", "serverme://00000000000000c1/roles/",
        "serverme://00000000000000c1/roles/king", "serverme://00000000000000c1/roles/edge,control",
        "serverme://00000000000000C1/roles/edge", "serverme://0000000000000000/roles/edge",
        "serverme://00000000000000c1/roles/edge+", "serverme://00000000000000c1/rules/edge"})
    CAF_CHECK(refusal({of_node, uri}) == errc::certificate_refused);
  CAF_CHECK(refusal({"serverme://00000000000000c1/node/0123456789abcdeffedcba987654321", of_roles})
            == errc::certificate_refused);
}

CAF_TEST(the id in caf is the node of the certificate and the run) {
  auto first = basp_node_of(somebody, 7);
  CAF_CHECK(node_of(first.host) == somebody.node);
  CAF_CHECK_EQUAL(first.run, 7u);
  CAF_CHECK(first.host == basp_node_of(somebody, 8).host);
  auto other_cluster = somebody;
  other_cluster.cluster.value += 1;
  CAF_CHECK(first.host != basp_node_of(other_cluster, 7).host);
}
