// Names by their hashes, as many of one hash as there may be.
#define CAF_SUITE route_shard
#include "protocol/routes/route_shard.hpp"

#include "tests/unit/test.hpp"

#include <map>
#include <random>

using namespace serverme;

namespace {

using shard_pointer = std::shared_ptr<const route_shard>;

route_shard::change serve(std::uint64_t hash, std::string_view host, std::uint64_t endpoint) {
  return {hash, host,
          std::make_shared<route>(route{.endpoint = {endpoint}, .host = std::string{host}})};
}

std::uint64_t served(const shard_pointer& shard, std::uint64_t hash, std::string_view host) {
  const auto* found = shard ? shard->find(hash, host) : nullptr;
  return found != nullptr ? found->endpoint.value : 0;
}

} // namespace

CAF_TEST(names with one hash are told apart) {
  auto shard
    = route_shard{}.with({serve(7, "a.test", 1), serve(7, "b.test", 2), serve(9, "c.test", 3)});
  CAF_CHECK_EQUAL(served(shard, 7, "a.test"), 1u);
  CAF_CHECK_EQUAL(served(shard, 7, "b.test"), 2u);
  CAF_CHECK_EQUAL(served(shard, 9, "c.test"), 3u);
  CAF_CHECK_EQUAL(served(shard, 7, "c.test"), 0u);
  CAF_CHECK_EQUAL(served(shard, 8, "a.test"), 0u);
  auto fewer = shard->with({{7, "a.test", nullptr}});
  CAF_CHECK_EQUAL(served(fewer, 7, "a.test"), 0u);
  CAF_CHECK_EQUAL(served(fewer, 7, "b.test"), 2u);
  CAF_CHECK_EQUAL(served(shard, 7, "a.test"), 1u); // a snapshot stays
}

CAF_TEST(of several changes for one name the last one counts) {
  auto shard
    = route_shard{}.with({serve(7, "a.test", 1), {7, "a.test", nullptr}, serve(7, "a.test", 2)});
  CAF_CHECK_EQUAL(served(shard, 7, "a.test"), 2u);
  CAF_CHECK_EQUAL(shard->size(), 1u);
  CAF_CHECK(shard->with({serve(7, "a.test", 3), {7, "a.test", nullptr}}) == nullptr);
}

CAF_TEST(an empty one has nothing) {
  CAF_CHECK(route_shard{}.with({}) == nullptr);
  CAF_CHECK(route_shard{}.find(1, "a.test") == nullptr);
  CAF_CHECK(route_shard{}.with({{1, "a.test", nullptr}}) == nullptr);
}

CAF_TEST(whatever is changed is found as in a map) {
  std::mt19937_64 random{42};
  // Spread evenly, in lumps, and all at the ends: guesses are good, bad and worse.
  for (auto spread : {std::uint64_t{1} << 63U, std::uint64_t{1} << 8U, std::uint64_t{3}}) {
    std::map<std::pair<std::uint64_t, std::string>, std::uint64_t> expected;
    shard_pointer shard;
    for (std::uint64_t round = 1; round <= 200; ++round) {
      std::vector<std::string> hosts;
      std::vector<route_shard::change> changes;
      for (int i = 0; i < 10; ++i)
        hosts.push_back("h" + std::to_string(random() % 400));
      for (const auto& host : hosts) {
        auto hash = (std::hash<std::string>{}(host) % spread) * (~std::uint64_t{0} / spread);
        auto goes = random() % 3 == 0;
        changes.push_back(goes ? route_shard::change{hash, host, nullptr}
                               : serve(hash, host, round));
        if (goes)
          expected.erase({hash, host});
        else
          expected[{hash, host}] = round;
      }
      shard = (shard ? *shard : route_shard{}).with(std::move(changes));
    }
    CAF_REQUIRE(shard);
    CAF_CHECK_EQUAL(shard->size(), expected.size());
    for (const auto& [key, endpoint] : expected)
      CAF_CHECK_EQUAL(served(shard, key.first, key.second), endpoint);
  }
}
