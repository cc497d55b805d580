// Doors that stay good while who is behind them changes.
#define CAF_SUITE front_door

#include "actors/front_door.hpp"

#include "protocol/messages/claims.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

using prober = caf::typed_actor<actors::answers<probe_store, store_ready>>;

struct fixture : actor_fixture {
  ~fixture() override {
    door.close();
    sched.run();
  }

  caf::actor somebody() {
    auto whom = sys.spawn(
      []() -> prober::behavior_type { return {[](const probe_store&) { return store_ready{}; }}; });
    return guard(caf::actor_cast<caf::actor>(whom));
  }
  errc asked() { return code_of(answer_of<store_ready>(door.as<prober>(), probe_store{})); }
  void lead_to(const caf::actor& whom) {
    door.lead_to(caf::actor_cast<caf::strong_actor_ptr>(whom));
  }

  actors::front_door door{sys, "the store"};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(front_door_tests, fixture)

CAF_TEST(a question passes through and its answer comes back) {
  lead_to(somebody());
  CAF_CHECK_EQUAL(asked(), errc{});
}

CAF_TEST(while nobody is there questions are answered at once) {
  auto failed = answer_of<store_ready>(door.as<prober>(), probe_store{});
  CAF_CHECK_EQUAL(code_of(failed), errc::control_unavailable);
  CAF_CHECK_EQUAL(failed.error().detail, "the store is restarting");
}

CAF_TEST(the next one is reached by the same handle) {
  auto former = somebody();
  lead_to(former);
  CAF_CHECK_EQUAL(asked(), errc{});
  caf::anon_send_exit(former, caf::exit_reason::kill);
  sched.run();
  CAF_CHECK_EQUAL(asked(), errc::control_unavailable);
  lead_to(somebody());
  CAF_CHECK_EQUAL(asked(), errc{});
}

CAF_TEST(a door that was closed leads nowhere) {
  lead_to(somebody());
  door.close();
  sched.run();
  CAF_CHECK_EQUAL(asked(), errc::control_unavailable);
}

CAF_TEST(facts wait for the next one where a door is told so) {
  using listener = caf::typed_actor<actors::takes<probe_store>>;
  actors::front_door patient{sys, "the listener", actors::unheard_facts::wait};
  int heard = 0;
  auto somebody_who_counts = [&] {
    auto whom = sys.spawn([&heard]() -> listener::behavior_type {
      return {[&heard](const probe_store&) { ++heard; }};
    });
    return guard(caf::actor_cast<caf::actor>(whom));
  };
  tell(patient.as<listener>(), probe_store{});
  tell(patient.as<listener>(), probe_store{});
  patient.lead_to(caf::actor_cast<caf::strong_actor_ptr>(somebody_who_counts()));
  sched.run();
  CAF_CHECK_EQUAL(heard, 2);
  patient.lead_to(nullptr);
  for (std::size_t i = 0; i < actors::front_door::waiting_max + 5; ++i)
    caf::anon_send(patient.as<listener>(), probe_store{});
  patient.lead_to(caf::actor_cast<caf::strong_actor_ptr>(somebody_who_counts()));
  sched.run();
  CAF_CHECK_EQUAL(heard, 2 + static_cast<int>(actors::front_door::waiting_max));
  patient.close();
  sched.run();
}

CAF_TEST(an error keeps its code and its detail on the way) {
  auto why = actors::to_failure(actors::make_caf_error(fail(errc::name_taken, "name shop")));
  CAF_CHECK(why == fail(errc::name_taken, "name shop"));
  CAF_CHECK_EQUAL(actors::to_failure(caf::sec::request_timeout).code, errc::control_unavailable);
}

CAF_TEST_FIXTURE_SCOPE_END()
