// Actors that fail are started again, later and later, until it is too often.
#define CAF_SUITE supervisor

#include "actors/supervisor.hpp"

#include "protocol/messages/claims.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;
using namespace serverme::actors;

namespace {

using child_actor = caf::typed_actor<answers<probe_store, store_ready>>;

struct fixture : actor_fixture {
  ~fixture() override {
    caf::anon_send_exit(boss, caf::exit_reason::user_shutdown);
    sched.run();
  }

  child_spec child(const std::string& name) {
    return {.name = name,
            .start =
              [this, name] {
                started.push_back(name);
                if (refuses_to_start)
                  throw std::runtime_error("no start today");
                auto born
                  = caf::actor_cast<caf::actor>(sys.spawn([]() -> child_actor::behavior_type {
                      return {[](const probe_store&) { return store_ready{}; }};
                    }));
                born->attach_functor([this, name](const caf::error&) { ended.push_back(name); });
                alive[name] = caf::actor_cast<caf::actor_addr>(born);
                return born;
              },
            .door = front_door{sys, name},
            .restarted = [this] { ++repeats; }};
  }
  void supervise(std::vector<child_spec> children) {
    boss = spawn_supervisor(sys, std::move(children),
                            {.first = milliseconds{100},
                             .ceiling = milliseconds{1'000},
                             .stable = milliseconds{60'000},
                             .failures_max = 5});
    sched.run();
  }
  void crash(const std::string& name) {
    caf::anon_send_exit(caf::actor_cast<caf::actor>(alive[name]), caf::exit_reason::kill);
    sched.run();
  }
  actor_view view(std::size_t index) {
    auto all = answer_of<actor_list>(boss, list_actors{});
    CAF_REQUIRE(all);
    return all->actors.at(index);
  }

  std::vector<std::string> started, ended;
  std::map<std::string, caf::actor_addr> alive;
  supervisor_actor boss;
  int repeats = 0;
  bool refuses_to_start = false;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(supervisor_tests, fixture)

CAF_TEST(a child that fails is started again after a pause) {
  supervise({child("a")});
  crash("a");
  CAF_CHECK_EQUAL(started.size(), 1u);
  CAF_CHECK(view(0).standing == actor_standing::waiting_to_restart);
  pass(milliseconds{99}, milliseconds{99});
  CAF_CHECK_EQUAL(started.size(), 1u);
  pass(milliseconds{1});
  CAF_CHECK_EQUAL(started.size(), 2u);
  CAF_CHECK(view(0).standing == actor_standing::running);
  CAF_CHECK_EQUAL(view(0).restarts, 1u);
  CAF_CHECK_EQUAL(view(0).last_error, "kill");
  CAF_CHECK_EQUAL(repeats, 1);
}

CAF_TEST(pauses double up to their ceiling) {
  supervise({child("a")});
  for (auto pause : {100, 200, 400, 800, 1'000}) {
    auto before = started.size();
    crash("a");
    pass(milliseconds{pause - 1}, milliseconds{pause});
    CAF_CHECK_EQUAL(started.size(), before);
    pass(milliseconds{1});
    CAF_CHECK_EQUAL(started.size(), before + 1);
  }
}

CAF_TEST(who fails too often in a row takes all the others along) {
  supervise({child("a"), child("b")});
  std::optional<failure> why;
  caf::actor_cast<caf::actor>(boss)->attach_functor(
    [&why](const caf::error& reason) { why = to_failure(reason); });
  for (int i = 0; i < 5; ++i) {
    crash("b");
    pass(seconds{1});
  }
  CAF_CHECK(!why);
  crash("b");
  CAF_REQUIRE(why);
  CAF_CHECK_EQUAL(why->code, errc::control_unavailable);
  CAF_CHECK_EQUAL(ended.back(), "a");
}

CAF_TEST(who ran for long had recovered) {
  supervise({child("a")});
  for (int i = 0; i < 8; ++i) {
    crash("a");
    pass(seconds{80}, seconds{10});
  }
  CAF_CHECK_EQUAL(view(0).restarts, 8u);
  CAF_CHECK(view(0).standing == actor_standing::running);
}

CAF_TEST(a start that throws is a failure like any other) {
  refuses_to_start = true;
  supervise({child("a")});
  CAF_CHECK_EQUAL(view(0).last_error, "no start today");
  refuses_to_start = false;
  pass(seconds{1});
  CAF_CHECK(view(0).standing == actor_standing::running);
}

CAF_TEST(children are stopped one by one and the newest first) {
  supervise({child("a"), child("b"), child("c")});
  caf::anon_send_exit(boss, caf::exit_reason::user_shutdown);
  sched.run();
  CAF_CHECK(ended == (std::vector<std::string>{"c", "b", "a"}));
}

CAF_TEST(nobody is started again while all are being stopped) {
  supervise({child("a"), child("b")});
  crash("a");
  caf::anon_send_exit(boss, caf::exit_reason::user_shutdown);
  sched.run();
  pass(seconds{10});
  CAF_CHECK_EQUAL(started.size(), 2u);
}

CAF_TEST_FIXTURE_SCOPE_END()
