#include "bench/membership/experiments.hpp"

#include <set>

namespace serverme::bench {

using membership::event;
using membership::event_kind;
using tests::cluster;

namespace {

double in_seconds(time_point::duration time) { return std::chrono::duration<double>(time).count(); }

std::size_t pick(cluster& all) { return all.random()() % all.size(); }

std::size_t pick_running(cluster& all) {
  auto out = pick(all);
  while (!all[out].is_running)
    out = pick(all);
  return out;
}

} // namespace

false_deaths measure_false_deaths(std::size_t nodes, double loss, double pausing, seconds time,
                                  std::uint64_t seed) {
  cluster all{seed};
  all.form(nodes);
  all.links_of_all().loss = loss;
  false_deaths out{.node_hours = static_cast<double>(nodes) * in_seconds(time) / 3600};
  std::set<node_id> paused;
  // One false death is seen by all: counted once for each incarnation.
  std::set<std::pair<node_id, std::uint32_t>> suspected;
  std::set<std::pair<node_id, std::uint32_t>> died;
  all.on_event = [&](std::size_t observer, const event& x) {
    const auto* known = all[observer].core->find(x.who);
    if (known == nullptr || paused.contains(x.who))
      return;
    if (x.kind == event_kind::suspected)
      suspected.insert({x.who, known->what.incarnation});
    if (x.kind == event_kind::died)
      died.insert({x.who, known->what.incarnation});
  };
  auto at_once = static_cast<std::size_t>(pausing * static_cast<double>(nodes) + 0.999);
  for (auto end = all.now() + time; all.now() < end; all.run_for(seconds{1})) {
    std::size_t stopped = 0;
    for (std::size_t i = 0; i < nodes; ++i)
      stopped += all.is_awake(i) ? 0 : 1;
    for (; pausing > 0 && stopped < at_once; ++stopped) {
      // Always the same ones, so that the others have a clean record.
      auto who = all.random()() % at_once;
      paused.insert(all[who].id);
      if (all.is_awake(who))
        all.pause(who, milliseconds{5000 + static_cast<int>(all.random()() % 25'000)});
    }
  }
  out.suspicions = suspected.size();
  out.deaths = died.size();
  return out;
}

detection measure_detection(std::size_t nodes, std::size_t kills, cluster::ending how, double loss,
                            std::uint64_t seed) {
  detection out;
  cluster all{seed};
  all.form(nodes);
  all.links_of_all().loss = loss;
  for (std::size_t kill = 0; kill < kills; ++kill) {
    all.run_for(milliseconds{5000 + static_cast<int>(all.random()() % 1000)});
    auto victim = pick_running(all);
    auto id = all[victim].id;
    auto began = all.now();
    std::optional<double> first;
    all.on_event = [&](std::size_t, const event& x) {
      if (x.kind == event_kind::died && x.who == id && !first)
        first = in_seconds(all.now() - began);
    };
    all.kill(victim, how);
    all.run_until(seconds{60}, [&] { return all.believers(id) == 0; });
    out.first.push_back(first.value_or(60));
    out.all.push_back(in_seconds(all.now() - began));
    all.on_event = {};
    auto alive = pick_running(all);
    all.start_again(victim, {alive}, static_cast<std::int64_t>(kill + 1) * 1'000'000'000);
    all.run_until(seconds{60}, [&] { return all.agrees(); });
  }
  return out;
}

traffic measure_rest(std::size_t nodes, std::uint64_t seed) {
  cluster all{seed};
  all.form(nodes);
  all.run_for(seconds{20});
  auto bytes = all.bytes_sent();
  auto messages = all.messages_sent();
  constexpr seconds time{60};
  all.run_for(time);
  auto share = 1 / (static_cast<double>(nodes) * in_seconds(time));
  return {.bytes_per_second = static_cast<double>(all.bytes_sent() - bytes) * share,
          .messages_per_second = static_cast<double>(all.messages_sent() - messages) * share,
          .seconds_taken = 0};
}

traffic measure_join_storm(std::size_t nodes, std::uint64_t seed) {
  cluster all{seed};
  all.add({});
  all.run_for(seconds{1});
  auto began = all.now();
  for (std::size_t i = 1; i < nodes; ++i)
    all.add({0});
  all.run_until(seconds{60}, [&] { return all.agrees(); });
  auto taken = in_seconds(all.now() - began);
  auto share = 1 / (static_cast<double>(nodes) * std::max(taken, 1.0));
  return {.bytes_per_second = static_cast<double>(all.bytes_sent()) * share,
          .messages_per_second = static_cast<double>(all.messages_sent()) * share,
          .seconds_taken = taken};
}

} // namespace serverme::bench
