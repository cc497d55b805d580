#include "tests/unit/support/test_cluster.hpp"

namespace serverme::tests {

test_cluster::test_cluster(std::uint64_t id)
  : id_{id},
    ca_{net::certificate_issuer::make_root("ServerMe cluster CA", std::chrono::hours{1})} {}

node_identity test_cluster::identity(std::uint64_t node, node_roles roles) const {
  return {id_, node_id{0xabc, node}, roles};
}

net::node_credentials test_cluster::join(std::uint64_t node, node_roles roles,
                                         std::chrono::hours lifetime) const {
  return join_as(identity(node, roles), lifetime);
}

net::node_credentials test_cluster::join_as(const node_identity& who,
                                            std::chrono::hours lifetime) const {
  auto asked = net::make_node_request();
  auto chain = net::sign_node_request(ca_, asked.request, who, lifetime).value();
  return {{chain, asked.key}, ca_.root().chain};
}

} // namespace serverme::tests
