// Sessions of a cluster: companions, and agents that make another edge their home.
#define CAF_SUITE moving_sessions

#include "tests/unit/actors/tree_fixture.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

constexpr node_id here{1, 1}, there{2, 2};
constexpr session_id afar{4711};

/// What the other edges know and are told.
struct exchange_log {
  std::map<session_id, actors::remote_session> remote;
  std::vector<session_record> told;
  std::vector<companion_lanes> told_home;
  std::vector<session_id> moved;
  bool is_away = false;
  /// Moves wait, while set, for the next fact.
  bool holds_moves_back = false;
  std::vector<caf::typed_response_promise<actors::moved_here>> waiting;
};

using exchange_self = actors::session_exchange_actor::pointer;

actors::session_exchange_actor::behavior_type stand_in(exchange_self self,
                                                       std::shared_ptr<exchange_log> log) {
  return {
    [=](const actors::tell_session& news) { log->told.push_back(news.record); },
    [=](const actors::forget_session&) {
      for (auto& each : std::exchange(log->waiting, {}))
        each.deliver(actors::moved_here{});
    },
    [=](const actors::find_remote_session& ask) -> caf::result<actors::remote_session> {
      if (log->is_away)
        return actors::make_caf_error(fail(errc::control_unavailable));
      auto found = log->remote.find(ask.session);
      if (found == log->remote.end())
        return actors::make_caf_error(fail(errc::resume_refused));
      return found->second;
    },
    [=](const actors::tell_home& news) { log->told_home.push_back(news.news); },
    [=](const actors::move_here& ask) {
      log->moved.push_back(ask.session);
      auto promise = self->make_response_promise<actors::moved_here>();
      if (log->holds_moves_back)
        log->waiting.push_back(promise);
      else
        promise.deliver(actors::moved_here{ask.session, true});
      return promise;
    },
  };
}

struct fixture : tree_fixture {
  fixture() {
    log->remote[afar]
      = {{afar, account_id{1}, key_id{1}, digest_of("token"), {there}}, there, true};
    exchange = guard(sys.spawn(stand_in, log));
    // Its ids are not those of the tree's sessions.
    auto outside = plain_world();
    outside.random = [last = std::make_shared<std::uint64_t>(1'000'000)] { return ++*last; };
    auto settings = test_settings().reception;
    settings.session.here = here;
    reception = guard(actors::spawn_reception(
      sys, doors.store.as<actors::store_actor>(),
      {tree.leases(), tree.routes(), tree.desk(), edge, tree.captures(), exchange}, outside,
      settings));
  }

  greet_agent hello(lane_purpose purpose, const std::string& token = "token") {
    return {.token_hash = digest_of(token),
            .session = afar,
            .agent = "agent/1",
            .address = "203.0.113.7",
            .purpose = purpose};
  }
  result<agent_admitted> come(const greet_agent& greeting) {
    return answer_of<agent_admitted>(reception, greeting);
  }
  /// An agent whose home is here.
  agent_admitted join_here() {
    auto admitted = come({.key_hash = digest_of("key of alice")});
    CAF_REQUIRE(admitted);
    lanes_here(admitted->session, 1);
    return *admitted;
  }
  void lanes_here(session_id session, std::uint32_t count) {
    tell(reception, lanes_changed{session, count});
  }
  result<endpoint_bound> bind_here(session_id session, std::string name) {
    return answer_of<endpoint_bound>(reception, bind_endpoint{session, {.name = std::move(name)}});
  }
  /// Its new home tells of it at once.
  result<session_let_go> move_away(const agent_admitted& who) {
    log->remote[who.session] = {
      {who.session, account_id{1}, key_id{1}, digest_of(who.resume_token), {there}}, there, true};
    return answer_of<session_let_go>(reception,
                                     session_moved{who.session, digest_of(who.resume_token)});
  }

  std::shared_ptr<exchange_log> log = std::make_shared<exchange_log>();
  actors::session_exchange_actor exchange;
  actors::reception_actor reception;
};

using places = std::vector<node_id>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(moving_sessions_tests, fixture)

CAF_TEST(other edges are told of a session and where it has lanes) {
  auto agent = join_here();
  CAF_REQUIRE(!log->told.empty());
  auto record = log->told.back();
  CAF_CHECK(record.session == agent.session);
  CAF_CHECK(record.account == account_id{1});
  CAF_CHECK(record.key == key_id{1});
  CAF_CHECK(record.token_hash == digest_of(agent.resume_token));
  CAF_CHECK(record.lanes_at == places{here});
  auto count = log->told.size();
  lanes_here(agent.session, 2); // how many is nobody's business
  CAF_CHECK_EQUAL(log->told.size(), count);
  tell(reception, actors::companion_changed{agent.session, there, 1});
  CAF_CHECK(log->told.back().lanes_at == (places{here, there}));
  lanes_here(agent.session, 0);
  CAF_CHECK(log->told.back().lanes_at == places{there});
  tell(reception, actors::repeat_tunnels{});
  CAF_CHECK_EQUAL(log->told.size(), count + 3);
}

CAF_TEST(an agent that has a companion is not away) {
  auto agent = join_here();
  CAF_REQUIRE(bind_here(agent.session, "shop"));
  tell(reception, actors::companion_changed{agent.session, there, 1});
  lanes_here(agent.session, 0);
  pass(seconds{61});
  auto other = join("key of alice");
  CAF_CHECK_EQUAL(code_of(bind_http(other.session, "shop")), errc::name_taken);
  tell(reception, actors::companion_changed{agent.session, there, 0});
  CAF_CHECK(bind_http(other.session, "shop"));
  CAF_CHECK_EQUAL(tunnels_of(as(1)).size(), 1u);
}

CAF_TEST(the lane of a companion is let in by the token and its home hears of it) {
  auto admitted = come(hello(lane_purpose::companion));
  CAF_REQUIRE(admitted);
  CAF_CHECK(admitted->session == afar);
  CAF_CHECK(admitted->owner == account_id{1});
  CAF_CHECK(admitted->resume_token.empty());
  lanes_here(afar, 1);
  lanes_here(afar, 0);
  CAF_CHECK(log->told_home == (std::vector<companion_lanes>{{afar, 1}, {afar, 0}}));
  CAF_CHECK(log->moved.empty());
  CAF_CHECK(log->told.empty());
  CAF_CHECK(edge->closed.empty());
}

CAF_TEST(nothing is bound on the lane of a companion) {
  CAF_REQUIRE(come(hello(lane_purpose::companion)));
  lanes_here(afar, 1);
  CAF_CHECK_EQUAL(code_of(bind_here(afar, "shop")), errc::control_unavailable);
  CAF_CHECK(edge->closed.empty());
}

CAF_TEST(the lane of a companion needs the token and a home that can be reached) {
  CAF_CHECK_EQUAL(code_of(come(hello(lane_purpose::companion, "guess"))), errc::resume_refused);
  log->remote[afar].is_reachable = false;
  CAF_CHECK_EQUAL(code_of(come(hello(lane_purpose::companion))), errc::control_unavailable);
  log->is_away = true;
  CAF_CHECK_EQUAL(code_of(come(hello(lane_purpose::companion))), errc::control_unavailable);
  log->is_away = false;
  log->remote.clear();
  CAF_CHECK_EQUAL(code_of(come(hello(lane_purpose::companion))), errc::resume_refused);
}

CAF_TEST(a companion has so many lanes and no more) {
  CAF_REQUIRE(come(hello(lane_purpose::companion)));
  lanes_here(afar, 4);
  CAF_CHECK_EQUAL(code_of(come(hello(lane_purpose::companion))), errc::lane_limit);
}

CAF_TEST(the lane of a companion at the home is one of its lanes) {
  auto agent = join_here();
  auto again = hello(lane_purpose::companion, agent.resume_token);
  again.session = agent.session;
  auto admitted = come(again);
  CAF_REQUIRE(admitted);
  CAF_CHECK(admitted->session == agent.session);
}

CAF_TEST(lanes of a session that ended elsewhere are closed) {
  CAF_REQUIRE(come(hello(lane_purpose::companion)));
  lanes_here(afar, 1);
  pass(seconds{10});
  CAF_CHECK(edge->closed.empty());
  log->remote.clear();
  pass(seconds{5});
  CAF_REQUIRE_EQUAL(edge->closed.size(), 1u);
  CAF_CHECK(edge->closed.front().first == afar);
}

CAF_TEST(a session moves here with its token and no key) {
  auto admitted = come(hello(lane_purpose::home));
  CAF_REQUIRE(admitted);
  CAF_CHECK(admitted->session == afar);
  CAF_CHECK(admitted->owner == account_id{1});
  CAF_CHECK(admitted->resume_token.empty());
  CAF_CHECK(log->moved == std::vector<session_id>{afar});
  lanes_here(afar, 1);
  CAF_CHECK(log->told.back().session == afar);
  CAF_CHECK(log->told.back().lanes_at == places{here});
  CAF_CHECK(log->told.back().token_hash == digest_of("token"));
  CAF_CHECK(bind_here(afar, "shop"));
  CAF_REQUIRE(edge->find("shop.test") != nullptr);
  CAF_CHECK(edge->find("shop.test")->session == afar);
  CAF_CHECK(come(hello(lane_purpose::home))); // one more lane
  CAF_CHECK_EQUAL(log->moved.size(), 1u);
}

CAF_TEST(a session moves while the store is away) {
  facts->now = store_facts::mood::is_away;
  CAF_CHECK(come(hello(lane_purpose::home)));
  CAF_CHECK(facts->keys_asked.empty());
}

CAF_TEST(a wrong token moves nothing) {
  CAF_CHECK_EQUAL(code_of(come(hello(lane_purpose::home, "guess"))), errc::resume_refused);
  auto with_key = hello(lane_purpose::home, "guess");
  with_key.key_hash = digest_of("key of bob");
  auto other = come(with_key);
  CAF_REQUIRE(other);
  CAF_CHECK(other->session != afar);
  CAF_CHECK(other->owner == account_id{2});
  CAF_CHECK(log->moved.empty());
}

CAF_TEST(a session that nobody knows is opened by its key) {
  log->remote.clear();
  auto greeting = hello(lane_purpose::home);
  greeting.key_hash = digest_of("key of alice");
  auto admitted = come(greeting);
  CAF_REQUIRE(admitted);
  CAF_CHECK(!admitted->resume_token.empty());
  log->is_away = true;
  CAF_CHECK(come(greeting));
}

CAF_TEST(lanes that come at once are one move) {
  log->holds_moves_back = true;
  auto first = ask<agent_admitted>(reception, hello(lane_purpose::home));
  auto second = ask<agent_admitted>(reception, hello(lane_purpose::home));
  CAF_CHECK(!first->has_value());
  tell(exchange, actors::forget_session{});
  for (const auto& each : {first, second}) {
    CAF_REQUIRE(each->has_value());
    CAF_REQUIRE(**each);
    CAF_CHECK((**each)->session == afar);
  }
  CAF_CHECK_EQUAL(log->moved.size(), 1u);
}

CAF_TEST(an exchange that says nothing keeps no agent waiting) {
  log->holds_moves_back = true;
  auto asked = ask<agent_admitted>(reception, hello(lane_purpose::home));
  pass(seconds{3});
  CAF_REQUIRE(asked->has_value());
  CAF_CHECK(**asked);
}

CAF_TEST(the lanes that an agent had here as a companion are its own after the move) {
  CAF_REQUIRE(come(hello(lane_purpose::companion)));
  lanes_here(afar, 1);
  CAF_REQUIRE(come(hello(lane_purpose::home)));
  CAF_REQUIRE(!log->told.empty());
  CAF_CHECK(log->told.back().lanes_at == places{here});
  lanes_here(afar, 2);
  CAF_CHECK_EQUAL(log->told_home.size(), 1u); // there is no other home any more
  CAF_CHECK(bind_here(afar, "shop"));
}

CAF_TEST(a revoked key ends sessions that came from elsewhere too) {
  CAF_REQUIRE(come(hello(lane_purpose::home)));
  lanes_here(afar, 1);
  facts->keys.erase(digest_of("key of alice"));
  pass(seconds{5});
  CAF_REQUIRE_EQUAL(edge->closed.size(), 1u);
  CAF_CHECK((edge->closed.front() == std::pair{afar, errc::key_invalid}));
}

CAF_TEST(a session that moves away leaves its routes for a moment and says nothing to its agent) {
  auto agent = join_here();
  CAF_REQUIRE(bind_here(agent.session, "shop"));
  CAF_REQUIRE(move_away(agent));
  CAF_CHECK(edge->find("shop.test") != nullptr);
  CAF_CHECK(tunnels_of(as(1)).empty()); // its new home shows it
  CAF_CHECK(log->told.back().lanes_at.empty());
  pass(seconds{4});
  CAF_CHECK(edge->find("shop.test") == nullptr);
  CAF_CHECK(edge->closed.empty());
  CAF_CHECK(edge->dropped.empty());
}

CAF_TEST(that another edge serves its names does not concern a session that moved there) {
  auto agent = join_here();
  CAF_REQUIRE(bind_here(agent.session, "shop"));
  CAF_REQUIRE(move_away(agent));
  caf::scoped_actor elsewhere{sys}; // as its new home's keeper
  lease_endpoint wish{.account = account_id{1}, .session = agent.session, .name = "shop"};
  CAF_REQUIRE(answer_to<lease_grant>(elsewhere, names_of(doors), wish));
  pass(seconds{4});
  CAF_CHECK(edge->dropped.empty());
  auto stranger = join("key of alice");
  CAF_CHECK_EQUAL(code_of(bind_http(stranger.session, "shop")), errc::name_taken);
}

CAF_TEST(the lanes of a session that moved away are those of a companion) {
  auto agent = join_here();
  CAF_REQUIRE(move_away(agent));
  CAF_CHECK(log->told_home == (std::vector<companion_lanes>{{agent.session, 1}}));
  lanes_here(agent.session, 0);
  CAF_CHECK(log->told_home.back() == (companion_lanes{agent.session, 0}));
  CAF_CHECK(edge->closed.empty());
}

CAF_TEST(a session moves away by its token only) {
  auto agent = join_here();
  auto thief = agent;
  thief.resume_token = "guess";
  CAF_CHECK_EQUAL(code_of(move_away(thief)), errc::resume_refused);
  CAF_CHECK(bind_here(agent.session, "shop"));
  auto nobody = agent;
  nobody.session = session_id{999};
  CAF_CHECK_EQUAL(code_of(move_away(nobody)), errc::resume_refused);
}

CAF_TEST(a session that moved away can come back at once) {
  auto agent = join_here();
  CAF_REQUIRE(bind_here(agent.session, "shop"));
  CAF_REQUIRE(move_away(agent));
  log->remote[agent.session] = {
    {agent.session, account_id{1}, key_id{1}, digest_of(agent.resume_token), {there}}, there, true};
  auto again = hello(lane_purpose::home, agent.resume_token);
  again.session = agent.session;
  CAF_REQUIRE(come(again));
  CAF_REQUIRE(bind_here(agent.session, "shop"));
  pass(seconds{4}); // what was left of it is gone by now
  CAF_CHECK(edge->find("shop.test") != nullptr);
  CAF_CHECK(edge->dropped.empty());
}

CAF_TEST_FIXTURE_SCOPE_END()
