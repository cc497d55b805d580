// Who serves a name when several edges say that they do.
#define CAF_SUITE route_book
#include "protocol/neighbours/route_book.hpp"

#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::neighbours;

namespace {

constexpr node_id one{0, 1}, two{0, 2};

route web(std::uint64_t endpoint, std::uint64_t under, std::string host = "shop.test") {
  return {
    .endpoint = {endpoint}, .host = std::move(host), .session = {endpoint}, .generation = {under}};
}

route tcp(std::uint64_t endpoint, std::uint64_t under, std::uint16_t port) {
  auto entry = web(endpoint, under, "");
  entry.kind = endpoint_kind::tcp;
  entry.port = port;
  return entry;
}

std::shared_ptr<const session_places> at(node_id home, std::vector<node_id> others) {
  return std::make_shared<const session_places>(session_places{home, std::move(others)});
}

struct fixture {
  /// As loops see it.
  const route* look_up(std::string_view host = "shop.test") {
    map.apply(book.take_changes());
    return map.find_host(host);
  }
  std::uint64_t serving() {
    const auto* found = look_up();
    return found == nullptr ? 0 : found->endpoint.value;
  }

  route_book book;
  route_map map;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(route_book_tests, fixture)

CAF_TEST(the newest generation serves whoever has it) {
  book.put(own_edge, web(1, 5));
  CAF_CHECK_EQUAL(serving(), 1u);
  book.put(one, web(2, 4));
  CAF_CHECK_EQUAL(serving(), 1u);
  book.put(two, web(3, 6));
  CAF_CHECK_EQUAL(serving(), 3u);
}

CAF_TEST(of equal generations the own one serves) {
  book.put(one, web(2, 5));
  book.put(own_edge, web(1, 5));
  CAF_CHECK_EQUAL(serving(), 1u);
}

CAF_TEST(of equal generations of others the choice does not depend on the order) {
  book.put(one, web(2, 5));
  book.put(two, web(3, 5));
  CAF_CHECK_EQUAL(serving(), 2u);
  book.remove(one, {2});
  book.put(one, web(2, 5));
  CAF_CHECK_EQUAL(serving(), 2u);
}

CAF_TEST(when the best one goes the next best serves) {
  book.put(own_edge, web(1, 5));
  book.put(one, web(2, 4));
  book.put(two, web(3, 3));
  CAF_CHECK(book.remove(own_edge, {1}));
  CAF_CHECK_EQUAL(serving(), 2u);
  book.forget(one);
  CAF_CHECK_EQUAL(serving(), 3u);
  CAF_CHECK(book.remove(two, {3}));
  CAF_CHECK(look_up() == nullptr);
}

CAF_TEST(one edge has one route for a name) {
  book.put(own_edge, web(1, 1));
  auto former = book.put(own_edge, web(2, 2));
  CAF_REQUIRE(former);
  CAF_CHECK_EQUAL(former->value, 1u);
  book.remove(own_edge, {2});
  CAF_CHECK(look_up() == nullptr);
}

CAF_TEST(of one edge an older route does not come back) {
  book.put(one, web(2, 2));
  book.put(one, web(1, 1));
  CAF_CHECK_EQUAL(serving(), 2u);
  CAF_CHECK(!book.find(one, {1}));
}

CAF_TEST(the route of another edge leads to its home unless more is known) {
  book.put(one, web(2, 1));
  CAF_REQUIRE(look_up() != nullptr);
  CAF_CHECK(*look_up()->places == *at(one, {one}));
  book.place(one, {{2}, at(one, {two, one})});
  CAF_CHECK(*look_up()->places == *at(one, {two, one}));
}

CAF_TEST(an own route has no places until its session has lanes elsewhere) {
  book.put(own_edge, web(1, 1));
  CAF_CHECK(look_up()->places == nullptr);
  book.place(own_edge, {{1}, at({}, {two})});
  CAF_CHECK(*look_up()->places == *at({}, {two}));
  book.place(own_edge, {{1}, nullptr});
  CAF_CHECK(look_up()->places == nullptr);
}

CAF_TEST(places that are said before the route hold for it) {
  book.place(one, {{2}, at(one, {two})});
  book.put(one, web(2, 1));
  CAF_CHECK(*look_up()->places == *at(one, {two}));
}

CAF_TEST(what did not change is no change) {
  book.put(one, web(2, 1));
  book.place(one, {{2}, at(one, {two})});
  look_up();
  book.put(one, web(2, 1));
  book.place(one, {{2}, at(one, {two})});
  CAF_CHECK(!book.has_changes());
}

CAF_TEST(a route that changes its name leaves the former one) {
  book.put(one, web(2, 1, "old.test"));
  book.put(one, web(2, 2, "new.test"));
  CAF_CHECK(look_up("old.test") == nullptr);
  CAF_CHECK(look_up("new.test") != nullptr);
}

CAF_TEST(everything replaces what was known of that edge and of no other) {
  book.put(own_edge, web(1, 1, "own.test"));
  book.put(one, web(2, 1, "a.test"));
  book.put(one, web(3, 1, "b.test"));
  book.put(two, web(4, 1, "c.test"));
  book.replace(one, {web(3, 1, "b.test"), web(5, 1, "d.test")}, {{{5}, at(one, {two})}});
  CAF_CHECK(look_up("a.test") == nullptr);
  CAF_CHECK(*look_up("d.test")->places == *at(one, {two}));
  for (const auto* host : {"own.test", "b.test", "c.test"})
    CAF_CHECK(look_up(host) != nullptr);
  CAF_CHECK(book.homes().size() == 2u);
}

CAF_TEST(ports are names like others) {
  book.put(one, tcp(2, 1, 10'000));
  book.put(own_edge, tcp(1, 2, 10'000));
  map.apply(book.take_changes());
  CAF_CHECK_EQUAL(map.find_port(10'000)->endpoint.value, 1u);
  book.remove(own_edge, {1});
  map.apply(book.take_changes());
  CAF_CHECK_EQUAL(map.find_port(10'000)->endpoint.value, 2u);
  CAF_CHECK(book.has({{}, 10'000}));
  book.forget(one);
  map.apply(book.take_changes());
  CAF_CHECK(map.find_port(10'000) == nullptr);
  CAF_CHECK(!book.has({{}, 10'000}));
}

CAF_TEST(a snapshot does not change with what is applied afterwards) {
  book.put(one, web(2, 1));
  look_up();
  const auto snapshot = map;
  book.put(own_edge, web(1, 2));
  CAF_CHECK_EQUAL(serving(), 1u);
  CAF_CHECK_EQUAL(snapshot.find_host("shop.test")->endpoint.value, 2u);
}

CAF_TEST_FIXTURE_SCOPE_END()
