#include "nodes/edge/edge_loop.hpp"

#include "nodes/edge/agent_session.hpp"
#include "nodes/edge/peers/neighbourhood.hpp"
#include "nodes/edge/peers/peer_credentials.hpp"

#include <utility>

namespace serverme::edge {

edge_loop::edge_loop(edge_shared& shared)
  : shared_{shared},
    number_{static_cast<std::uint16_t>(shared.loops.size())},
    routes_{std::make_shared<route_map>()},
    budget_{shared.config.limits.loop_window_bytes},
    clean_up_{loop_, [this] { clean_up(); }},
    look_again_{loop_, [this] { for_each_resident([](resident& who) { who.on_change(); }); }},
    ticker_{
      std::make_unique<net::ticker>(loop_, limits().tick, [this](time_point now) { tick(now); })} {
  set_credentials(shared.config.peers);
}

edge_loop::~edge_loop() = default;

edge_loop& edge_loop::home_of(session_id session) const noexcept { return loop_of(session.value); }

edge_loop& edge_loop::loop_of(std::size_t number) const noexcept {
  return *shared_.loops[number % shared_.loops.size()];
}

std::uint16_t edge_loop::loops() const noexcept {
  return static_cast<std::uint16_t>(shared_.loops.size());
}

agent_session* edge_loop::find_session(session_id session) noexcept {
  auto found = sessions_.find(session);
  return found == sessions_.end() ? nullptr : found->second.get();
}

agent_session& edge_loop::open_session(session_id session, account_id owner) {
  auto& slot = sessions_[session];
  if (!slot) {
    slot = std::make_unique<agent_session>(*this, session, owner);
    ++counters().sessions_here;
  }
  return *slot;
}

void edge_loop::forget_session(session_id session) {
  auto found = sessions_.find(session);
  if (found == sessions_.end())
    return;
  forgotten_.push_back(std::move(found->second));
  sessions_.erase(found);
  --counters().sessions_here;
  clean_up_.request();
}

void edge_loop::move_in(std::unique_ptr<resident> who) {
  auto* key = who.get();
  residents_[key] = std::move(who);
}

void edge_loop::retire(resident& who) {
  auto place = residents_.find(&who);
  if (place == residents_.end())
    return;
  retired_.push_back(std::move(place->second));
  residents_.erase(place);
  clean_up_.request();
}

// Whoever was busy and is not any more has retired: drained() need look nowhere else.
void edge_loop::clean_up() {
  retired_.clear();
  forgotten_.clear();
  // Agents that have somewhere to go are waited for: they move before their lanes end.
  if (!drained_ || (!other_edges_.is_empty() && !sessions_.empty()))
    return;
  for (const auto& [key, who] : residents_)
    if (who->is_busy())
      return;
  std::exchange(drained_, nullptr)();
}

bool edge_loop::has_room() noexcept {
  if (residents_.size() < limits().visitors_max && !has_ended_)
    return true;
  ++counters().connections_refused;
  return false;
}

// Those who retire stay in memory until the end of the turn, so that looking is safe.
template <class Call>
void edge_loop::for_each_resident(Call call) {
  std::vector<resident*> all;
  all.reserve(residents_.size());
  for (const auto& [key, who] : residents_)
    all.push_back(key);
  for (auto* who : all)
    if (residents_.contains(who))
      call(*who);
}

void edge_loop::announce_change() {
  if (waiting_ > 0)
    look_again_.request();
}

void edge_loop::set_routes(std::shared_ptr<const route_map> routes) {
  routes_ = std::move(routes);
  announce_change();
}

void edge_loop::tell_of_edges(std::vector<std::string> all) {
  if (!other_edges_.set(std::move(all)))
    return;
  for (auto& [id, session] : sessions_)
    session->tell_edges();
}

void edge_loop::endpoint_gone(endpoint_id endpoint) {
  for_each_resident([endpoint](resident& who) { who.on_endpoint_gone(endpoint); });
}

void edge_loop::set_credentials(std::shared_ptr<const peer_credentials> fresh) {
  credentials_ = std::move(fresh);
  if (credentials_ && !neighbours_)
    neighbours_ = std::make_unique<neighbourhood>(*this, number_);
}

void edge_loop::set_peers(const std::vector<peer_edge>& all) {
  if (neighbours_ && !draining_)
    neighbours_->set(all);
}

void edge_loop::count(endpoint_id endpoint, std::uint64_t visits, std::uint64_t in,
                      std::uint64_t out) {
  auto& sum = usage_[endpoint];
  sum.endpoint = endpoint;
  sum.visits += visits;
  sum.bytes_in += in;
  sum.bytes_out += out;
}

void edge_loop::report_usage() {
  if (usage_.empty())
    return;
  std::vector<endpoint_usage> report;
  report.reserve(usage_.size());
  for (const auto& [id, sum] : usage_)
    report.push_back(sum);
  usage_.clear();
  deciders().used(report);
}

bool edge_loop::begin_waiting() noexcept {
  if (waiting_ >= limits().waiting_max) {
    ++counters().waits_refused;
    return false;
  }
  ++waiting_;
  return true;
}

lane::window_budget& edge_loop::budget_of(account_id account) {
  return account_budgets_.try_emplace(account, limits().account_window_bytes, &budget_)
    .first->second;
}

void edge_loop::tick(time_point now) {
  for_each_resident([now](resident& who) { who.on_tick(now); });
  if (neighbours_)
    neighbours_->on_tick(now);
  report_usage();
}

void edge_loop::drain(std::function<void()> drained) {
  draining_ = true;
  drained_ = std::move(drained);
  for (auto& [id, session] : sessions_)
    session->say_goodbye(
      {errc::draining, "the node is about to stop", seconds{1}, other_edges_.pick(id)},
      limits().drain_time);
  if (neighbours_)
    neighbours_->stop();
  for_each_resident([](resident& who) { who.on_drain(); });
  clean_up_.request();
}

void edge_loop::shutdown() {
  draining_ = has_ended_ = true;
  if (neighbours_)
    neighbours_->stop();
  for_each_resident([](resident& who) { who.on_shutdown(); });
  neighbours_.reset();
  residents_.clear();
  retired_.clear();
  counters().sessions_here -= sessions_.size();
  sessions_.clear();
  forgotten_.clear();
  report_usage();
}

} // namespace serverme::edge
