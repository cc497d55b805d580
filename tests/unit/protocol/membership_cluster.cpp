#include "tests/unit/protocol/membership_cluster.hpp"

#include <algorithm>

namespace serverme::tests {

cluster::cluster(std::uint64_t seed, network carrier, membership::limits bounds)
  : random_{seed}, links_{carrier}, bounds_{bounds} {}

std::size_t cluster::add(node_roles roles, const std::vector<std::size_t>& seeds) {
  auto number = std::to_string(processes_.size());
  membership::facts about{.roles = roles,
                          .name = "node-" + number,
                          .cluster_address = "198.51.100." + number + ":7946",
                          .lane_address = "198.51.100." + number + ":8443",
                          .public_addresses = {"203.0.113." + number + ":443"},
                          .software = "0.1.0",
                          .protocol_min = 1,
                          .protocol_max = 1,
                          .load = 120,
                          .capacity = 10'000,
                          .draining = false,
                          .unknown = {}};
  node_id id{random_(), random_()};
  return start(id, static_cast<std::uint64_t>(now_.time_since_epoch().count()), std::move(about),
               seeds);
}

void cluster::form(std::size_t count) {
  add({});
  for (std::size_t i = 1; i < count; ++i)
    add({0});
  run_until(seconds{60}, [this] { return agrees(); });
}

std::size_t cluster::start(const node_id& id, std::uint64_t started, membership::facts about,
                           const std::vector<std::size_t>& seeds) {
  auto index = processes_.size();
  auto made = std::make_unique<process>();
  made->id = id;
  made->started = started;
  made->about = about;
  made->core
    = std::make_unique<membership::core>(id, started, std::move(about), bounds_, random_(), now_);
  processes_.push_back(std::move(made));
  by_id_.emplace(id, index);
  act(index, [&](process& x) {
    for (auto seed : seeds)
      x.core->contact(processes_[seed]->id, now_);
  });
  return index;
}

void cluster::kill(std::size_t index, ending how) {
  auto& gone = *processes_[index];
  gone.is_running = false;
  gone.ended = now_;
  if (how == ending::silent)
    return;
  for (std::size_t other = 0; other < processes_.size(); ++other)
    if (processes_[other]->is_running)
      push({.at = now_ + between(links_.delay_min, links_.delay_max),
            .process = other,
            .kind = happening::what::link_lost,
            .from = gone.id,
            .bytes = {}});
}

std::size_t cluster::start_again(std::size_t index, const std::vector<std::size_t>& seeds,
                                 std::int64_t clock_offset) {
  auto started = static_cast<std::int64_t>(processes_[index]->started) + clock_offset;
  return start(processes_[index]->id, static_cast<std::uint64_t>(started), processes_[index]->about,
               seeds);
}

void cluster::pause(std::size_t index, milliseconds time) {
  processes_[index]->paused_until = now_ + time;
  push(
    {.at = now_ + time, .process = index, .kind = happening::what::wake, .from = {}, .bytes = {}});
}

void cluster::act(std::size_t index, const std::function<void(process&)>& what) {
  what(*processes_[index]);
  take_out(index);
}

void cluster::run_for(milliseconds time) {
  auto end = now_ + time;
  while (!ahead_.empty() && ahead_.front().at <= end)
    step();
  now_ = end;
}

bool cluster::run_until(milliseconds limit, const std::function<bool()>& condition) {
  constexpr milliseconds look{20};
  for (auto end = now_ + limit; now_ < end; run_for(look))
    if (condition())
      return true;
  return condition();
}

void cluster::step() {
  std::pop_heap(ahead_.begin(), ahead_.end());
  auto next = std::move(ahead_.back());
  ahead_.pop_back();
  now_ = next.at;
  auto& x = *processes_[next.process];
  if (!x.is_running)
    return;
  if (next.kind == happening::what::wake)
    wake(x);
  else if (!is_awake(next.process)) {
    if (next.kind == happening::what::message)
      x.inbox.emplace_back(next.from, std::move(next.bytes));
    return;
  } else if (next.kind == happening::what::message)
    x.core->handle(next.from, next.bytes.view(), now_);
  else if (next.kind == happening::what::link_lost)
    x.core->on_link_lost(next.from, now_);
  else if (next.at != x.tick_at)
    return; // another one took its place
  else {
    x.tick_at = time_point::max();
    x.core->tick(now_);
  }
  take_out(next.process);
}

void cluster::wake(process& x) {
  if (now_ < x.paused_until)
    return;
  for (auto& [from, bytes] : x.inbox)
    x.core->handle(from, bytes.view(), now_);
  x.inbox.clear();
  x.core->tick(now_);
  x.tick_at = time_point::max();
}

void cluster::take_out(std::size_t index) {
  auto& x = *processes_[index];
  membership::outgoing message;
  while (x.core->poll(message))
    deliver(index, message);
  membership::event event;
  while (x.core->poll(event)) {
    x.events.push_back(event);
    if (on_event)
      on_event(index, event);
  }
  auto due = std::max(x.core->next_due(), now_);
  if (due < x.tick_at) {
    x.tick_at = due + between({}, links_.lateness);
    push(
      {.at = x.tick_at, .process = index, .kind = happening::what::tick, .from = {}, .bytes = {}});
  }
}

void cluster::deliver(std::size_t sender, membership::outgoing& x) {
  auto [first, last] = by_id_.equal_range(x.to);
  for (; first != last; ++first) {
    auto reader = first->second;
    if (reader == sender || !processes_[reader]->is_running || (passes && !passes(sender, reader)))
      continue;
    if (std::uniform_real_distribution{}(random_) < links_.loss)
      continue;
    auto& arrival = last_arrival_[{sender, reader}];
    arrival = std::max(arrival, now_ + between(links_.delay_min, links_.delay_max));
    push({.at = arrival,
          .process = reader,
          .kind = happening::what::message,
          .from = processes_[sender]->id,
          .bytes = x.bytes});
  }
}

void cluster::push(happening x) {
  x.order = ++order_;
  ahead_.push_back(std::move(x));
  std::push_heap(ahead_.begin(), ahead_.end());
}

milliseconds cluster::between(milliseconds least, milliseconds most) {
  auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
  return least + milliseconds{static_cast<std::int64_t>(random_() % span)};
}

bool cluster::is_awake(std::size_t index) const {
  return processes_[index]->is_running && now_ >= processes_[index]->paused_until;
}

std::size_t cluster::running() const {
  return static_cast<std::size_t>(
    std::ranges::count_if(processes_, [](const auto& x) { return x->is_running; }));
}

bool cluster::agrees() const {
  std::optional<std::uint64_t> digest;
  auto expected = running();
  for (const auto& x : processes_) {
    if (!x->is_running)
      continue;
    if (x->core->live() + 1 != expected || digest.value_or(x->core->digest()) != x->core->digest())
      return false;
    digest = x->core->digest();
  }
  return true;
}

std::size_t cluster::believers(const node_id& id) const {
  std::size_t out = 0;
  for (const auto& x : processes_) {
    const auto* known = x->is_running ? x->core->find(id) : nullptr;
    out += known != nullptr && membership::is_live(known->what.state) ? 1 : 0;
  }
  return out;
}

std::uint64_t cluster::bytes_sent() const {
  std::uint64_t out = 0;
  for (const auto& x : processes_)
    out += x->core->counters().bytes_out;
  return out;
}

std::uint64_t cluster::messages_sent() const {
  std::uint64_t out = 0;
  for (const auto& x : processes_)
    out += x->core->counters().messages_out;
  return out;
}

} // namespace serverme::tests
