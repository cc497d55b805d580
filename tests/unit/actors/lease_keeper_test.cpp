// What an edge's sessions hold is renewed in few messages, and each hears of what it lost.
#define CAF_SUITE lease_keeper

#include "actors/lease_keeper.hpp"

#include "tests/unit/actors/actor_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

constexpr account_id alice{1};

/// What a registry was told, and what it says.
struct registry_log {
  std::vector<std::size_t> pages; // how many grants each had
  std::vector<session_id> ended;
  std::vector<session_presence> presences;
  std::size_t released = 0;
  std::vector<lease_lost> lost;
  bool is_silent = false;
  std::uint64_t generations = 0;
};

using registry_behavior = actors::name_registry_actor::behavior_type;

registry_behavior play_registry(actors::name_registry_actor::pointer self,
                                std::shared_ptr<registry_log> log) {
  return {
    [=](const lease_endpoint& ask) -> caf::result<lease_grant> {
      if (log->is_silent)
        return self->make_response_promise<lease_grant>();
      if (ask.name == "taken")
        return actors::make_caf_error(fail(errc::name_taken));
      return lease_grant{{.name = ask.name}, generation{++log->generations}};
    },
    [=](const renew_leases& ask) -> caf::result<leases_renewed> {
      std::size_t grants = 0;
      for (const auto& each : ask.sessions)
        grants += each.grants.size();
      log->pages.push_back(grants);
      if (log->is_silent)
        return self->make_response_promise<leases_renewed>();
      return leases_renewed{log->lost};
    },
    [=](const release_lease&) { ++log->released; },
    [=](const session_presence& news) { log->presences.push_back(news); },
    [=](const session_ended& news) { log->ended.push_back(news.session); },
  };
}

struct fixture : actor_fixture {
  result<lease_grant> lease(caf::scoped_actor& who, std::uint64_t session, std::string name) {
    lease_endpoint ask{.account = alice, .session = session_id{session}, .name = std::move(name)};
    return answer_to<lease_grant>(who, keeper, std::move(ask));
  }
  std::size_t renewed() {
    std::size_t all = 0;
    for (auto grants : std::exchange(log->pages, {}))
      all += grants;
    return all;
  }
  std::vector<std::string> losses(caf::scoped_actor& who) {
    std::vector<std::string> names;
    who->receive_while([&] { return who->has_next_message(); })(
      [&](const lease_lost& news) { names.push_back(news.what.key.name); });
    return names;
  }

  std::shared_ptr<registry_log> log = std::make_shared<registry_log>();
  actors::name_registry_actor registry = guard(sys.spawn(play_registry, log));
  actors::lease_keeper_actor keeper = guard(actors::spawn_lease_keeper(sys, registry, {}));
  caf::scoped_actor first{sys}, second{sys};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(lease_keeper_tests, fixture)

CAF_TEST(what was granted is renewed three times in a lease) {
  CAF_REQUIRE(lease(first, 1, "shop"));
  CAF_REQUIRE(lease(second, 2, "cafe"));
  CAF_CHECK_EQUAL(code_of(lease(second, 2, "taken")), errc::name_taken);
  pass(seconds{31}, seconds{1});
  CAF_CHECK(log->pages == (std::vector<std::size_t>{2, 2, 2, 2})); // once at the start
}

CAF_TEST(nothing is renewed when nothing is held) {
  pass(seconds{60}, seconds{1});
  CAF_CHECK(log->pages.empty());
}

CAF_TEST(many leases are renewed in bounded messages) {
  for (std::uint64_t session = 1; session <= 1'300; ++session)
    CAF_REQUIRE(lease(first, session, "name" + std::to_string(session)));
  pass(milliseconds{1'500});
  CAF_CHECK(log->pages == (std::vector<std::size_t>{512, 512, 276}));
}

CAF_TEST(a registry that says nothing is not asked more than once a round) {
  for (std::uint64_t session = 1; session <= 1'300; ++session)
    CAF_REQUIRE(lease(first, session, "name" + std::to_string(session)));
  log->is_silent = true;
  pass(seconds{21}, seconds{1});
  CAF_CHECK(log->pages == (std::vector<std::size_t>{512, 512, 512}));
  log->is_silent = false;
  log->pages.clear();
  pass(seconds{10}, seconds{1});
  CAF_CHECK_EQUAL(renewed(), 1'300u);
}

CAF_TEST(a registry that is new hears everything at once) {
  CAF_REQUIRE(lease(first, 1, "shop"));
  tell(keeper, actors::teach_registry{});
  CAF_CHECK_EQUAL(renewed(), 1u);
}

CAF_TEST(a session hears what it has lost and keeps the rest) {
  auto shop = lease(first, 1, "shop");
  CAF_REQUIRE(shop);
  CAF_REQUIRE(lease(first, 1, "cafe"));
  log->lost = {{session_id{1}, *shop}};
  tell(keeper, actors::teach_registry{});
  CAF_CHECK(losses(first) == std::vector<std::string>{"shop"});
  log->lost.clear();
  log->pages.clear();
  tell(keeper, actors::teach_registry{});
  CAF_CHECK_EQUAL(renewed(), 1u);
}

CAF_TEST(old news of what is held under a newer generation takes nothing away) {
  auto before = lease(first, 1, "shop");
  CAF_REQUIRE(before);
  CAF_REQUIRE(lease(first, 1, "shop"));
  tell(keeper, lease_lost{session_id{1}, *before});
  tell(keeper, actors::teach_registry{});
  CAF_CHECK_EQUAL(renewed(), 1u);
}

CAF_TEST(what is let go is not renewed) {
  auto shop = lease(first, 1, "shop");
  CAF_REQUIRE(shop);
  tell(keeper, release_lease{session_id{1}, *shop});
  CAF_CHECK_EQUAL(log->released, 1u);
  tell(keeper, actors::teach_registry{});
  CAF_CHECK_EQUAL(renewed(), 0u);
}

CAF_TEST(a session that ends is reported once and holds nothing) {
  {
    caf::scoped_actor brief{sys};
    CAF_REQUIRE(lease(brief, 7, "shop"));
    CAF_REQUIRE(lease(brief, 7, "cafe"));
  }
  sched.run();
  CAF_CHECK(log->ended == std::vector<session_id>{session_id{7}});
  tell(keeper, actors::teach_registry{});
  CAF_CHECK_EQUAL(renewed(), 0u);
}

CAF_TEST(an absence is passed on of those who hold something) {
  CAF_REQUIRE(lease(first, 1, "shop"));
  tell(keeper, session_presence{session_id{1}, presence::away});
  tell(keeper, session_presence{session_id{2}, presence::away});
  CAF_CHECK(log->presences == (std::vector<session_presence>{{session_id{1}, presence::away}}));
}

CAF_TEST(a session whose wish was answered too late does not have it) {
  log->is_silent = true;
  auto asked = first->request(keeper, caf::infinite,
                              lease_endpoint{.account = alice, .session = session_id{1}});
  sched.run();
  pass(seconds{6}, seconds{1});
  asked.receive([](const lease_grant&) { CAF_FAIL("nobody granted it"); },
                [](const caf::error&) {});
}

CAF_TEST(a keeper that was started again learns from the sessions) {
  first->send(
    keeper, held_leases{alice, session_id{1}, presence::here, {{{.name = "shop"}, generation{5}}}});
  sched.run();
  pass(milliseconds{1'500});
  CAF_CHECK_EQUAL(renewed(), 1u);
}

CAF_TEST(a registry that does not understand what it is told ends nothing) {
  CAF_REQUIRE(lease(first, 1, "shop"));
  tell(caf::actor_cast<caf::actor>(keeper), caf::make_error(caf::sec::unexpected_message));
  CAF_CHECK(lease(first, 1, "cafe"));
}

CAF_TEST_FIXTURE_SCOPE_END()
