// Leases: who serves a name, and who wins when two want it.
#define CAF_SUITE lease_book
#include "protocol/lease_book.hpp"

#include "tests/unit/test.hpp"

using namespace serverme;

namespace {

const time_point start{seconds{1000}};
const claim_key shop{.name = "shop"};
const claim_key port{.port = 10022};
const lease_holder anna{.account = {1}, .session = {11}};
const lease_holder anna_again{.account = {1}, .session = {12}};
const lease_holder anna_elsewhere{.account = {1}, .session = {11}, .edge = 2};
const lease_holder bert{.account = {2}, .session = {21}};

struct fixture {
  lease_book book{seconds{30}, generation{100}};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(lease_book_tests, fixture)

CAF_TEST(a free name goes to who asks first) {
  auto first = book.take(shop, anna, start);
  CAF_REQUIRE(first);
  CAF_CHECK_EQUAL(first->what.generation.value, 100u);
  CAF_CHECK(!first->from);
  auto second = book.take(shop, bert, start);
  CAF_REQUIRE(!second);
  CAF_CHECK(second.error().code == errc::name_taken);
}

CAF_TEST(a port is not a name) {
  CAF_REQUIRE(book.take(port, anna, start));
  auto second = book.take(port, bert, start);
  CAF_REQUIRE(!second);
  CAF_CHECK(second.error().code == errc::port_taken);
}

CAF_TEST(asking twice changes nothing) {
  auto first = book.take(shop, anna, start);
  auto second = book.take(shop, anna, start + seconds{20});
  CAF_REQUIRE(first && second);
  CAF_CHECK(first->what == second->what);
  CAF_CHECK(book.find(shop, start + seconds{49}) != nullptr);
}

CAF_TEST(a session of the same account that is here keeps its name) {
  CAF_REQUIRE(book.take(shop, anna, start));
  auto second = book.take(shop, anna_again, start);
  CAF_REQUIRE(!second);
  CAF_CHECK(second.error().code == errc::name_taken);
}

CAF_TEST(a session of the same account that is away loses its name to a newer generation) {
  auto first = book.take(shop, anna, start);
  book.set_presence(anna.session, anna.edge, presence::away);
  auto second = book.take(shop, anna_again, start);
  CAF_REQUIRE(first && second);
  CAF_CHECK(second->from == anna);
  CAF_CHECK(second->what.generation > first->what.generation);
  CAF_CHECK(!book.renew(first->what, anna, start));
  CAF_CHECK(!book.release(anna.session, first->what));
  CAF_CHECK(book.renew(second->what, anna_again, start));
}

CAF_TEST(another account gets nothing from a session that is away) {
  CAF_REQUIRE(book.take(shop, anna, start));
  book.set_presence(anna.session, anna.edge, presence::away);
  CAF_CHECK(!book.take(shop, bert, start));
}

CAF_TEST(a session that is back cannot be robbed) {
  CAF_REQUIRE(book.take(shop, anna, start));
  book.set_presence(anna.session, anna.edge, presence::away);
  book.set_presence(anna.session, anna.edge, presence::here);
  CAF_CHECK(!book.take(shop, anna_again, start));
}

CAF_TEST(a session that moves to another edge gets a newer generation) {
  auto first = book.take(shop, anna, start);
  auto second = book.take(shop, anna_elsewhere, start);
  CAF_REQUIRE(first && second);
  CAF_CHECK(second->what.generation > first->what.generation);
  CAF_CHECK(second->from == anna);
  auto again = book.take(shop, anna_elsewhere, start);
  CAF_REQUIRE(again);
  CAF_CHECK(again->what == second->what);
  CAF_CHECK(!again->from);
}

CAF_TEST(the edge that a session left has no say about what it holds now) {
  auto first = book.take(shop, anna, start);
  CAF_REQUIRE(first && book.take(port, anna, start));
  CAF_REQUIRE(book.take(shop, anna_elsewhere, start));
  book.set_presence(anna.session, anna.edge, presence::away);
  book.lose_edge(anna.edge);
  CAF_CHECK(!book.take(shop, anna_again, start));
  CAF_CHECK(!book.renew(first->what, anna, start));
  CAF_CHECK(!book.release(anna.session, first->what));
  auto gone = book.forget(anna.session, anna.edge);
  CAF_REQUIRE_EQUAL(gone.size(), 1u);
  CAF_CHECK(gone[0].key == port);
  CAF_CHECK(book.find(shop, start)->holder == anna_elsewhere);
}

CAF_TEST(sessions of an edge that is gone are away) {
  CAF_REQUIRE(book.take(shop, anna_elsewhere, start) && book.take(port, anna, start));
  book.lose_edge(anna_elsewhere.edge);
  CAF_CHECK(book.take(shop, anna_again, start));
  CAF_CHECK(!book.take(port, anna_again, start));
}

CAF_TEST(a book without memory believes the newest generation in whatever order it hears them) {
  CAF_CHECK(book.renew({shop, generation{500}}, anna, start));
  CAF_CHECK(book.renew({shop, generation{501}}, anna_elsewhere, start));
  CAF_CHECK(book.find(shop, start)->holder == anna_elsewhere);
  CAF_CHECK(!book.renew({shop, generation{500}}, anna, start));
  CAF_CHECK(!book.renew({shop, generation{600}}, bert, start));
}

CAF_TEST(what is not renewed in time is free again) {
  auto first = book.take(shop, anna, start);
  CAF_REQUIRE(first);
  CAF_CHECK(book.expire(start + seconds{29}).empty());
  CAF_CHECK(book.renew(first->what, anna, start + seconds{29}));
  CAF_CHECK(book.expire(start + seconds{58}).empty());
  auto gone = book.expire(start + seconds{59});
  CAF_REQUIRE_EQUAL(gone.size(), 1u);
  CAF_CHECK(gone[0].key == shop);
  CAF_CHECK(gone[0].holder == anna);
  CAF_CHECK_EQUAL(book.size(), 0u);
}

CAF_TEST(an expired lease is free even before it is swept) {
  CAF_REQUIRE(book.take(shop, anna, start));
  CAF_CHECK(book.find(shop, start + seconds{30}) == nullptr);
  auto second = book.take(shop, bert, start + seconds{30});
  CAF_REQUIRE(second);
  CAF_CHECK(book.find(shop, start + seconds{31})->holder == bert);
  CAF_CHECK(book.forget(anna.session, anna.edge).empty());
}

CAF_TEST(a book without memory learns from renewals and gives out newer generations) {
  CAF_CHECK(book.renew({shop, generation{500}}, anna, start));
  CAF_CHECK(book.find(shop, start)->holder == anna);
  auto next = book.take(port, bert, start);
  CAF_REQUIRE(next);
  CAF_CHECK_EQUAL(next->what.generation.value, 501u);
}

CAF_TEST(releasing frees one and forgetting frees all of a session) {
  auto name = book.take(shop, anna, start);
  CAF_REQUIRE(name && book.take(port, anna, start));
  CAF_CHECK(!book.release(bert.session, name->what));
  CAF_CHECK(book.release(anna.session, name->what));
  CAF_CHECK_EQUAL(book.size(), 1u);
  auto gone = book.forget(anna.session, anna.edge);
  CAF_REQUIRE_EQUAL(gone.size(), 1u);
  CAF_CHECK(gone[0].key == port);
  CAF_CHECK(book.take(shop, bert, start));
}

CAF_TEST_FIXTURE_SCOPE_END()
