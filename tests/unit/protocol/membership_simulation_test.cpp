// Whole clusters on a virtual clock, from several seeds: what must hold whatever happens. A failure
// names its seed.
#define CAF_SUITE membership_simulation
#include "tests/unit/protocol/membership_cluster.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::tests;
using membership::event;
using membership::event_kind;

namespace {

constexpr std::uint64_t seeds[] = {1, 2, 3};

std::size_t count(const cluster& all, event_kind kind) {
  std::size_t out = 0;
  for (std::size_t i = 0; i < all.size(); ++i)
    out += static_cast<std::size_t>(std::ranges::count(all[i].events, kind, &event::kind));
  return out;
}

/// Whatever happened: the table has each node once, and a bounded rest.
void check_bounds(const cluster& all) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& core = *all[i].core;
    CAF_CHECK(core.others().size() < all.size());
    CAF_CHECK(core.find(all[i].id) == nullptr);
    CAF_CHECK_EQUAL(core.counters().malformed, 0u);
    CAF_CHECK_EQUAL(core.counters().dropped, 0u);
  }
}

} // namespace

CAF_TEST(all see all within three seconds of a common start) {
  for (std::size_t nodes : {3, 10, 50, 200}) {
    cluster all{nodes};
    all.add({});
    for (std::size_t i = 1; i < nodes; ++i)
      all.add({0});
    CAF_CHECK(all.run_until(seconds{3}, [&] { return all.agrees(); }));
    CAF_CHECK_EQUAL(all[nodes - 1].core->live(), nodes - 1);
    check_bounds(all);
  }
}

CAF_TEST(a death is known to all within three seconds at every size) {
  for (std::size_t nodes : {3, 10, 50, 200}) {
    cluster all{nodes + 1};
    all.form(nodes);
    for (std::size_t kill = 0; kill < 3; ++kill) {
      all.run_for(milliseconds{1370});
      auto victim = nodes / 2 + kill - 1;
      all.kill(victim);
      CAF_CHECK(all.run_until(seconds{3}, [&] { return all.believers(all[victim].id) == 0; }));
      if (nodes == 3 || nodes == 200)
        break;
    }
    CAF_CHECK(all.agrees());
  }
}

CAF_TEST(nobody dies of one message in a hundred lost) {
  for (auto seed : seeds) {
    CAF_MESSAGE("seed " << seed);
    cluster all{seed, {.loss = 0.01}};
    all.form(30);
    all.run_for(seconds{120});
    CAF_CHECK_EQUAL(count(all, event_kind::died), 0u);
  }
}

CAF_TEST(nobody dies of one message in ten lost in a small cluster) {
  for (auto seed : seeds) {
    CAF_MESSAGE("seed " << seed);
    cluster all{seed, {.loss = 0.1}};
    all.form(3);
    all.run_for(seconds{300});
    CAF_CHECK_EQUAL(count(all, event_kind::died), 0u);
  }
}

CAF_TEST(paused nodes accuse nobody and are back soon after) {
  for (auto seed : seeds) {
    CAF_MESSAGE("seed " << seed);
    cluster all{seed};
    all.form(20);
    std::set<node_id> paused;
    std::size_t wronged = 0;
    std::set<node_id> missed;
    all.on_event = [&](std::size_t, const event& x) {
      if (x.kind == event_kind::died && paused.contains(x.who))
        missed.insert(x.who);
      wronged += x.kind == event_kind::died && !paused.contains(x.who) ? 1 : 0;
    };
    for (std::size_t i = 0; i < 5; ++i) {
      paused.insert(all[i].id);
      all.pause(i, milliseconds{5000 + static_cast<int>(i) * 6000});
    }
    all.run_for(seconds{30});
    CAF_CHECK(all.run_until(seconds{5}, [&] { return all.agrees(); }));
    CAF_CHECK_EQUAL(wronged, 0u);
    CAF_CHECK_EQUAL(missed.size(), 5u);
  }
}

CAF_TEST(one who hears nothing but is heard is no member and accuses nobody to death) {
  for (auto seed : seeds) {
    CAF_MESSAGE("seed " << seed);
    cluster all{seed};
    all.form(10);
    std::size_t wronged = 0;
    all.on_event = [&](std::size_t observer, const event& x) {
      wronged += observer != 3 && x.kind == event_kind::died && x.who != all[3].id ? 1 : 0;
    };
    all.passes = [](std::size_t, std::size_t to) { return to != 3; };
    all.run_for(seconds{20});
    CAF_CHECK_EQUAL(wronged, 0u);
    CAF_CHECK_EQUAL(all.believers(all[3].id), 0u);
    all.passes = {};
    CAF_CHECK(all.run_until(seconds{10}, [&] { return all.agrees(); }));
  }
}

CAF_TEST(a cut between two nodes in one direction is no death) {
  cluster all{21};
  all.form(10);
  all.passes = [](std::size_t from, std::size_t to) { return from != 2 || to != 5; };
  all.run_for(seconds{60});
  CAF_CHECK_EQUAL(count(all, event_kind::died), 0u);
  CAF_CHECK(all.agrees());
}

CAF_TEST(a split heals within ten seconds and nobody is lost) {
  for (auto [nodes, cut] : {std::pair<std::size_t, std::size_t>{3, 1}, {10, 5}, {60, 20}}) {
    cluster all{nodes * 7};
    all.form(nodes);
    all.passes = [cut = cut](std::size_t a, std::size_t b) { return (a < cut) == (b < cut); };
    all.run_for(seconds{30});
    CAF_CHECK_EQUAL(all[0].core->live(), cut - 1);
    CAF_CHECK_EQUAL(all[nodes - 1].core->live(), nodes - cut - 1);
    all.passes = {};
    auto deaths = count(all, event_kind::died);
    CAF_CHECK(all.run_until(seconds{10}, [&] { return all.agrees(); }));
    all.run_for(seconds{10});
    CAF_CHECK_EQUAL(count(all, event_kind::died), deaths);
    check_bounds(all);
  }
}

CAF_TEST(a node that leaves is gone everywhere within a second and nobody calls it dead) {
  for (std::size_t nodes : {3, 20, 100}) {
    cluster all{nodes * 3};
    all.form(nodes);
    all.leave(1);
    CAF_CHECK(all.run_until(seconds{1}, [&] { return all.believers(all[1].id) == 0; }));
    all.run_for(milliseconds{500});
    all.kill(1);
    all.run_for(seconds{5});
    CAF_CHECK_EQUAL(count(all, event_kind::died), 0u);
    CAF_CHECK(all.agrees());
  }
}

CAF_TEST(a restart is recognised before the old life counts as dead) {
  cluster all{31};
  all.form(20);
  all.kill(6, cluster::ending::broken_off);
  all.run_for(milliseconds{200});
  all.start_again(6, {2});
  CAF_CHECK(all.run_until(seconds{2}, [&] { return all.agrees(); }));
  all.run_for(seconds{5});
  CAF_CHECK_EQUAL(count(all, event_kind::restarted), 19u);
  CAF_CHECK_EQUAL(count(all, event_kind::died), 0u);
  CAF_CHECK(all.agrees());
}

CAF_TEST(a few edges watch over many workers) {
  cluster all{41};
  all.add({node_role::control}, {});
  all.add({node_role::control}, {0});
  for (int i = 0; i < 3; ++i)
    all.add({node_role::edge}, {0});
  for (int i = 0; i < 60; ++i)
    all.add({node_role::worker}, {0, 1});
  // Two workers never meet.
  all.passes = [](std::size_t a, std::size_t b) { return a < 5 || b < 5; };
  CAF_CHECK(all.run_until(seconds{3}, [&] { return all.agrees(); }));
  all.run_for(seconds{60});
  CAF_CHECK_EQUAL(count(all, event_kind::suspected), 0u);
  for (auto victim : {30, 2}) {
    all.kill(static_cast<std::size_t>(victim));
    CAF_CHECK(all.run_until(
      seconds{3}, [&] { return all.believers(all[static_cast<std::size_t>(victim)].id) == 0; }));
  }
  CAF_CHECK(all.agrees());
}

CAF_TEST(at rest a node of two hundred sends less than a kilobyte each second) {
  cluster all{51};
  all.form(200);
  // The news of two hundred who joined at once takes a while to have been everywhere.
  all.run_for(seconds{15});
  auto before = all.bytes_sent();
  all.run_for(seconds{10});
  CAF_CHECK((all.bytes_sent() - before) / 10 / 200 < 1000);
}

CAF_TEST(after any mixture of faults all agree within ten seconds) {
  for (auto seed : {101, 102, 103, 104, 105, 106}) {
    CAF_MESSAGE("seed " << seed);
    cluster all{static_cast<std::uint64_t>(seed), {.delay_max = milliseconds{40}, .loss = 0.02}};
    all.form(12);
    auto& random = all.random();
    // Whichever life of an identity is the present one.
    std::vector<std::size_t> present(12);
    for (std::size_t i = 0; i < present.size(); ++i)
      present[i] = i;
    for (int fault = 0; fault < 25; ++fault) {
      auto& who = present[random() % present.size()];
      auto other = present[random() % present.size()];
      switch (random() % 6) {
        case 0:
        case 1:
          if (all[who].is_running)
            all.kill(who,
                     random() % 2 == 0 ? cluster::ending::silent : cluster::ending::broken_off);
          break;
        case 2:
        case 3:
          if (!all[who].is_running && all[other].is_running)
            who = all.start_again(who, {other}, (fault + 1) * 1'000'000'000LL);
          break;
        case 4:
          if (all.is_awake(who))
            all.pause(who, milliseconds{random() % 8000});
          break;
        default: {
          auto cut = random() % present.size();
          all.passes = [&all, cut](std::size_t a, std::size_t b) {
            return (all[a].id.high % 12 < cut) == (all[b].id.high % 12 < cut);
          };
        }
      }
      all.run_for(milliseconds{random() % 4000});
      if (random() % 3 == 0)
        all.passes = {};
    }
    all.passes = {};
    all.links_of_all().loss = 0;
    all.run_for(seconds{8}); // the last of those who pause is back
    CAF_CHECK(all.run_until(seconds{10}, [&] { return all.agrees(); }));
    check_bounds(all);
  }
}

CAF_TEST(the same seed gives the same history) {
  auto history = [] {
    cluster all{77, {.loss = 0.05}};
    all.form(10);
    all.kill(3);
    all.run_for(seconds{10});
    return std::pair{all.bytes_sent(), all.messages_sent()};
  };
  CAF_CHECK(history() == history());
}
