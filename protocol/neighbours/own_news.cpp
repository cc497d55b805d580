#include "protocol/neighbours/own_news.hpp"

#include <utility>

namespace serverme::neighbours {

namespace {

template <class Map, class Key, class Value>
bool put_into(Map& map, Key key, Value value) {
  auto [entry, is_new] = map.try_emplace(key);
  if (!is_new && entry->second == value)
    return false;
  entry->second = std::move(value);
  return true;
}

template <class Map, class Key>
const typename Map::mapped_type* find_in(const Map& map, Key key) {
  auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

std::size_t entries_of(const edge_news& page) {
  return page.sessions.size() + page.sessions_gone.size() + page.routes.size()
         + page.routes_gone.size();
}

} // namespace

bool own_news::put(session_record record) {
  auto session = record.session;
  return put_into(sessions_, session, std::move(record));
}

bool own_news::put(route entry) {
  entry.places = nullptr; // each edge has its own view
  auto endpoint = entry.endpoint;
  return put_into(routes_, endpoint, std::move(entry));
}

const session_record* own_news::find(session_id session) const {
  return find_in(sessions_, session);
}

const route* own_news::find(endpoint_id endpoint) const { return find_in(routes_, endpoint); }

void news_teller::begin(const own_news& own, std::uint64_t telling) {
  stop();
  telling_ = telling;
  for (const auto& [session, record] : own.sessions())
    sessions_.push(session);
  for (const auto& [endpoint, entry] : own.routes())
    routes_.push(endpoint);
  sessions_.mark_beginning();
  routes_.mark_beginning();
}

void news_teller::stop() { *this = news_teller{}; }

void news_teller::changed(session_id session) {
  if (telling_ != 0)
    sessions_.push(session);
}

void news_teller::changed(endpoint_id endpoint) {
  if (telling_ != 0)
    routes_.push(endpoint);
}

// What is gone, and was never told, is nobody's business.
void news_teller::add_sessions(const own_news& own, edge_news& page) {
  while (!sessions_.empty() && entries_of(page) < edge_news::entries_max) {
    auto session = sessions_.pop();
    if (const auto* record = own.find(session)) {
      page.sessions.push_back(*record);
      told_sessions_.insert(session);
    } else if (told_sessions_.erase(session) > 0) {
      page.sessions_gone.push_back(session);
    }
  }
}

void news_teller::add_routes(const own_news& own, edge_news& page) {
  while (!routes_.empty() && entries_of(page) < edge_news::entries_max) {
    auto endpoint = routes_.pop();
    if (const auto* entry = own.find(endpoint)) {
      page.routes.push_back(*entry);
      told_routes_.insert(endpoint);
    } else if (told_routes_.erase(endpoint) > 0) {
      page.routes_gone.push_back(endpoint);
    }
  }
}

std::optional<edge_news> news_teller::next(const own_news& own) {
  if (telling_ == 0 || is_unanswered_)
    return std::nullopt;
  edge_news page{.telling = telling_, .number = number_ + 1};
  add_sessions(own, page);
  add_routes(own, page);
  auto is_whole = !sessions_.has_beginning() && !routes_.has_beginning();
  page.is_whole = is_whole && !was_whole_;
  // The first one says something even when it is empty: that there is nothing.
  if (entries_of(page) == 0 && !page.is_whole)
    return std::nullopt;
  was_whole_ = is_whole;
  number_ = page.number;
  is_unanswered_ = true;
  return page;
}

bool news_teller::on_taken(const edge_news_taken& answer) {
  if (telling_ == 0 || !is_unanswered_)
    return true; // of a telling that is over
  if (answer.telling != telling_ || answer.number != number_)
    return false;
  is_unanswered_ = false;
  was_answered_ = true;
  return true;
}

// What it said before it heard of this telling has come before its first answer.
bool news_teller::on_heard(const edge_news_taken& heard) const noexcept {
  return !was_answered_ || heard.telling == telling_;
}

bool news_teller::is_done() const noexcept {
  return telling_ != 0 && was_whole_ && !is_unanswered_ && waiting() == 0;
}

} // namespace serverme::neighbours
