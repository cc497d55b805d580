// Changes in the cluster for those who look on: asked for while there are some, and told once.
#include "actors/cluster/cluster_overview_state.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace serverme::actors {

namespace {

// Of one node in one look: as much as a feed takes anyway.
constexpr std::uint32_t events_of_node_max = 200;
// An event is not told again for so long: noticed_within, and the looks that it takes to be heard.
constexpr seconds remembered_for{60};

/// But for what changes by itself all the time: age and memory, and what is only counted.
bool is_as_told(const node_sight& told, const node_sight& now) {
  if (told.report.has_value() != now.report.has_value())
    return false;
  const auto &was = told.member, &is = now.member;
  auto same = std::tie(was.state, was.run, was.roles.bits, was.name, was.draining, was.load,
                       was.cluster_address, was.lane_address, was.public_addresses)
              == std::tie(is.state, is.run, is.roles.bits, is.name, is.draining, is.load,
                          is.cluster_address, is.lane_address, is.public_addresses);
  if (!same || !now.report)
    return same;
  const auto &had = *told.report, &has = *now.report;
  return std::tie(had.sessions, had.term, had.ailing, had.version, had.started)
         == std::tie(has.sessions, has.term, has.ailing, has.version, has.started);
}

void tell_all(overview_self self, const cluster_news& news) {
  for (const auto& each : self->state.watchers)
    if (auto feed = each.is_new ? nullptr : each.feed.lock())
      feed->offer(news);
}

void tell_nodes(overview_self self, const cluster_view& view) {
  auto& state = self->state;
  std::map<node_id, node_sight> now;
  for (const auto& each : view.nodes)
    now.emplace(each.member.id, each);
  for (const auto& [id, each] : now) {
    auto told = state.told.find(id);
    if (told == state.told.end() || !is_as_told(told->second, each))
      tell_all(self, node_changed{each});
  }
  for (const auto& [id, each] : state.told)
    if (!now.contains(id))
      tell_all(self, node_gone{id});
  for (auto& watcher : state.watchers) {
    auto feed = watcher.feed.lock();
    if (!std::exchange(watcher.is_new, false) || !feed)
      continue;
    for (const auto& [id, each] : now)
      feed->offer(node_changed{each});
  }
  state.told = std::move(now);
}

void tell_events(overview_self self, replies<event_list>& came) {
  auto& state = self->state;
  state.recent.forget_before(state.options.wall_clock() - remembered_for);
  std::vector<cluster_event> all;
  std::uint64_t missed = 0;
  for (auto& [node, list] : came.all) {
    state.cursors[node] = {list.life, list.last};
    missed += list.missed;
    std::ranges::move(list.events, std::back_inserter(all));
  }
  std::ranges::stable_sort(all, {}, &cluster_event::when);
  for (const auto& each : all)
    if (state.recent.add(each))
      tell_all(self, timeline_entry{each, {each.seen_by}});
  if (missed == 0)
    return;
  for (const auto& watcher : state.watchers)
    if (auto feed = watcher.feed.lock())
      feed->offer_lost(missed);
}

void look_at_events(overview_self self, std::function<void()> done) {
  auto& state = self->state;
  ask_desks<event_list>(
    self,
    [&state](node_id node) {
      auto known = state.cursors.find(node);
      list_events ask{.limit = events_of_node_max};
      if (known != state.cursors.end()) {
        ask.life = known->second.life;
        ask.after = known->second.after;
      } else {
        ask.since = state.watched_since;
      }
      return std::optional{ask};
    },
    [self, done = std::move(done)](replies<event_list> came) {
      tell_events(self, came);
      done();
    });
}

} // namespace

caf::result<watching_cluster> watch(overview_self self, const watch_cluster& wish) {
  auto& state = self->state;
  std::erase_if(state.watchers, [](const auto& each) { return each.feed.expired(); });
  if (state.watchers.size() >= state.options.feeds_max)
    return make_caf_error(fail(errc::too_busy, "too many look on"));
  state.watchers.push_back({.feed = wish.feed});
  if (!std::exchange(state.is_looking, true)) {
    state.watched_since = state.options.wall_clock();
    self->send(self, look_at_cluster{});
  }
  return watching_cluster{};
}

void look_on(overview_self self) {
  auto& state = self->state;
  std::erase_if(state.watchers, [](const auto& each) { return each.feed.expired(); });
  if (state.watchers.empty()) {
    state.is_looking = false;
    state.told.clear();
    state.cursors.clear();
    state.recent = timeline{};
    return;
  }
  see_cluster(self, [self](const cluster_view& view) {
    tell_nodes(self, view);
    look_at_events(self, [self] {
      self->delayed_send(self, self->state.options.look_every, look_at_cluster{});
    });
  });
}

} // namespace serverme::actors
