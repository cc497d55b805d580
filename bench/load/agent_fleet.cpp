#include "bench/load/agent_fleet.hpp"

#include <algorithm>
#include <utility>

namespace serverme::load {

namespace {

// Agents on machines of their own do not look at their clocks together: each is asked twice a
// second, a slice of them at a time.
constexpr milliseconds tick_period{10};
constexpr std::size_t ticks_per_round = 50;

std::string quoted(const std::string& text) {
  std::string out{'"'};
  for (char each : text) {
    if (each == '"' || each == '\\')
      out += '\\';
    out += static_cast<unsigned char>(each) < ' ' ? ' ' : each;
  }
  return out + '"';
}

} // namespace

std::string as_json(const fleet_news& news) {
  std::string reasons;
  for (const auto& [why, times] : news.reasons)
    reasons += (reasons.empty() ? "" : ",") + quoted(why) + ":" + std::to_string(times);
  auto number = [](const char* name, auto value) {
    return std::string{",\""} + name + "\":" + std::to_string(value);
  };
  return std::string{"{\"event\":\""} + (news.is_first ? "up" : "back") + "\""
         + number("seconds", news.seconds) + number("up", news.up) + number("failed", news.failed)
         + number("lost", news.lost) + number("tries", news.tries) + ",\"reasons\":{" + reasons
         + "}}";
}

agent_fleet::agent_fleet(net::event_loop& loop, fleet_setup setup,
                         std::function<void(const fleet_news&)> on_settled)
  : loop_{loop}, setup_{std::move(setup)}, on_settled_{std::move(on_settled)} {
  agent_owner& owner = *this;
  members_.reserve(setup_.count);
  for (std::size_t i = 0; i < setup_.count; ++i) {
    const auto& key = setup_.api_keys[i % setup_.api_keys.size()];
    members_.push_back({.agent = std::make_unique<idle_agent>(loop_, setup_.each, i, key, owner)});
  }
}

agent_fleet::~agent_fleet() = default;

void agent_fleet::start() {
  begin_phase(true);
  for (std::size_t i = 0; i < members_.size(); ++i)
    waiting_.push_back(i);
  ticker_
    = std::make_unique<net::ticker>(loop_, tick_period, [this](time_point now) { tick(now); });
  connect_some();
}

void agent_fleet::drop() {
  for (auto& each : members_)
    each.agent->drop();
}

void agent_fleet::begin_phase(bool is_first) {
  settled_ = false;
  began_ = loop_.now();
  news_ = {.is_first = is_first, .up = news_.up, .failed = news_.failed};
}

void agent_fleet::connect_some() {
  for (; connecting_ < setup_.concurrency && !waiting_.empty(); waiting_.pop_front()) {
    auto& next = members_[waiting_.front()];
    ++connecting_;
    ++next.tries;
    ++news_.tries;
    next.agent->connect();
  }
}

void agent_fleet::on_agent_up(idle_agent& agent) {
  auto& who = members_[agent.number()];
  who.tries = 0;
  who.pause = backoff{};
  --connecting_;
  ++news_.up;
  connect_some();
  tell_when_settled();
}

void agent_fleet::on_agent_down(idle_agent& agent, const failure& why, bool was_up) {
  if (was_up) {
    --news_.up;
    if (settled_)
      begin_phase(false);
    ++news_.lost;
  } else {
    --connecting_;
  }
  ++news_.reasons[std::string{to_string(why.code)} + (why.detail.empty() ? "" : ": " + why.detail)];
  auto number = agent.number();
  auto& who = members_[number];
  if (is_permanent(why.code) || who.tries >= setup_.tries_max) {
    ++news_.failed;
    connect_some();
    return tell_when_settled();
  }
  ++pausing_;
  auto random = std::uniform_real_distribution<double>{0, 1}(random_);
  loop_.after(who.pause.on_failure(random), [this, number] { come_back(number); });
  connect_some();
}

void agent_fleet::come_back(std::size_t number) {
  --pausing_;
  waiting_.push_back(number);
  connect_some();
}

void agent_fleet::tell_when_settled() {
  if (settled_ || connecting_ > 0 || pausing_ > 0 || !waiting_.empty())
    return;
  settled_ = true;
  news_.seconds = std::chrono::duration<double>(loop_.now() - began_).count();
  on_settled_(news_);
}

void agent_fleet::tick(time_point now) {
  auto slice = members_.size() / ticks_per_round + 1;
  for (std::size_t i = 0; i < slice && !members_.empty(); ++i) {
    next_tick_ = (next_tick_ + 1) % members_.size();
    members_[next_tick_].agent->on_tick(now);
  }
}

} // namespace serverme::load
