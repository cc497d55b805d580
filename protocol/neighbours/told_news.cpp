#include "protocol/neighbours/told_news.hpp"

#include <utility>

namespace serverme::neighbours {

namespace {

enum class entered { as_it_was, changed, left_out };

template <class Map, class Key, class Value>
entered enter(Map& map, Key key, Value value, std::uint64_t epoch, std::size_t entries_max) {
  auto known = map.find(key);
  if (known == map.end()) {
    if (map.size() >= entries_max)
      return entered::left_out;
    map.emplace(key, told_news::told<Value>{std::move(value), epoch});
    return entered::changed;
  }
  known->second.epoch = epoch;
  if (known->second.value == value)
    return entered::as_it_was;
  known->second.value = std::move(value);
  return entered::changed;
}

template <class Map, class Key>
void remove(Map& map, const std::vector<Key>& keys, std::vector<Key>& gone) {
  for (auto key : keys)
    if (map.erase(key) > 0)
      gone.push_back(key);
}

template <class Map, class Key>
void sweep(Map& map, std::uint64_t epoch, std::vector<Key>& gone) {
  std::erase_if(map, [&](const auto& each) {
    if (each.second.epoch == epoch)
      return false;
    gone.push_back(each.first);
    return true;
  });
}

} // namespace

void told_news::on_new_teller() {
  telling_ = 0;
  number_ = 0;
}

bool told_news::is_next(const edge_news& news) const noexcept {
  if (news.telling == telling_)
    return news.number == number_ + 1;
  return news.telling > telling_ && news.number == 1;
}

told_changes told_news::take(edge_news news) {
  told_changes changes;
  if (!is_next(news))
    return changes;
  if (news.telling != telling_)
    ++epoch_;
  telling_ = news.telling;
  number_ = news.number;
  for (auto& each : news.sessions) {
    auto key = each.session;
    auto outcome = enter(sessions_, key, std::move(each), epoch_, limits_.sessions_max);
    if (outcome == entered::changed)
      changes.sessions.push_back(key);
    changes.left_out += outcome == entered::left_out ? 1 : 0;
  }
  for (auto& each : news.routes) {
    auto key = each.endpoint;
    auto outcome = enter(routes_, key, std::move(each), epoch_, limits_.routes_max);
    if (outcome == entered::changed)
      changes.routes.push_back(key);
    changes.left_out += outcome == entered::left_out ? 1 : 0;
  }
  remove(sessions_, news.sessions_gone, changes.sessions_gone);
  remove(routes_, news.routes_gone, changes.routes_gone);
  changes.is_whole = news.is_whole;
  if (!news.is_whole)
    return changes;
  was_whole_ = true;
  sweep(sessions_, epoch_, changes.sessions_gone);
  sweep(routes_, epoch_, changes.routes_gone);
  return changes;
}

const session_record* told_news::find(session_id session) const {
  auto found = sessions_.find(session);
  return found == sessions_.end() ? nullptr : &found->second.value;
}

const route* told_news::find(endpoint_id endpoint) const {
  auto found = routes_.find(endpoint);
  return found == routes_.end() ? nullptr : &found->second.value;
}

} // namespace serverme::neighbours
