// One identity, two lives: a restart is recognised, a copy is refused.
#define CAF_SUITE membership_identity
#include "tests/unit/protocol/membership_cluster.hpp"
#include "tests/unit/protocol/membership_node.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

const node_id ann{0x10, 0};
const node_id bob{0x60, 0};
const node_id cid{0x70, 0};

message introduction(const record& who) {
  message out;
  out.type = message_type::digest;
  out.run = who.run;
  out.records = {who};
  return out;
}

bool has_quit(const cluster::process& x) {
  return std::ranges::any_of(x.events, [](const event& e) {
    return e.kind == event_kind::refused && e.why->code == errc::identity_in_use;
  });
}

} // namespace

CAF_TEST(a new life of a dead member is let in at once) {
  node_under_test node;
  node.knows({telling(ann), telling(bob)});
  node.tell(ann, {claim(telling(bob), state::dead)});
  node.hear(bob, introduction(telling(bob, 2000)));
  CAF_CHECK_EQUAL(node.core.find(bob)->what.run, 2000u);
  CAF_CHECK(node.state_of(bob) == state::alive);
  CAF_CHECK(node.saw(event_kind::restarted, bob));
  CAF_CHECK(node.last(message_type::table, bob) != nullptr);
}

CAF_TEST(a new life of a member that seemed alive is let in when the old one does not answer) {
  node_under_test node;
  node.knows({telling(ann), telling(bob)});
  node.silent.insert(bob);
  node.unreachable.insert(bob);
  node.hear(bob, introduction(telling(bob, 2000)));
  CAF_CHECK_EQUAL(node.core.find(bob)->what.run, 1000u);
  node.wait(node.bounds.probe_timeout + milliseconds{1});
  CAF_CHECK_EQUAL(node.core.find(bob)->what.run, 2000u);
  CAF_CHECK(node.last(message_type::table, bob) != nullptr);
}

CAF_TEST(an answer of the new life does not speak for the old one) {
  node_under_test node;
  node.knows({telling(ann), telling(bob)});
  node.unreachable.insert(bob);
  node.silent.insert(bob);
  node.hear(bob, introduction(telling(bob, 2000)));
  message ack;
  ack.type = message_type::ack;
  ack.sequence = node.last(message_type::ping, bob)->sequence;
  ack.run = 2000;
  node.hear(bob, ack);
  node.wait(node.bounds.probe_timeout + milliseconds{1});
  CAF_CHECK_EQUAL(node.core.find(bob)->what.run, 2000u);
}

CAF_TEST(a copy of a living member is refused) {
  node_under_test node;
  node.knows({telling(ann), telling(bob)});
  node.forget();
  node.hear(bob, introduction(telling(bob, 2000)));
  CAF_REQUIRE(node.last(message_type::refusal, bob) != nullptr);
  CAF_CHECK_EQUAL(node.last(message_type::refusal, bob)->target_run, 2000u);
  CAF_CHECK(node.last(message_type::refusal, bob)->refused->code == errc::identity_in_use);
  CAF_CHECK(node.saw(event_kind::impersonated, bob));
  CAF_CHECK_EQUAL(node.core.find(bob)->what.run, 1000u);
}

CAF_TEST(a helper may know that the old one lives) {
  node_under_test node;
  node.knows({telling(ann), telling(bob), telling(cid)});
  node.silent.insert(bob); // but not unreachable: others have its link
  node.hear(bob, introduction(telling(bob, 2000)));
  CAF_CHECK(node.last(message_type::refusal, bob) != nullptr);
}

CAF_TEST(a node that is refused before it is in ends with the reason) {
  node_under_test node;
  node.core.contact(bob, node.now);
  message x;
  x.type = message_type::refusal;
  x.refused = fail(errc::identity_in_use, "me");
  x.target_run = my_start + 5; // another life
  node.hear(bob, x);
  CAF_CHECK(!node.saw(event_kind::refused, me));
  x.target_run = my_start;
  node.hear(bob, x);
  CAF_REQUIRE(node.saw(event_kind::refused, me));
  CAF_CHECK(node.events.back().why->code == errc::identity_in_use);
}

CAF_TEST(a member of long standing is not talked out of the cluster) {
  node_under_test node;
  node.knows({telling(ann), telling(bob)});
  node.tell(ann, {telling(ann), telling(bob), node.core.self()}, message_type::table);
  message x;
  x.type = message_type::refusal;
  x.refused = fail(errc::identity_in_use, "me");
  x.target_run = my_start;
  node.hear(bob, x);
  CAF_CHECK(!node.saw(event_kind::refused, me));
}

CAF_TEST(the elder of two takes a higher run and the younger gives way) {
  node_under_test node;
  node.knows({telling(ann)});
  auto younger = node.core.self();
  younger.run = younger.started = my_start + 50;
  node.tell(ann, {younger});
  CAF_CHECK_EQUAL(node.core.self().run, my_start + 51);
  CAF_CHECK_EQUAL(node.core.self().started, my_start);
  CAF_CHECK(!node.saw(event_kind::refused, me));
  auto elder = node.core.self();
  elder.run += 1;
  elder.started = my_start - 1;
  node.tell(ann, {elder});
  CAF_REQUIRE(node.saw(event_kind::refused, me));
  CAF_CHECK(node.events.back().why->code == errc::identity_in_use);
}

CAF_TEST(an earlier life whose clock was ahead is outrun when it is known to be over) {
  node_under_test node;
  node.knows({telling(ann)});
  auto earlier = node.core.self();
  earlier.run = earlier.started = my_start + 1'000'000;
  node.tell(ann, {claim(earlier, state::dead)});
  CAF_CHECK_EQUAL(node.core.self().run, my_start + 1'000'001);
  CAF_CHECK(!node.saw(event_kind::refused, me));
}

CAF_TEST(the largest run that can be forged ends the node and does not wrap) {
  node_under_test node;
  node.knows({telling(ann)});
  auto forged = claim(node.core.self(), state::dead);
  forged.run = membership::run_max;
  node.tell(ann, {forged});
  CAF_CHECK(node.saw(event_kind::refused, me));
}

CAF_TEST(checks of identities are few at once) {
  node_under_test node{{.identity_checks_max = 2}};
  std::vector<record> many;
  for (std::uint64_t i = 1; i <= 10; ++i)
    many.push_back(telling({0x1000 + i, 0}));
  node.knows(many);
  for (const auto& x : many)
    node.silent.insert(x.id);
  node.forget();
  for (const auto& x : many)
    node.hear(x.id, introduction(telling(x.id, 2000)));
  std::size_t pings = 0;
  for (const auto& [to, x] : node.said)
    pings += x.type == message_type::ping ? 1 : 0;
  CAF_CHECK_EQUAL(pings, 2u);
}

CAF_TEST(in a cluster a copied node quits and the original stays) {
  cluster all{11};
  all.form(10);
  auto copy = all.start_again(4, {7});
  CAF_CHECK(all.run_until(seconds{3}, [&] { return has_quit(all[copy]); }));
  all.kill(copy);
  all.run_for(seconds{5});
  CAF_CHECK(!has_quit(all[4]));
  CAF_CHECK(all.agrees());
}

CAF_TEST(a copy that joined during a partition quits when it heals) {
  cluster all{12};
  all.form(10);
  auto side = [&](std::size_t i) { return all[i].id == all[0].id || i == 10; };
  all.passes = [&](std::size_t a, std::size_t b) { return side(a) == side(b); };
  all.run_for(seconds{5});
  auto copy = all.start_again(4, {0});
  CAF_REQUIRE_EQUAL(copy, 10u);
  CAF_CHECK(all.run_until(seconds{5}, [&] { return all[0].core->live() == 1; }));
  all.passes = {};
  CAF_CHECK(all.run_until(seconds{20}, [&] { return has_quit(all[copy]); }));
  all.kill(copy);
  CAF_CHECK(all.run_until(seconds{10}, [&] { return all.agrees(); }));
  CAF_CHECK(!has_quit(all[4]));
}

CAF_TEST(a node restarted with a clock that went back comes back all the same) {
  for (auto how : {cluster::ending::silent, cluster::ending::broken_off}) {
    cluster all{13};
    all.form(8);
    all.kill(3, how);
    all.run_for(milliseconds{100});
    auto again = all.start_again(3, {1}, -1'000'000'000'000);
    CAF_CHECK(all.run_until(seconds{5}, [&] { return all.agrees(); }));
    CAF_CHECK(!has_quit(all[again]));
  }
}
