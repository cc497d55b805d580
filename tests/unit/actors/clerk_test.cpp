// Questions from outside: each is answered once, in time, whatever becomes of the one who is asked.
#define CAF_SUITE clerk

#include "actors/clerk.hpp"

#include "tests/unit/actors/actor_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

struct fixture : actor_fixture {
  fixture() { facts->holds_keys_back = true; }

  std::shared_ptr<std::vector<errc>> ask_for(milliseconds timeout) {
    auto came = std::make_shared<std::vector<errc>>();
    desk->ask<key_owners>(
      store, timeout, authenticate_keys{},
      [came](const result<key_owners>& outcome) { came->push_back(code_of(outcome)); });
    sched.run();
    return came;
  }
  void answer_all() { tell(store, extend_claims{}); }

  using codes = std::vector<errc>;

  std::shared_ptr<store_facts> facts = std::make_shared<store_facts>();
  actors::store_actor store = guard(spawn_store(sys, facts));
  std::optional<actors::clerk> desk{std::in_place, sys};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(clerk_tests, fixture)

CAF_TEST(an answer comes once and nothing after it) {
  auto came = ask_for(seconds{3});
  CAF_CHECK(came->empty());
  answer_all();
  CAF_CHECK(*came == codes{errc{}});
  pass(seconds{10});
  CAF_CHECK_EQUAL(came->size(), 1u);
}

CAF_TEST(who is not answered in time is told and hears no late answer) {
  auto hasty = ask_for(seconds{3});
  auto patient = ask_for(seconds{20});
  pass(seconds{2});
  CAF_CHECK(hasty->empty());
  pass(seconds{2});
  CAF_CHECK(*hasty == codes{errc::control_unavailable});
  CAF_CHECK(patient->empty());
  answer_all();
  CAF_CHECK_EQUAL(hasty->size(), 1u);
  CAF_CHECK(*patient == codes{errc{}});
}

CAF_TEST(an actor that dies with the question open answers nobody and all are told) {
  auto early = ask_for(seconds{3});
  facts->waiting_keys.clear();
  caf::anon_send_exit(store, caf::exit_reason::kill);
  sched.run();
  auto late = ask_for(seconds{3});
  CAF_CHECK(*late == codes{errc::control_unavailable}); // at once
  pass(seconds{4});
  CAF_CHECK(*early == codes{errc::control_unavailable});
}

CAF_TEST(time is looked at again after everything was answered) {
  ask_for(seconds{3});
  answer_all();
  pass(seconds{10});
  auto came = ask_for(seconds{3});
  pass(seconds{4});
  CAF_CHECK(*came == codes{errc::control_unavailable});
}

CAF_TEST(when the clerk ends what it owes is let go of) {
  auto owed = std::make_shared<int>(0);
  desk->ask<key_owners>(store, seconds{3}, authenticate_keys{},
                        [owed](const result<key_owners>&) {});
  sched.run();
  CAF_CHECK(owed.use_count() > 1);
  desk.reset();
  pass(seconds{2}); // its timer may still hold it
  CAF_CHECK_EQUAL(owed.use_count(), 1);
  answer_all();
}

CAF_TEST_FIXTURE_SCOPE_END()
