// Keys are asked for in batches: once each, in turn, and everybody is told.
#define CAF_SUITE key_questions

#include "actors/key_questions.hpp"

#include "tests/unit/test.hpp"

#include <algorithm>

using namespace serverme;

namespace {

using questions = actors::key_questions<std::string>;

known_key good(const std::string& hash) { return {hash, {.account_name = "owner of " + hash}}; }

/// "ada: owner of one", in the order of the names.
std::vector<std::string> told(std::vector<questions::verdict> verdicts) {
  std::vector<std::string> lines;
  for (auto& [who, owner] : verdicts)
    lines.push_back(who + ": "
                    + (owner ? owner->account_name : std::string{to_string(owner.error().code)}));
  std::ranges::sort(lines);
  return lines;
}

using lines = std::vector<std::string>;

} // namespace

CAF_TEST(who comes while a question is on its way waits for the next one) {
  questions asked;
  asked.add("one", "ada");
  CAF_CHECK(asked.next().key_hashes == lines{"one"});
  asked.add("two", "bob");
  asked.add("three", "cem");
  CAF_CHECK(asked.next().key_hashes.empty());
  CAF_CHECK(told(asked.on_owners({{good("one")}})) == lines{"ada: owner of one"});
  CAF_CHECK((asked.next().key_hashes == lines{"two", "three"}));
}

CAF_TEST(a key is asked for once however many came with it) {
  questions asked;
  asked.add("one", "ada");
  asked.add("two", "bob");
  asked.add("one", "cem");
  CAF_CHECK((asked.next().key_hashes == lines{"one", "two"}));
  CAF_CHECK((told(asked.on_owners({{good("two"), good("one")}}))
             == lines{"ada: owner of one", "bob: owner of two", "cem: owner of one"}));
}

CAF_TEST(a key without an owner is invalid and others are not ) {
  questions asked;
  asked.add("one", "ada");
  asked.add("bad", "mallory");
  asked.add("two", "bob");
  asked.next();
  CAF_CHECK((told(asked.on_owners({{good("one"), good("two"), good("nobody asked")}}))
             == lines{"ada: owner of one", "bob: owner of two", "mallory: key_invalid"}));
}

CAF_TEST(a failure is told to those who wait as well and then there is nothing to ask) {
  questions asked;
  asked.add("one", "ada");
  asked.next();
  asked.add("two", "bob");
  CAF_CHECK((told(asked.on_failure(fail(errc::control_unavailable)))
             == lines{"ada: control_unavailable", "bob: control_unavailable"}));
  CAF_CHECK(asked.next().key_hashes.empty());
  asked.add("one", "ada");
  CAF_CHECK(asked.next().key_hashes == lines{"one"});
}

CAF_TEST(a batch is bounded and who came first is in it) {
  questions asked;
  auto many = questions::batch_max + 10;
  for (std::size_t i = 0; i < many; ++i)
    asked.add(std::to_string(i), "agent");
  auto first = asked.next();
  CAF_REQUIRE_EQUAL(first.key_hashes.size(), questions::batch_max);
  CAF_CHECK_EQUAL(first.key_hashes.front(), "0");
  CAF_CHECK_EQUAL(asked.on_owners({}).size(), questions::batch_max);
  CAF_CHECK_EQUAL(asked.next().key_hashes.size(), 10u);
}

CAF_TEST(so many wait and no more) {
  questions asked;
  for (std::size_t i = 0; i < questions::waiting_max; ++i) {
    CAF_REQUIRE(!asked.is_full());
    asked.add("one", "agent");
  }
  CAF_CHECK(asked.is_full());
  asked.next();
  CAF_CHECK(!asked.is_full());
}
