// The rules of membership, one by one: probes, suspicion, news, tables.
#define CAF_SUITE membership_core
#include "tests/unit/protocol/membership_node.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::tests;

namespace {

const node_id ann{0x10, 0};
const node_id bob{0x60, 0};
const node_id cid{0x70, 0};
const node_id dan{0x80, 0};
const node_id eve{0x90, 0};

struct fixture : node_under_test {
  using node_under_test::node_under_test;

  void knows_four() { knows({telling(ann), telling(bob), telling(cid), telling(dan)}); }

  /// Nobody reaches it any more.
  void falls_silent(const node_id& id) {
    silent.insert(id);
    unreachable.insert(id);
  }
};

constexpr milliseconds tick{10};

} // namespace

CAF_TEST(who introduces itself is a member and gets the table) {
  fixture node;
  message x;
  x.type = message_type::digest;
  x.records = {telling(bob)};
  node.hear(bob, x);
  CAF_CHECK(node.saw(event_kind::joined, bob));
  CAF_CHECK_EQUAL(node.core.live(), 1u);
  CAF_REQUIRE(node.last(message_type::table, bob) != nullptr);
  CAF_CHECK(node.last(message_type::table, bob)->records.front() == node.core.self());
}

CAF_TEST(a seed is asked until it answers) {
  fixture node;
  node.core.contact(bob, node.now);
  node.wait(seconds{3});
  CAF_CHECK(node.count(message_type::digest, bob) >= 3);
  node.tell(bob, {telling(bob), node.core.self()}, message_type::table);
  auto before = node.count(message_type::digest, bob);
  node.silent.insert(bob);
  node.wait(milliseconds{700});
  CAF_CHECK(node.count(message_type::digest, bob) <= before + 1);
}

CAF_TEST(the neighbour is asked in every period and all are asked in turn) {
  fixture node;
  node.knows_four();
  node.forget();
  node.wait(seconds{4});
  CAF_CHECK(node.count(message_type::ping, bob) >= 8); // the next id after ours
  for (const auto& id : {ann, cid, dan})
    CAF_CHECK(node.count(message_type::ping, id) >= 1);
}

CAF_TEST(a ping is answered with its number) {
  fixture node;
  node.knows({telling(bob)});
  message x;
  x.type = message_type::ping;
  x.sequence = 77;
  node.hear(bob, x);
  CAF_REQUIRE(node.last(message_type::ack, bob) != nullptr);
  CAF_CHECK_EQUAL(node.last(message_type::ack, bob)->sequence, 77u);
}

CAF_TEST(others are asked before anybody is suspected) {
  fixture node;
  node.knows_four();
  node.silent.insert(bob);
  node.wait(seconds{3});
  CAF_CHECK(node.count(message_type::ping_request, cid) > 0);
  CAF_CHECK(!node.saw(event_kind::suspected, bob));
}

CAF_TEST(who answers nobody is suspected and then dead and everybody is told) {
  fixture node;
  node.knows_four();
  node.falls_silent(bob);
  auto killed = node.now;
  while (!node.saw(event_kind::suspected, bob) && node.now < killed + seconds{5})
    node.wait(tick);
  CAF_CHECK(node.now - killed <= node.bounds.probe_period + node.bounds.probe_timeout + tick);
  CAF_CHECK(node.told(bob, state::suspect) > 0);
  CAF_CHECK(node.state_of(bob) == state::suspect);
  auto suspected = node.now;
  while (!node.saw(event_kind::died, bob) && node.now < suspected + seconds{5})
    node.wait(tick);
  CAF_CHECK(node.now - suspected >= node.bounds.suspicion_max - tick);
  CAF_CHECK(node.now - suspected <= node.bounds.suspicion_max + tick);
  node.wait(milliseconds{300});
  CAF_CHECK(node.told(bob, state::dead) > 0);
  CAF_CHECK_EQUAL(node.core.live(), 3u);
  CAF_CHECK_EQUAL(node.core.health(), 0u);
}

CAF_TEST(others who say the same shorten a suspicion) {
  fixture node;
  node.knows_four();
  node.falls_silent(bob);
  node.tell(ann, {claim(telling(bob), state::suspect, {ann})});
  auto suspected = node.now;
  node.tell(cid, {claim(telling(bob), state::suspect, {cid})});
  node.tell(dan, {claim(telling(bob), state::suspect, {dan, eve})});
  while (!node.saw(event_kind::died, bob) && node.now < suspected + seconds{5})
    node.wait(tick);
  CAF_CHECK(node.now - suspected <= node.bounds.suspicion_min + tick);
}

CAF_TEST(the same accuser again shortens nothing) {
  fixture node;
  node.knows_four();
  node.falls_silent(bob);
  for (int i = 0; i < 10; ++i)
    node.tell(ann, {claim(telling(bob), state::suspect, {ann})});
  CAF_CHECK_EQUAL(node.core.find(bob)->what.accusers.size(), 1u);
}

CAF_TEST(a suspect who contradicts is alive again) {
  fixture node;
  node.knows_four();
  node.falls_silent(bob);
  node.tell(ann, {claim(telling(bob), state::suspect, {ann})});
  auto again = telling(bob);
  again.incarnation = 1;
  node.tell(cid, {again});
  CAF_CHECK(node.saw(event_kind::returned, bob));
  CAF_CHECK(node.state_of(bob) == state::alive);
  CAF_CHECK(node.core.find(bob)->what.accusers.empty());
}

CAF_TEST(a suspect is told what is said of it) {
  fixture node;
  node.knows_four();
  node.falls_silent(bob);
  node.tell(ann, {claim(telling(bob), state::suspect, {ann})});
  CAF_REQUIRE(node.last(message_type::ping, bob) != nullptr);
  const auto& records = node.last(message_type::ping, bob)->records;
  CAF_REQUIRE(!records.empty());
  CAF_CHECK(records.front().id == bob);
  CAF_CHECK(records.front().state == state::suspect);
}

CAF_TEST(a suspect that answers this node is not declared dead by it) {
  fixture node;
  node.knows_four();
  node.tell(ann, {claim(telling(bob), state::suspect, {ann})});
  node.wait(seconds{20});
  CAF_CHECK(node.state_of(bob) == state::suspect);
  CAF_CHECK(!node.saw(event_kind::died, bob));
}

CAF_TEST(what is said of this node is contradicted under a higher incarnation) {
  fixture node;
  node.knows_four();
  node.tell(ann, {claim(node.core.self(), state::suspect, {ann})});
  CAF_CHECK_EQUAL(node.core.self().incarnation, 1u);
  node.tell(ann, {claim(node.core.self(), state::dead)});
  CAF_CHECK_EQUAL(node.core.self().incarnation, 2u);
  node.tell(ann, {claim(node.core.self(), state::left)});
  CAF_CHECK_EQUAL(node.core.self().incarnation, 3u);
  CAF_CHECK(node.core.self().state == state::alive);
  CAF_CHECK_EQUAL(node.core.counters().refutations, 3u);
  node.wait(milliseconds{200});
  CAF_CHECK(node.told(me, state::alive) > 0);
}

CAF_TEST(an old accusation is not contradicted twice) {
  fixture node;
  node.knows_four();
  auto old = claim(node.core.self(), state::suspect, {ann});
  for (int i = 0; i < 100; ++i)
    node.tell(ann, {old});
  CAF_CHECK_EQUAL(node.core.self().incarnation, 1u);
}

CAF_TEST(forged facts about this node are contradicted) {
  fixture node;
  node.knows_four();
  auto forged = node.core.self();
  forged.about->cluster_address = "192.0.2.66:666";
  node.tell(ann, {forged});
  CAF_CHECK_EQUAL(node.core.self().incarnation, 1u);
  CAF_CHECK(node.core.self().about->cluster_address.empty());
  forged.incarnation = 1000;
  node.tell(ann, {forged});
  CAF_CHECK_EQUAL(node.core.self().incarnation, 1001u);
}

CAF_TEST(an incarnation that cannot be counted up begins a new run) {
  fixture node;
  node.knows_four();
  auto forged = claim(node.core.self(), state::dead);
  forged.incarnation = UINT32_MAX;
  node.tell(ann, {forged});
  CAF_CHECK_EQUAL(node.core.self().run, my_start + 1);
  CAF_CHECK_EQUAL(node.core.self().incarnation, 0u);
}

CAF_TEST(a member that leaves is believed at once and not tried again) {
  fixture node;
  node.knows_four();
  auto gone = telling(bob);
  gone.incarnation = 1;
  gone.state = state::left;
  node.tell(bob, {gone});
  CAF_CHECK(node.saw(event_kind::left, bob));
  node.forget();
  node.silent.insert(bob);
  node.wait(seconds{30});
  CAF_CHECK_EQUAL(node.count(message_type::ping, bob), 0u);
}

CAF_TEST(this node says goodbye to many at once and does not take it back) {
  fixture node;
  node.knows_four();
  node.core.leave(node.now);
  node.take_out();
  for (const auto& id : {ann, bob, cid, dan})
    CAF_CHECK(node.last(message_type::gossip, id) != nullptr);
  auto said = node.core.self();
  CAF_CHECK(said.state == state::left);
  node.tell(ann, {claim(said, state::suspect, {ann})});
  CAF_CHECK(node.core.self() == said);
  node.wait(seconds{5});
  CAF_CHECK_EQUAL(node.count(message_type::ping, eve), 0u);
}

CAF_TEST(the dead are tried now and then) {
  fixture node;
  node.knows_four();
  node.falls_silent(bob);
  node.wait(seconds{5});
  CAF_REQUIRE(node.state_of(bob) == state::dead);
  node.forget();
  node.wait(seconds{10});
  CAF_CHECK(node.count(message_type::ping, bob) >= 1);
  CAF_CHECK(node.last(message_type::ping, bob)->records.front().state == state::dead);
}

CAF_TEST(the dead are forgotten after a day and those who left after an hour) {
  fixture node;
  node.knows({telling(bob), telling(cid), telling(dan)});
  node.tell(dan, {claim(telling(bob), state::dead), claim(telling(cid), state::left)});
  CAF_REQUIRE(node.state_of(bob) == state::dead);
  node.silent.insert(bob);
  node.wait(std::chrono::hours{1} + std::chrono::minutes{2});
  CAF_CHECK(node.core.find(cid) == nullptr);
  CAF_CHECK(node.core.find(bob) != nullptr);
  node.wait(std::chrono::hours{23});
  CAF_CHECK(node.core.find(bob) == nullptr);
  CAF_CHECK(node.saw(event_kind::forgotten, bob));
}

CAF_TEST(what a table says of the living is checked before it is believed) {
  fixture node;
  node.knows_four();
  auto claimed = claim(telling(bob), state::dead);
  node.tell(ann, {claimed}, message_type::table);
  CAF_CHECK(node.state_of(bob) == state::alive);
  CAF_REQUIRE(node.last(message_type::ping, bob) != nullptr);
  CAF_CHECK(node.last(message_type::ping, bob)->records.front() == claimed);
}

CAF_TEST(a table is answered with what is newer here) {
  fixture node;
  node.knows_four();
  auto old = telling(bob);
  auto newer = telling(bob);
  newer.incarnation = 4;
  node.tell(bob, {newer});
  node.tell(ann, {telling(ann), old, telling(cid), node.core.self()}, message_type::table);
  const auto* x = node.last(message_type::correction, ann);
  CAF_REQUIRE(x != nullptr);
  CAF_REQUIRE_EQUAL(x->records.size(), 2u);
  CAF_CHECK(x->records[0] == newer);
  CAF_CHECK(x->records[1] == telling(dan));
}

CAF_TEST(equal tables are not sent) {
  fixture node;
  node.knows_four();
  message x;
  x.type = message_type::digest;
  x.digest = node.core.digest();
  x.members = 5;
  node.hear(ann, x);
  CAF_CHECK_EQUAL(node.count(message_type::table, ann), 0u);
}

CAF_TEST(the whole table goes to one member only so often) {
  fixture node;
  node.knows_four();
  message x;
  x.type = message_type::digest;
  for (int i = 0; i < 100; ++i)
    node.hear(ann, x);
  CAF_CHECK_EQUAL(node.count(message_type::table, ann), 1u);
}

CAF_TEST(tables are answered with a bounded number of messages) {
  fixture node;
  node.knows_four();
  for (int i = 0; i < 100; ++i)
    node.tell(ann, {telling(ann)}, message_type::table);
  CAF_CHECK_EQUAL(node.count(message_type::correction, ann), node.bounds.corrections_max);
  node.wait(seconds{1});
  node.tell(ann, {telling(ann)}, message_type::table);
  CAF_CHECK(node.count(message_type::correction, ann) > node.bounds.corrections_max);
}

CAF_TEST(news leaves a bounded number of times) {
  fixture node;
  node.knows_four();
  node.wait(seconds{5});
  node.forget();
  auto changed = telling(bob);
  changed.incarnation = 1;
  changed.about->draining = true;
  node.tell(bob, {changed});
  CAF_CHECK(node.saw(event_kind::changed, bob));
  node.wait(seconds{20});
  auto times = node.told(bob, state::alive);
  CAF_CHECK(times >= 6);
  CAF_CHECK(times <= 9); // 3 * log2(8)
}

CAF_TEST(no message of gossip is larger than a packet) {
  fixture node;
  std::vector<record> many;
  for (std::uint64_t i = 1; i <= 200; ++i)
    many.push_back(telling({0x1000 + i, 0}));
  node.knows(many);
  node.wait(seconds{2});
  std::size_t gossips = 0;
  for (const auto& [to, x] : node.said) {
    byte_queue bytes;
    append_to(bytes, x);
    if (x.type != message_type::table && x.type != message_type::correction)
      CAF_CHECK(bytes.size() <= membership::gossip_bytes_max);
    gossips += x.type == message_type::gossip ? 1 : 0;
  }
  CAF_CHECK(gossips > 0);
}

CAF_TEST(a large table comes in pages that cover all ids) {
  fixture node;
  std::vector<record> many;
  for (std::uint64_t i = 1; i <= 500; ++i)
    many.push_back(telling({0x1000 + i, 0}));
  node.knows(many);
  node.forget();
  message x;
  x.type = message_type::digest;
  node.hear(many[0].id, x);
  node_id after;
  std::size_t records = 0;
  for (const auto& [to, page] : node.said) {
    if (page.type != message_type::table)
      continue;
    CAF_CHECK(page.page->after == after);
    after = page.page->until;
    records += page.records.size();
  }
  CAF_CHECK(after == (node_id{UINT64_MAX, UINT64_MAX}));
  CAF_CHECK_EQUAL(records, 501u);
  CAF_CHECK(node.largest <= membership::page_bytes_max);
}

CAF_TEST(who asks for another one gets its answer or hears that there is none) {
  fixture node;
  node.knows_four();
  message x;
  x.type = message_type::ping_request;
  x.sequence = 5;
  x.target = bob;
  node.hear(ann, x);
  CAF_REQUIRE(node.last(message_type::ack, ann) != nullptr);
  CAF_CHECK(node.last(message_type::ack, ann)->target == bob);
  CAF_CHECK_EQUAL(node.last(message_type::ack, ann)->target_run, 1000u);
  node.falls_silent(cid);
  x.target = cid;
  node.hear(ann, x);
  node.wait(milliseconds{200});
  CAF_REQUIRE(node.last(message_type::nack, ann) != nullptr);
  CAF_CHECK(node.last(message_type::nack, ann)->target == cid);
}

CAF_TEST(a lost link is followed by a question at once) {
  fixture node;
  node.knows_four();
  node.wait(seconds{1});
  node.forget();
  node.falls_silent(dan);
  node.core.on_link_lost(dan, node.now);
  node.take_out();
  CAF_CHECK(node.last(message_type::ping, dan) != nullptr);
  node.wait(tick);
  CAF_CHECK(node.count(message_type::ping_request, ann)
              + node.count(message_type::ping_request, bob)
              + node.count(message_type::ping_request, cid)
            == 3);
}

CAF_TEST(a node that was stopped blames nobody) {
  fixture node;
  node.knows_four();
  node.wait(seconds{2});
  node.silent = {ann, bob, cid, dan};
  node.wait(milliseconds{450});
  node.now += seconds{30};
  node.core.tick(node.now);
  node.silent.clear();
  node.take_out();
  node.wait(seconds{5});
  CAF_CHECK_EQUAL(node.core.counters().stalls, 1u);
  CAF_CHECK_EQUAL(node.core.live(), 4u);
  CAF_CHECK(!node.saw(event_kind::died, bob));
}

CAF_TEST(a node that hears nobody at all judges more slowly) {
  fixture node;
  node.knows_four();
  node.silent = {ann, bob, cid, dan};
  node.wait(seconds{3});
  CAF_CHECK(node.core.health() > 0);
  node.silent.clear();
  node.wait(seconds{20});
  CAF_CHECK_EQUAL(node.core.health(), 0u);
}

CAF_TEST(a clock that goes back changes nothing) {
  fixture node;
  node.knows_four();
  node.wait(seconds{2});
  node.now -= seconds{60};
  node.core.tick(node.now);
  node.take_out();
  node.tell(ann, {telling(eve)});
  CAF_CHECK_EQUAL(node.core.live(), 5u);
  node.now += seconds{60};
  node.wait(seconds{5});
  CAF_CHECK_EQUAL(node.core.counters().stalls, 0u);
}

CAF_TEST(changed facts are told and a little more load is not ) {
  fixture node;
  node.knows_four();
  auto about = *node.core.self().about;
  about.load = 20;
  CAF_CHECK(node.core.update(about, node.now).has_value());
  node.wait(seconds{30});
  CAF_CHECK_EQUAL(node.core.self().incarnation, 0u);
  about.load = 200;
  CAF_CHECK(node.core.update(about, node.now).has_value());
  node.wait(seconds{1});
  CAF_CHECK_EQUAL(node.core.self().incarnation, 1u);
  about.load = 400; // told ten seconds after the last one
  CAF_CHECK(node.core.update(about, node.now).has_value());
  node.wait(seconds{1});
  CAF_CHECK_EQUAL(node.core.self().about->load, 200);
  about.draining = true; // does not wait
  CAF_CHECK(node.core.update(about, node.now).has_value());
  CAF_CHECK_EQUAL(node.core.self().incarnation, 2u);
  CAF_CHECK_EQUAL(node.core.self().about->load, 400);
  about.name = "\x1b";
  CAF_CHECK(!node.core.update(about, node.now));
}

CAF_TEST(workers are asked by others and do not ask each other) {
  auto worker = [](const node_id& id) {
    auto out = telling(id);
    out.about->roles = {node_role::worker};
    return out;
  };
  fixture one{{}, {node_role::worker}};
  one.knows({telling(ann), worker(bob), worker(cid)});
  one.forget();
  one.wait(seconds{5});
  CAF_CHECK_EQUAL(one.count(message_type::ping, bob), 0u);
  CAF_CHECK(one.count(message_type::ping, ann) > 0);

  fixture edge;
  edge.knows({telling(ann), worker(bob), worker(cid), telling(dan), worker(eve)});
  edge.forget();
  edge.wait(seconds{4});
  for (const auto& id : {bob, cid, dan}) // up to the next that can take over
    CAF_CHECK(edge.count(message_type::ping, id) >= 8);
  CAF_CHECK(edge.count(message_type::ping, eve) < 8);
}

CAF_TEST(messages of a later version are skipped and broken ones counted) {
  fixture node;
  node.knows_four();
  CAF_CHECK(node.core.handle(ann, as_bytes("SMG\x02 and so on"), node.now)
            == membership::verdict::unknown);
  CAF_CHECK(node.core.handle(ann, as_bytes("SMG\x01"), node.now) == membership::verdict::malformed);
  message later;
  later.type = static_cast<message_type>(200);
  CAF_CHECK(node.hear(ann, later) == membership::verdict::unknown);
  CAF_CHECK_EQUAL(node.core.counters().unknown, 2u);
  CAF_CHECK_EQUAL(node.core.counters().malformed, 1u);
}

CAF_TEST(the version agreed on is the newest that all speak) {
  fixture node;
  auto newer = telling(ann);
  newer.about->protocol_max = 4;
  node.knows({newer});
  CAF_CHECK(node.core.agreed_version() == std::uint16_t{1});
  auto incompatible = telling(bob);
  incompatible.about->protocol_min = 2;
  incompatible.about->protocol_max = 3;
  node.tell(bob, {incompatible});
  CAF_CHECK(node.core.find(bob) == nullptr);
  CAF_REQUIRE(node.last(message_type::refusal, bob) != nullptr);
  CAF_CHECK(node.last(message_type::refusal, bob)->refused->code == errc::version_unsupported);
}

CAF_TEST(there is room for so many members and the dead make place) {
  fixture node{{.members_max = 3}};
  node.knows({telling(ann), telling(bob), telling(cid)});
  node.tell(dan, {telling(dan)});
  CAF_CHECK(node.core.find(dan) == nullptr);
  CAF_CHECK(node.core.counters().full >= 1);
  CAF_REQUIRE(node.last(message_type::refusal, dan) != nullptr);
  CAF_CHECK(node.last(message_type::refusal, dan)->refused->code == errc::cluster_full);
  node.tell(ann, {claim(telling(bob), state::dead)});
  node.tell(dan, {telling(dan)});
  CAF_CHECK(node.core.find(dan) != nullptr);
  CAF_CHECK(node.saw(event_kind::forgotten, bob));
}

CAF_TEST(who is banned is forgotten and not listened to) {
  fixture node;
  node.knows_four();
  CAF_CHECK(node.core.ban(bob, node.now).has_value());
  node.take_out();
  CAF_CHECK(node.saw(event_kind::forgotten, bob));
  CAF_CHECK(node.tell(bob, {telling(bob)}) == membership::verdict::refused);
  node.tell(ann, {telling(bob)});
  CAF_CHECK(node.core.find(bob) == nullptr);
  node.core.unban(bob);
  node.tell(ann, {telling(bob)});
  CAF_CHECK(node.core.find(bob) != nullptr);
}

CAF_TEST(a node that is banned itself falls silent) {
  fixture node;
  node.knows_four();
  CAF_CHECK(node.core.ban(me, node.now).has_value());
  node.take_out();
  CAF_REQUIRE(node.saw(event_kind::refused, me));
  CAF_CHECK(node.events.back().why->code == errc::node_removed);
  node.forget();
  node.wait(seconds{10});
  CAF_CHECK(node.said.empty());
  CAF_CHECK(node.tell(ann, {telling(ann)}) == membership::verdict::refused);
}

CAF_TEST(a node whom its carrier tells that it has no place ends and says why) {
  fixture node;
  node.knows_four();
  node.core.expel(fail(errc::identity_in_use, "an elder process"), node.now);
  node.take_out();
  CAF_CHECK(node.saw(event_kind::refused, me));
  CAF_CHECK(node.tell(ann, {telling(ann)}) == membership::verdict::refused);
}

CAF_TEST(a node that has left is not expelled) {
  fixture node;
  node.knows_four();
  node.core.leave(node.now);
  node.core.expel(fail(errc::node_removed), node.now);
  node.take_out();
  CAF_CHECK(!node.saw(event_kind::refused, me));
}

CAF_TEST(an owner who takes nothing out loses messages and not memory) {
  fixture node{{.outgoing_bytes_max = 10'000, .events_max = 10}};
  node.knows_four();
  message ping;
  ping.type = message_type::ping;
  ping.run = 1000;
  byte_queue bytes;
  append_to(bytes, ping);
  for (int i = 0; i < 10'000; ++i)
    node.core.handle(ann, bytes.view(), node.now);
  CAF_CHECK(node.core.counters().dropped > 9'000);
}
