// Which edge is asked next when the one with the session is lost.
#define CAF_SUITE edge_itinerary
#include "cli/edge_itinerary.hpp"

#include "tests/unit/test.hpp"

#include <algorithm>

using namespace serverme;
using namespace serverme::cli;

namespace {

const net::address server{"tunnel.test", 443};
const net::address a{"192.0.2.1", 443};
const net::address b{"192.0.2.2", 443};
const net::address c{"192.0.2.3", 443};

struct fixture {
  std::vector<net::address> rest() {
    std::vector<net::address> all;
    while (auto next = edges.next())
      all.push_back(*next);
    return all;
  }

  edge_itinerary edges{server};
  std::mt19937_64 random{1};
};

using list = std::vector<net::address>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(edge_itinerary_tests, fixture)

CAF_TEST(one server alone is all there is) {
  CAF_CHECK(!edges.next());
  edges.begin(std::nullopt, server, random);
  CAF_CHECK(!edges.next());
}

CAF_TEST(the edge that has a lane comes first and the lost one last) {
  edges.learn({"192.0.2.1:443", "192.0.2.2:443", "192.0.2.3:443"});
  edges.begin(b, a, random);
  auto all = rest();
  CAF_REQUIRE_EQUAL(all.size(), 3u);
  CAF_CHECK(all.front() == b);
  CAF_CHECK(all.back() == a);
}

CAF_TEST(edges that are recommended come before the others and the one with a lane before those) {
  edges.learn({"192.0.2.1:443", "192.0.2.2:443", "192.0.2.3:443"});
  edges.prefer({"192.0.2.3:443", "192.0.2.2:443"});
  edges.begin(b, a, random);
  CAF_CHECK(rest() == (list{b, c, a}));
  edges.prefer({"192.0.2.3:443"});
  edges.begin(b, a, random);
  CAF_CHECK(rest() == (list{c, b, a}));
}

CAF_TEST(an edge that is recommended on the way is next and asked once a round) {
  edges.learn({"192.0.2.1:443", "192.0.2.2:443"});
  edges.begin(a, server, random);
  CAF_CHECK(edges.next() == a);
  edges.prefer({"192.0.2.1:443", "192.0.2.3:443"});
  CAF_CHECK(rest() == (list{c, b}));
  edges.prefer({"192.0.2.3:443"});
  CAF_CHECK(!edges.next());
}

CAF_TEST(what was recommended once is not so for ever) {
  edges.prefer({"192.0.2.1:443"});
  edges.begin(std::nullopt, server, random);
  CAF_CHECK(rest() == (list{a}));
  edges.begin(std::nullopt, a, random);
  CAF_CHECK(rest().empty());
}

CAF_TEST(whoever loses an edge asks the others in an order of his own) {
  edges.learn({"192.0.2.1:443", "192.0.2.2:443", "192.0.2.3:443"});
  std::vector<net::address> firsts;
  for (int i = 0; i < 50; ++i) {
    edges.begin(std::nullopt, server, random);
    firsts.push_back(*edges.next());
  }
  for (const auto& each : {a, b, c})
    CAF_CHECK(std::ranges::count(firsts, each) > 5);
}

CAF_TEST(what is no address is left out and no list is too long) {
  std::vector<std::string> texts{"nonsense", ":1", "192.0.2.1:0", "192.0.2.1:443", "192.0.2.1:443"};
  CAF_CHECK(edges_of(texts, 8) == (list{a}));
  for (int i = 0; i < 1000; ++i)
    texts.push_back("192.0.2.9:" + std::to_string(i + 1));
  edges.learn(texts);
  CAF_CHECK(edges.others().size() <= 16);
}

CAF_TEST_FIXTURE_SCOPE_END()
