// Ids and roles of nodes, as certificates and people write them.
#define CAF_SUITE node
#include "protocol/node.hpp"

#include "tests/unit/test.hpp"

using namespace serverme;

CAF_TEST(an id is 32 digits and comes back from them) {
  node_id id{0x0123456789abcdef, 0xfedcba9876543210};
  CAF_CHECK_EQUAL(to_string(id), "0123456789abcdeffedcba9876543210");
  CAF_CHECK(parse_node_id(to_string(id)) == id);
  CAF_CHECK(parse_node_id("00000000000000000000000000000001") == (node_id{0, 1}));
}

CAF_TEST(what is no id is refused) {
  for (const auto* text : {"", "0123", "0123456789ABCDEFfedcba9876543210",
                           "0123456789abcdeffedcba987654321g", "0123456789abcdeffedcba98765432100",
                           "00000000000000000000000000000000", " 123456789abcdeffedcba9876543210"})
    CAF_CHECK(!parse_node_id(text));
}

CAF_TEST(roles are names separated by commas) {
  CAF_CHECK_EQUAL(to_string(node_roles{node_role::control, node_role::edge}), "edge,control");
  CAF_CHECK(parse_node_roles("worker") == node_roles{node_role::worker});
  CAF_CHECK(parse_node_roles("control,edge") == (node_roles{node_role::edge, node_role::control}));
  for (const auto* text : {"", ",", "edge,", "edge,,worker", "master", "edge, worker"})
    CAF_CHECK(!parse_node_roles(text));
}

CAF_TEST(roles of a later version are kept without a name) {
  node_roles roles{node_role::edge};
  roles.bits |= 0x100;
  CAF_CHECK_EQUAL(to_string(roles), "edge");
  CAF_CHECK(roles.has(node_role::edge));
}
