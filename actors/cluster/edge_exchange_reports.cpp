// What visitors of one edge did with endpoints of another: taken from the loops, told to the home,
// and entered there as if they had come there.
#include "actors/cluster/edge_exchange_state.hpp"

#include <utility>

namespace serverme::actors::exchanges {

namespace {

// A flood of requests comes in batches: nobody sees the difference.
constexpr milliseconds taken_every{20};

/// nullptr: no other edge that is known has it.
peer* home_of(exchange_self self, endpoint_id endpoint, node_id& node) {
  auto& state = self->state;
  auto home = state.book->home_of(endpoint);
  auto there = home ? state.peers.find(*home) : state.peers.end();
  if (there == state.peers.end())
    return nullptr;
  node = *home;
  return &there->second;
}

} // namespace

void open_forwarding(exchange_self self) {
  auto& options = self->state.options;
  self->state.forwarded
    = options.captures->open_elsewhere(options.captures_waiting_max, [weak = self->address()] {
        if (auto alive = caf::actor_cast<caf::strong_actor_ptr>(weak))
          caf::anon_send(caf::actor_cast<caf::actor>(alive), take_forwarded{});
      });
}

void take_captures_of_others(exchange_self self) {
  auto& state = self->state;
  auto now = self->clock().now();
  if (now < state.rests_until)
    return self->delayed_send(self, state.rests_until - now, take_forwarded{});
  state.rests_until = now + taken_every;
  auto batch = state.forwarded->take();
  auto& lost = state.options.counters->captures_lost;
  lost += batch.lost;
  std::set<node_id> homes;
  for (auto& each : batch.captures) {
    node_id home;
    auto* there = home_of(self, each->endpoint, home);
    if (there == nullptr) { // its tunnel has ended
      ++lost;
      continue;
    }
    auto dropped = there->reports.dropped();
    there->reports.add(std::move(each));
    lost += there->reports.dropped() - dropped;
    homes.insert(home);
  }
  for (const auto& home : homes)
    send_report(self, home);
}

void take_usage(exchange_self self, const usage_report& news) {
  std::set<node_id> homes;
  for (const auto& each : news.used) {
    node_id home;
    if (auto* there = home_of(self, each.endpoint, home)) {
      there->reports.add(each);
      homes.insert(home);
    }
  }
  for (const auto& home : homes)
    send_report(self, home);
}

// One that was not answered may have been heard: it is not said twice.
void send_report(exchange_self self, node_id node) {
  auto& state = self->state;
  auto there = state.peers.find(node);
  if (there == state.peers.end() || !there->second.exchange || there->second.is_reporting)
    return;
  auto report = there->second.reports.next();
  if (neighbours::is_empty(report))
    return;
  there->second.is_reporting = true;
  auto captures = report.captures.size();
  auto to = there->second.exchange.address();
  auto answered = [self, node, to] {
    auto told = self->state.peers.find(node);
    if (told == self->state.peers.end() || told->second.exchange.address() != to)
      return false; // another link by now
    told->second.is_reporting = false;
    return true;
  };
  self->request(there->second.exchange, state.options.answer_within, std::move(report))
    .then(
      [self, node, captures, answered](const edge_report_taken&) {
        self->state.options.counters->captures_sent += captures;
        if (answered())
          send_report(self, node);
      },
      [self, captures, answered](const caf::error&) {
        self->state.options.counters->captures_lost += captures;
        answered(); // more at the next look
      });
}

caf::result<edge_report_taken> take_report(exchange_self self, edge_report& report) {
  auto& options = self->state.options;
  if (!edge_that_speaks(self)) {
    ++options.counters->refused;
    return make_caf_error(
      fail(errc::control_unavailable, "only edges that are connected are heard"));
  }
  edge_report_taken taken;
  for (auto& each : report.captures)
    if (options.captures->take_in(std::make_unique<capture>(to_capture(std::move(each)))))
      ++taken.captures;
  options.counters->captures_heard += taken.captures;
  options.counters->captures_lost += report.captures.size() - taken.captures;
  if (!report.used.empty())
    self->send(options.desk, usage_report{std::move(report.used)});
  return taken;
}

} // namespace serverme::actors::exchanges
