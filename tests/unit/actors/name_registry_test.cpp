// Who gets a name, who loses it, and what the store has to say.
#define CAF_SUITE name_registry

#include "actors/name_registry.hpp"

#include "tests/unit/actors/actor_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

constexpr account_id alice{1}, bob{2};

struct fixture : actor_fixture {
  fixture() {
    store = guard(spawn_store(sys, facts));
    names = guard(start());
  }

  actors::name_registry_actor start() {
    return actors::spawn_name_registry(sys, store, plain_world(),
                                       {.lead = lead, .port_first = 10000, .port_last = 10003});
  }

  lease_endpoint wish(account_id account, std::uint64_t session, std::string name) {
    return {.account = account, .session = session_id{session}, .name = std::move(name)};
  }
  lease_endpoint port_wish(account_id account, std::uint64_t session, std::uint16_t port) {
    return {
      .account = account, .session = session_id{session}, .kind = endpoint_kind::tcp, .port = port};
  }
  result<lease_grant> lease(caf::scoped_actor& who, lease_endpoint ask) {
    return answer_to<lease_grant>(who, names, std::move(ask));
  }
  void go_away(caf::scoped_actor& who, std::uint64_t session) {
    who->send(names, session_presence{session_id{session}, presence::away});
    sched.run();
  }
  void end(caf::scoped_actor& who, std::uint64_t session) {
    who->send(names, session_ended{session_id{session}});
    sched.run();
  }
  result<leases_renewed> renew(caf::scoped_actor& who, account_id account, std::uint64_t session,
                               const lease_grant& what) {
    renew_leases news{{{account, session_id{session}, presence::here, {what}}}};
    return answer_to<leases_renewed>(who, names, news);
  }
  std::optional<lease_grant> lost(caf::scoped_actor& who) {
    std::optional<lease_grant> what;
    who->receive([&](const lease_lost& news) { what = news.what; },
                 caf::after(seconds{0}) >> [] {});
    return what;
  }

  void release(std::uint64_t session, const lease_grant& what, after_release then) {
    tell(names, release_lease{session_id{session}, what, then});
  }
  /// The store does not answer for a while: a batch is on its way, and what follows gathers.
  void keep_store_busy() {
    auto other = lease(first, wish(alice, 1, "other"));
    CAF_REQUIRE(other);
    facts->now = store_facts::mood::is_silent;
    release(1, *other, after_release::hold);
    facts->now = store_facts::mood::answers;
    CAF_REQUIRE_EQUAL(facts->extensions.size(), 1u);
  }

  std::shared_ptr<store_facts> facts = std::make_shared<store_facts>();
  std::shared_ptr<actors::lead_position> lead = std::make_shared<actors::lead_position>();
  actors::store_actor store;
  actors::name_registry_actor names;
  caf::scoped_actor first{sys}, second{sys};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(name_registry_tests, fixture)

CAF_TEST(of two who ask for a name one gets it) {
  CAF_CHECK(lease(first, wish(alice, 1, "shop")));
  CAF_CHECK_EQUAL(code_of(lease(second, wish(bob, 2, "shop"))), errc::name_taken);
  CAF_CHECK_EQUAL(code_of(lease(second, wish(alice, 3, "shop"))), errc::name_taken);
}

CAF_TEST(two who ask at the same time do not both get it) {
  facts->holds_claims_back = true;
  auto early = first->request(names, caf::infinite, wish(alice, 1, "shop"));
  sched.run();
  auto late = second->request(names, caf::infinite, wish(alice, 2, "shop"));
  sched.run();
  tell(store, extend_claims{});
  early.receive([](const lease_grant& grant) { CAF_CHECK_EQUAL(grant.key.name, "shop"); },
                [](const caf::error&) { CAF_FAIL("the first one was refused"); });
  late.receive(
    [](const lease_grant&) { CAF_FAIL("both got it"); },
    [](const caf::error& why) { CAF_CHECK_EQUAL(actors::to_failure(why).code, errc::name_taken); });
}

CAF_TEST(a stranger who asks for a name does not keep its account from it) {
  facts->owners[{.name = "shop"}] = bob;
  facts->holds_claims_back = true;
  auto stranger = first->request(names, caf::infinite, wish(alice, 1, "shop"));
  sched.run();
  auto owner = second->request(names, caf::infinite, wish(bob, 2, "shop"));
  sched.run();
  tell(store, extend_claims{});
  stranger.receive(
    [](const lease_grant&) { CAF_FAIL("it is another account's"); },
    [](const caf::error& why) { CAF_CHECK_EQUAL(actors::to_failure(why).code, errc::name_taken); });
  owner.receive([](const lease_grant& grant) { CAF_CHECK_EQUAL(grant.key.name, "shop"); },
                [](const caf::error&) { CAF_FAIL("its own name was refused"); });
}

CAF_TEST(a session that ends before the store has answered leaves no lease) {
  facts->holds_claims_back = true;
  first->send(names, wish(alice, 1, "shop"));
  sched.run();
  end(first, 1);
  tell(store, extend_claims{});
  facts->holds_claims_back = false;
  CAF_CHECK(lease(second, wish(alice, 2, "shop")));
}

CAF_TEST(a name of another account is refused even to one who asks twice) {
  facts->owners[{.name = "shop"}] = bob;
  facts->holds_claims_back = true;
  auto once = first->request(names, caf::infinite, wish(alice, 1, "shop"));
  auto twice = first->request(names, caf::infinite, wish(alice, 1, "shop"));
  sched.run();
  tell(store, extend_claims{});
  auto refused = 0;
  auto count = [&](const caf::error& why) {
    refused += actors::to_failure(why).code == errc::name_taken ? 1 : 0;
  };
  once.receive([](const lease_grant&) {}, count);
  twice.receive([](const lease_grant&) {}, count);
  CAF_CHECK_EQUAL(refused, 2);
}

CAF_TEST(an account takes over its name only from a session that is away) {
  auto before = lease(first, wish(alice, 1, "shop"));
  CAF_REQUIRE(before);
  CAF_CHECK_EQUAL(code_of(lease(second, wish(alice, 2, "shop"))), errc::name_taken);
  go_away(first, 1);
  CAF_CHECK_EQUAL(code_of(lease(second, wish(bob, 3, "shop"))), errc::name_taken);
  auto after = lease(second, wish(alice, 2, "shop"));
  CAF_REQUIRE(after);
  CAF_CHECK(after->generation > before->generation);
  auto told = lost(first);
  CAF_REQUIRE(told);
  CAF_CHECK(*told == *after);
}

CAF_TEST(a session that ends leaves the name to its account) {
  CAF_REQUIRE(lease(first, wish(alice, 1, "shop")));
  end(first, 1);
  CAF_REQUIRE_EQUAL(facts->extended.size(), 1u);
  CAF_CHECK_EQUAL(facts->extended.front().hold, seconds{24 * 3600});
  CAF_CHECK_EQUAL(code_of(lease(second, wish(bob, 2, "shop"))), errc::name_taken);
  CAF_CHECK(lease(second, wish(alice, 3, "shop")));
}

CAF_TEST(an edge that is gone leaves its sessions away) {
  {
    caf::scoped_actor edge{sys};
    CAF_REQUIRE(lease(edge, wish(alice, 1, "shop")));
    CAF_REQUIRE(lease(edge, wish(alice, 2, "cafe")));
    CAF_CHECK_EQUAL(code_of(lease(second, wish(alice, 3, "shop"))), errc::name_taken);
  }
  sched.run();
  CAF_CHECK_EQUAL(code_of(lease(second, wish(bob, 4, "shop"))), errc::name_taken);
  CAF_CHECK(lease(second, wish(alice, 3, "shop")));
  CAF_CHECK(lease(second, wish(alice, 3, "cafe")));
}

CAF_TEST(
  a session that comes from another edge gets a newer generation and the former one hears it) {
  auto before = lease(first, wish(alice, 1, "shop"));
  CAF_REQUIRE(before);
  auto after = lease(second, wish(alice, 1, "shop"));
  CAF_REQUIRE(after);
  CAF_CHECK(after->generation > before->generation);
  auto told = lost(first);
  CAF_REQUIRE(told);
  CAF_CHECK(*told == *after);
  CAF_CHECK(!lost(second));
}

CAF_TEST(what the former edge of a session says changes nothing) {
  auto before = lease(first, wish(alice, 1, "shop"));
  auto after = lease(second, wish(alice, 1, "shop"));
  CAF_REQUIRE(before && after);
  auto late = renew(first, alice, 1, *before);
  CAF_REQUIRE(late);
  CAF_CHECK_EQUAL(late->lost.size(), 1u);
  go_away(first, 1);
  CAF_CHECK_EQUAL(code_of(lease(second, wish(alice, 2, "shop"))), errc::name_taken);
  end(first, 1);
  auto good = renew(second, alice, 1, *after);
  CAF_REQUIRE(good);
  CAF_CHECK(good->lost.empty());
  CAF_CHECK_EQUAL(code_of(lease(first, wish(alice, 2, "shop"))), errc::name_taken);
  end(second, 1);
  CAF_CHECK(lease(first, wish(alice, 2, "shop")));
}

CAF_TEST(a name that a session left behind on its former edge is still its own) {
  CAF_REQUIRE(lease(first, wish(alice, 1, "shop")));
  CAF_REQUIRE(lease(first, wish(alice, 1, "cafe")));
  CAF_REQUIRE(lease(second, wish(alice, 1, "shop")));
  end(first, 1); // "cafe" was not asked for again yet
  CAF_CHECK_EQUAL(code_of(lease(first, wish(bob, 2, "cafe"))), errc::name_taken);
  CAF_CHECK(lease(second, wish(alice, 1, "cafe")));
}

CAF_TEST(an edge whose keeper was started again goes on with what it holds) {
  auto held = lease(first, wish(alice, 1, "shop"));
  CAF_REQUIRE(held);
  auto again = renew(second, alice, 1, *held);
  CAF_REQUIRE(again);
  CAF_CHECK(again->lost.empty());
  end(first, 1); // the former keeper has no say
  auto same = lease(second, wish(alice, 1, "shop"));
  CAF_REQUIRE(same);
  CAF_CHECK(*same == *held);
}

CAF_TEST(a registry that does not lead grants and renews nothing) {
  lead->term = 0;
  CAF_CHECK_EQUAL(code_of(lease(first, wish(alice, 1, "shop"))), errc::control_unavailable);
  renew_leases news{{{alice, session_id{1}, presence::here, {{{.name = "shop"}, generation{5}}}}}};
  CAF_CHECK_EQUAL(code_of(answer_to<leases_renewed>(first, names, news)),
                  errc::control_unavailable);
}

CAF_TEST(a later term begins without memory and its generations are larger) {
  auto early = lease(first, wish(alice, 1, "shop"));
  CAF_REQUIRE(early);
  lead->term = 2;
  renew_leases news{{{alice, session_id{1}, presence::here, {*early}}}};
  auto learned = answer_to<leases_renewed>(first, names, news);
  CAF_REQUIRE(learned);
  CAF_CHECK(learned->lost.empty());
  CAF_CHECK_EQUAL(code_of(lease(second, wish(alice, 2, "shop"))), errc::name_taken);
  auto late = lease(second, wish(alice, 2, "cafe"));
  CAF_REQUIRE(late);
  CAF_CHECK(late->generation > early->generation);
}

CAF_TEST(what was asked under a lead that was lost meanwhile is refused) {
  facts->holds_claims_back = true;
  auto asked = first->request(names, caf::infinite, wish(alice, 1, "shop"));
  sched.run();
  lead->term = 0;
  tell(store, extend_claims{});
  asked.receive([](const lease_grant&) { CAF_FAIL("it does not lead any more"); },
                [](const caf::error& why) {
                  CAF_CHECK_EQUAL(actors::to_failure(why).code, errc::control_unavailable);
                });
}

CAF_TEST(a registry that is started again in its term grants larger generations) {
  auto early = lease(first, wish(alice, 1, "shop"));
  CAF_REQUIRE(early);
  caf::anon_send_exit(names, caf::exit_reason::kill);
  sched.run();
  names = guard(start());
  auto late = lease(first, wish(alice, 1, "cafe"));
  CAF_REQUIRE(late);
  CAF_CHECK(late->generation > early->generation);
}

CAF_TEST(a lease that nobody renews ends) {
  CAF_REQUIRE(lease(first, wish(alice, 1, "shop")));
  pass(seconds{45}, seconds{5});
  CAF_CHECK(lease(second, wish(alice, 2, "shop")));
}

CAF_TEST(a registry without memory learns leases when they are renewed) {
  renew_leases news{{{alice, session_id{1}, presence::here, {{{.name = "shop"}, generation{5}}}}}};
  auto outcome = answer_to<leases_renewed>(first, names, news);
  CAF_REQUIRE(outcome);
  CAF_CHECK(outcome->lost.empty());
  CAF_CHECK_EQUAL(code_of(lease(second, wish(bob, 2, "shop"))), errc::name_taken);
}

CAF_TEST(who renews what another one has is told that it is lost) {
  auto held = lease(first, wish(alice, 1, "shop"));
  CAF_REQUIRE(held);
  renew_leases news{{{alice, session_id{9}, presence::here, {{{.name = "shop"}, generation{1}}}}}};
  auto outcome = answer_to<leases_renewed>(second, names, news);
  CAF_REQUIRE(outcome);
  CAF_REQUIRE_EQUAL(outcome->lost.size(), 1u);
  CAF_CHECK(outcome->lost.front().session == session_id{9});
}

CAF_TEST(names that are none and names of the system are refused) {
  CAF_CHECK_EQUAL(code_of(lease(first, wish(alice, 1, "-x-"))), errc::name_invalid);
  CAF_CHECK_EQUAL(code_of(lease(first, wish(alice, 1, "www"))), errc::name_reserved);
}

CAF_TEST(a wish for any name is given one) {
  auto granted = lease(first, wish(alice, 1, ""));
  CAF_REQUIRE(granted);
  CAF_CHECK_EQUAL(granted->key.name.size(), 8u);
}

CAF_TEST(ports are given out of their range and no others) {
  CAF_CHECK_EQUAL(code_of(lease(first, port_wish(alice, 1, 80))), errc::port_out_of_range);
  CAF_CHECK(lease(first, port_wish(alice, 1, 10002)));
  CAF_CHECK_EQUAL(code_of(lease(second, port_wish(bob, 2, 10002))), errc::port_taken);
  for (int i = 0; i < 3; ++i)
    CAF_CHECK(lease(first, port_wish(alice, 1, 0)));
  CAF_CHECK_EQUAL(code_of(lease(second, port_wish(bob, 2, 0))), errc::no_free_port);
}

CAF_TEST(a free port that the store gave to another account is passed over) {
  facts->owners[{.port = 10000}] = bob;
  facts->owners[{.port = 10001}] = bob;
  auto granted = lease(first, port_wish(alice, 1, 0));
  CAF_REQUIRE(granted);
  CAF_CHECK(granted->key.port >= 10002);
}

CAF_TEST(an account that holds as much as it may is told so and asked for nothing else) {
  facts->claims_max = 1;
  CAF_REQUIRE(lease(first, port_wish(alice, 1, 0)));
  auto asked = facts->claims_asked;
  CAF_CHECK_EQUAL(code_of(lease(first, port_wish(alice, 1, 0))), errc::too_many_claims);
  CAF_CHECK_EQUAL(code_of(lease(first, wish(alice, 1, ""))), errc::too_many_claims);
  CAF_CHECK_EQUAL(code_of(lease(first, wish(alice, 1, "shop"))), errc::too_many_claims);
  CAF_CHECK_EQUAL(facts->claims_asked, asked + 3);
}

CAF_TEST(while the store is away new names wait and old ones stay) {
  CAF_REQUIRE(lease(first, wish(alice, 1, "shop")));
  facts->now = store_facts::mood::is_away;
  CAF_CHECK_EQUAL(code_of(lease(second, wish(bob, 2, "cafe"))), errc::control_unavailable);
  CAF_CHECK(lease(first, wish(alice, 1, "shop")));
  facts->now = store_facts::mood::answers;
  CAF_CHECK(lease(second, wish(bob, 2, "cafe")));
}

CAF_TEST(a store that says nothing is waited for a bounded time) {
  facts->now = store_facts::mood::is_silent;
  auto asked = first->request(names, caf::infinite, wish(alice, 1, "shop"));
  sched.run();
  pass(seconds{4});
  asked.receive([](const lease_grant&) { CAF_FAIL("nobody said that it may"); },
                [](const caf::error& why) {
                  CAF_CHECK_EQUAL(actors::to_failure(why).code, errc::control_unavailable);
                });
}

CAF_TEST(what is given up is free at once) {
  auto held = lease(first, wish(alice, 1, "shop"));
  CAF_REQUIRE(held);
  first->send(names, release_lease{session_id{1}, *held, after_release::give_up});
  sched.run();
  CAF_REQUIRE_EQUAL(facts->extended.size(), 1u);
  CAF_CHECK_EQUAL(facts->extended.front().hold, seconds{0});
}

CAF_TEST(of many sessions that end at once the store hears in few messages) {
  for (std::uint64_t session = 100; session < 400; ++session)
    CAF_REQUIRE(lease(first, wish(alice, session, "name" + std::to_string(session))));
  keep_store_busy();
  for (std::uint64_t session = 100; session < 400; ++session)
    end(first, session);
  CAF_CHECK_EQUAL(facts->extensions.size(), 1u); // one batch at a time
  pass(seconds{4});
  CAF_CHECK(facts->extensions == (std::vector<std::size_t>{1, 256, 44}));
  CAF_CHECK_EQUAL(facts->extended.back().hold, seconds{24 * 3600});
}

CAF_TEST(what is given up while the store is busy is free at once) {
  auto held = lease(first, wish(alice, 1, "shop"));
  CAF_REQUIRE(held);
  keep_store_busy();
  release(1, *held, after_release::give_up);
  CAF_CHECK_EQUAL(facts->extensions.size(), 1u);
  (void)lease(second, wish(bob, 2, "shop"));
  CAF_REQUIRE_EQUAL(facts->extensions.size(), 2u); // before it was asked
  CAF_CHECK_EQUAL(facts->extended.back().key.name, "shop");
  CAF_CHECK_EQUAL(facts->extended.back().hold, seconds{0});
}

CAF_TEST(what was given up and taken again is not given up afterwards) {
  auto held = lease(first, wish(alice, 1, "shop"));
  CAF_REQUIRE(held);
  keep_store_busy();
  release(1, *held, after_release::give_up);
  CAF_REQUIRE(lease(first, wish(alice, 1, "shop")));
  pass(seconds{4});
  for (const auto& each : facts->extended)
    CAF_CHECK(each.hold > seconds{0});
}

CAF_TEST_FIXTURE_SCOPE_END()
