// The store as actors see it: on its own thread, over a real PostgreSQL.
#define CAF_SUITE postgres_store

#include "nodes/control/postgres_store.hpp"

#include "actors/ask.hpp"
#include "nodes/control/secrets.hpp"
#include "tests/unit/control/own_database.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::control;
using namespace serverme::tests;

namespace {

struct node {
  explicit node(store_settings settings)
    : store{spawn_postgres_store(system, std::move(settings))} {}
  ~node() { caf::anon_send_exit(store, caf::exit_reason::user_shutdown); }

  template <class Reply, class Question>
  result<Reply> ask(Question question) {
    return actors::ask_and_wait<Reply>(system, store, milliseconds{10'000}, std::move(question));
  }

  caf::actor_system_config config;
  caf::actor_system system{config};
  actors::store_actor store;
};

} // namespace

CAF_TEST(every question of the port is answered) {
  node one{{.database = migrated_database()}};
  auto ada = one.ask<user_created>(create_user{"ada"});
  CAF_REQUIRE(ada);
  auto key = make_api_key();
  auto made = one.ask<key_created>(create_key{"ada", "laptop", key.hash, key.shown_prefix});
  CAF_REQUIRE(made);
  CAF_CHECK(one.ask<key_owner>(authenticate_key{key.hash})->account_name == "ada");
  CAF_CHECK(one.ask<key_owners>(authenticate_keys{{key.hash}})->known.size() == 1u);
  CAF_CHECK(one.ask<good_keys>(check_keys{{made->key}})->keys.size() == 1u);
  CAF_CHECK(one.ask<key_list>(list_keys{})->keys.size() == 1u);
  CAF_CHECK(one.ask<claimed>(claim{ada->account, {.name = "shop"}, seconds{60}}));
  caf::anon_send(one.store, extend_claims{{{ada->account, {.name = "shop"}, seconds{0}}}});
  auto bob = one.ask<user_created>(create_user{"bob"});
  CAF_REQUIRE(bob);
  CAF_CHECK(one.ask<claimed>(claim{bob->account, {.name = "shop"}, seconds{60}}));
  CAF_CHECK(one.ask<name_reserved>(reserve_name{"ada", "mine"})->name == "mine");
  CAF_CHECK(one.ask<key_revoked>(revoke_key{made->key})->key == made->key);
  CAF_CHECK(one.ask<key_owner>(authenticate_key{key.hash}).error().code == errc::key_invalid);
  CAF_CHECK(one.ask<store_ready>(probe_store{}));
}

CAF_TEST(who extends claims hears when it is done) {
  node one{{.database = migrated_database()}};
  caf::scoped_actor self{one.system};
  auto is_done = false;
  self->request(one.store, seconds{10}, extend_claims{})
    .receive([&] { is_done = true; }, [](caf::error&) {});
  CAF_CHECK(is_done);
}

CAF_TEST(a store without its database answers that and goes on) {
  node one{{.database = {"host=/nonexistent dbname=x"}}};
  for (int i = 0; i < 3; ++i)
    CAF_CHECK(one.ask<store_ready>(probe_store{}).error().code == errc::database_unavailable);
}

CAF_TEST(claims beyond what an account may hold are refused and counted) {
  store_settings settings{.database = migrated_database(), .claims = {.ports_max = 1}};
  auto counted = settings.claims_refused;
  node one{settings};
  auto ada = one.ask<user_created>(create_user{"ada"});
  CAF_REQUIRE(ada);
  CAF_CHECK(one.ask<claimed>(claim{ada->account, {.port = 10001}, seconds{60}}));
  CAF_CHECK_EQUAL(counted->load(), 0u);
  auto refused = one.ask<claimed>(claim{ada->account, {.port = 10002}, seconds{60}});
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(refused.error().code, errc::too_many_claims);
  CAF_CHECK_EQUAL(counted->load(), 1u);
}

CAF_TEST(too many questions at once are refused rather than kept) {
  store_settings settings{.database = migrated_database(), .queued_max = 2};
  auto counted = settings.refused;
  node one{settings};
  CAF_REQUIRE(one.ask<store_ready>(probe_store{}));
  caf::scoped_actor self{one.system};
  auto refused = 0;
  auto answered = 0;
  std::vector<std::function<void()>> pending;
  for (int i = 0; i < 200; ++i) {
    auto handle = std::make_shared<decltype(self->request(one.store, seconds{10}, probe_store{}))>(
      self->request(one.store, seconds{10}, probe_store{}));
    pending.push_back([handle, &refused, &answered] {
      handle->receive([&](store_ready) { ++answered; }, [&](caf::error&) { ++refused; });
    });
  }
  for (auto& each : pending)
    each();
  CAF_CHECK_EQUAL(answered + refused, 200);
  CAF_CHECK(refused > 0);
  CAF_CHECK_EQUAL(static_cast<std::uint64_t>(refused), counted->load());
  CAF_CHECK(one.ask<store_ready>(probe_store{})); // and then it is there again
}
