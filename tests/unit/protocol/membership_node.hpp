// One node under test, whose peers are played by the test.
#pragma once

#include "protocol/membership/core.hpp"

#include <functional>

namespace serverme::tests {

using membership::event;
using membership::event_kind;
using membership::message;
using membership::message_type;
using membership::record;
using membership::state;

inline constexpr node_id me{0x50, 0};
inline constexpr std::uint64_t my_start = 1'000'000;

/// A living edge, as it tells of itself.
inline record telling(const node_id& id, std::uint64_t run = 1000) {
  return {.id = id,
          .run = run,
          .incarnation = 0,
          .state = state::alive,
          .started = run,
          .about = membership::facts{.roles = {node_role::edge},
                                     .name = "node-" + std::to_string(id.high)},
          .accusers = {}};
}

/// The same one in another state, without facts.
inline record claim(record x, state now, std::vector<node_id> accusers = {}) {
  x.state = now;
  x.about.reset();
  x.started = 0;
  x.accusers = std::move(accusers);
  return x;
}

class node_under_test {
public:
  explicit node_under_test(membership::limits limits = {}, node_roles roles = {node_role::edge})
    : bounds{limits}, core{me, my_start, {.roles = roles, .name = "me"}, limits, 7, now} {}

  /// These are members, and answer what they are asked until the test says otherwise.
  void knows(const std::vector<record>& members) {
    for (const auto& x : members) {
      peers[x.id] = x;
      tell(x.id, {x});
    }
  }

  membership::verdict hear(const node_id& from, message x) {
    if (x.run == 0) {
      auto known = peers.find(from);
      x.run = known == peers.end() ? 1000 : known->second.run;
      x.incarnation = known == peers.end() ? 0 : known->second.incarnation;
    }
    x.members = std::max(x.members, 1u);
    byte_queue bytes;
    append_to(bytes, x);
    auto out = core.handle(from, bytes.view(), now);
    take_out();
    return out;
  }
  membership::verdict tell(const node_id& from, std::vector<record> records,
                           message_type type = message_type::gossip) {
    message x;
    x.type = type;
    x.records = std::move(records);
    if (type == message_type::table)
      x.page = membership::id_range{{}, {UINT64_MAX, UINT64_MAX}};
    return hear(from, std::move(x));
  }

  /// Time goes by; each tick comes when it is due.
  void wait(milliseconds time) {
    for (auto end = now + time; now < end;) {
      now = std::min(end, std::max(now, core.next_due()));
      core.tick(now);
      take_out();
    }
  }

  void take_out() {
    membership::outgoing x;
    while (core.poll(x)) {
      auto read = membership::parse_message(x.bytes.view());
      largest = std::max(largest, x.bytes.size());
      said.emplace_back(x.to, read.value());
      answer(x.to, said.back().second);
    }
    event e;
    while (core.poll(e))
      events.push_back(e);
  }

  /// How often this was said to that one; forgets nothing.
  std::size_t count(message_type type, const node_id& to) const {
    return static_cast<std::size_t>(std::ranges::count_if(
      said, [&](const auto& x) { return x.first == to && x.second.type == type; }));
  }
  /// The newest of a kind; nullptr when there was none.
  const message* last(message_type type, const node_id& to) const {
    for (auto at = said.rbegin(); at != said.rend(); ++at)
      if (at->first == to && at->second.type == type)
        return &at->second;
    return nullptr;
  }
  /// How often it has told a record like this.
  std::size_t told(const node_id& about, state as) const {
    std::size_t out = 0;
    for (const auto& [to, x] : said)
      for (const auto& each : x.records)
        out += each.id == about && each.state == as ? 1 : 0;
    return out;
  }
  bool saw(event_kind kind, const node_id& who) const {
    return std::ranges::any_of(events,
                               [&](const event& x) { return x.kind == kind && x.who == who; });
  }
  void forget() {
    said.clear();
    events.clear();
  }
  state state_of(const node_id& id) const { return core.find(id)->what.state; }

  time_point now{seconds{100}};
  membership::limits bounds;
  membership::core core;
  std::map<node_id, record> peers;
  /// These hear nothing, or their answers are lost.
  std::set<node_id> silent;
  /// Everybody says of these that they do not answer.
  std::set<node_id> unreachable;
  std::vector<std::pair<node_id, message>> said;
  std::vector<event> events;
  std::size_t largest = 0;

private:
  void answer(const node_id& to, const message& x) {
    if (!peers.contains(to) || silent.contains(to))
      return;
    message out;
    out.sequence = x.sequence;
    if (x.type == message_type::ping) {
      out.type = message_type::ack;
      hear(to, out);
    } else if (x.type == message_type::ping_request) {
      out.target = x.target;
      out.type = unreachable.contains(*x.target) ? message_type::nack : message_type::ack;
      out.target_run = peers.contains(*x.target) ? peers[*x.target].run : 0;
      hear(to, out);
    }
  }
};

} // namespace serverme::tests
