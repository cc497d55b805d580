// Whose session is where, by which way, and for how long what a lost edge told is kept.
#define CAF_SUITE neighbours_book
#include "protocol/neighbours/neighbour_book.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::neighbours;

namespace {

constexpr node_id self{0, 9}, one{0, 1}, two{0, 2}, three{0, 3};

struct fixture {
  fixture() {
    for (auto home : {one, two, three})
      book.link_up(home);
  }

  void tell(node_id home, std::vector<session_record> sessions, std::vector<route> routes = {}) {
    auto& number = numbers[home];
    auto heard = book.take(home, {.telling = 1,
                                  .number = ++number,
                                  .is_whole = number == 1,
                                  .sessions = std::move(sessions),
                                  .routes = std::move(routes)});
    CAF_CHECK_EQUAL(heard.answer.number, number);
  }
  static session_record record(std::uint64_t id, std::vector<node_id> lanes_at) {
    return {.session = {id}, .token_hash = "hash", .lanes_at = std::move(lanes_at)};
  }
  std::vector<node_id> ways(node_id home, std::uint64_t session) const {
    return book.places_of(home, {session})->others;
  }

  time_point now{seconds{100}};
  neighbour_book book{self};
  std::map<node_id, std::uint64_t> numbers;
};

using edges = std::vector<node_id>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(neighbours_book_tests, fixture)

CAF_TEST(a session is found at its home) {
  tell(one, {record(7, {one, two})});
  auto found = book.find({7});
  CAF_REQUIRE(found);
  CAF_CHECK(found->home == one);
  CAF_CHECK(found->is_reachable);
  CAF_CHECK_EQUAL(found->record->token_hash, "hash");
  CAF_CHECK(!book.find({8}));
}

CAF_TEST(its ways are the edges where it has lanes but for this one) {
  tell(one, {record(7, {one, self, two})});
  CAF_CHECK(ways(one, 7) == edges({one, two}));
  CAF_CHECK(book.places_of(one, {7})->home == one);
}

CAF_TEST(of a session that nobody told of its home is the only way) {
  CAF_CHECK(ways(one, 99) == edges({one}));
}

CAF_TEST(an edge that is lost is the last way and the first again when it is back) {
  tell(one, {record(7, {one, two})});
  book.link_down(one, now);
  CAF_CHECK(ways(one, 7) == edges({two, one}));
  CAF_CHECK(!book.find({7})->is_reachable);
  book.link_back(one);
  CAF_CHECK(ways(one, 7) == edges({one, two}));
}

CAF_TEST(sessions of this edge have places when they have lanes elsewhere) {
  CAF_CHECK(book.places_of_own(record(7, {self})) == nullptr);
  auto places = book.places_of_own(record(7, {self, two}));
  CAF_REQUIRE(places);
  CAF_CHECK(places->home == node_id{});
  CAF_CHECK(places->others == edges({two}));
}

CAF_TEST(of two homes the one that told it last is the home) {
  tell(one, {record(7, {one})});
  tell(two, {record(7, {two})});
  CAF_CHECK(book.find({7})->home == two);
}

CAF_TEST(of two homes the one that has lanes of it is the home) {
  tell(two, {record(7, {two})});
  tell(one, {record(7, {two})}); // it has left there
  CAF_CHECK(book.find({7})->home == two);
}

CAF_TEST(of two homes the one that can be reached is the home) {
  tell(two, {record(7, {two})});
  tell(one, {record(7, {one})});
  book.link_down(one, now);
  CAF_CHECK(book.find({7})->home == two);
}

CAF_TEST(what a lost edge told is kept for the time of a lease and not longer) {
  tell(one, {record(7, {one})}, {{.endpoint = {70}, .host = "a.test", .session = {7}}});
  book.link_down(one, now);
  CAF_CHECK(book.expire(now + seconds{29}).empty());
  CAF_CHECK(book.home_of({70}) == one);
  CAF_CHECK(book.expire(now + seconds{30}) == edges({one}));
  CAF_CHECK(!book.find({7}));
  CAF_CHECK(!book.home_of({70}));
  CAF_CHECK(book.told_by(one) == nullptr);
}

CAF_TEST(an edge that came back in time is not forgotten) {
  tell(one, {record(7, {one})});
  book.link_down(one, now);
  book.link_up(one);
  CAF_CHECK(book.expire(now + seconds{60}).empty());
  CAF_CHECK(book.find({7}));
}

CAF_TEST(an edge that somebody remembers is forgotten unless it speaks) {
  constexpr node_id four{0, 4}, five{0, 5};
  book.remember(four, now);
  book.remember(five, now);
  book.link_up(five);
  CAF_CHECK(book.expire(now + seconds{29}).empty());
  CAF_CHECK(book.expire(now + seconds{31}) == edges({four}));
}

CAF_TEST(remembering does not lose an edge that is there) {
  book.remember(one, now);
  CAF_CHECK(book.is_reachable(one));
  CAF_CHECK(book.expire(now + seconds{60}).empty());
}

CAF_TEST(sessions at an edge are its own and those with lanes there) {
  tell(one, {record(1, {one}), record(2, {one, two})});
  tell(two, {record(3, {two}), record(4, {})});
  CAF_CHECK_EQUAL(book.sessions_at(one, two).size(), 1u);
  CAF_CHECK_EQUAL(book.sessions_at(two, two).size(), 2u);
  CAF_CHECK(book.sessions_at(three, two).empty());
}

CAF_TEST_FIXTURE_SCOPE_END()
