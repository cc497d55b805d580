#include "nodes/servermed/metrics/metrics_page.hpp"

#include "nodes/servermed/metrics/process_figures.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

namespace serverme::servermed {

namespace {

using labels = std::vector<prometheus::ClientMetric::Label>;

prometheus::MetricFamily family(const std::string& name, std::string_view help,
                                prometheus::MetricType type) {
  return {"serverme_" + name, std::string{help}, type, {}};
}

prometheus::MetricFamily gauges(const std::string& name, std::string_view help) {
  return family(name, help, prometheus::MetricType::Gauge);
}

prometheus::MetricFamily counters(const std::string& name, std::string_view help) {
  return family(name + "_total", help, prometheus::MetricType::Counter);
}

void add(prometheus::MetricFamily& to, std::uint64_t value, labels which = {}) {
  prometheus::ClientMetric sample;
  sample.label = std::move(which);
  // The serializer looks at the one that the type of the family says.
  sample.counter.value = sample.gauge.value = static_cast<double>(value);
  to.metric.push_back(std::move(sample));
}

class page {
public:
  void put(prometheus::MetricFamily one) { families_.push_back(std::move(one)); }

  void level(const std::string& name, std::uint64_t value, std::string_view help) {
    auto one = gauges(name, help);
    add(one, value);
    put(std::move(one));
  }

  void count(const std::string& name, std::uint64_t value, std::string_view help) {
    auto one = counters(name, help);
    add(one, value);
    put(std::move(one));
  }

  std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer{}.Serialize(out, families_);
    return out.str();
  }

private:
  std::vector<prometheus::MetricFamily> families_;
};

void write_node(page& to, const node_figures& what) {
  auto about = gauges("node_info", "Always 1; what the node is");
  add(about, 1,
      {{"version", SERVERME_VERSION},
       {"roles", to_string(what.roles)},
       {"node", what.node ? to_string(*what.node) : ""}});
  to.put(std::move(about));
  auto since = std::chrono::duration_cast<seconds>(what.started.time_since_epoch()).count();
  to.level("start_time_seconds", static_cast<std::uint64_t>(since),
           "When the node began, Unix time");
  auto parts = gauges("part_ready", "1: this part of the node can do its work, as /readyz says");
  for (const auto& each : what.health.parts)
    add(parts, each.is_ready ? 1 : 0, {{"part", each.name}});
  to.put(std::move(parts));
}

void write_actors(page& to, const std::vector<actor_view>& actors) {
  auto waiting = gauges("actor_mailbox_messages", "Messages that wait for a supervised actor");
  auto handled = counters("actor_messages_handled", "Messages that a supervised actor has done");
  auto restarts = counters("actor_restarts", "How often a supervised actor was started again");
  std::uint64_t most = 0, all = 0;
  for (const auto& each : actors) {
    labels which{{"actor", each.name}};
    add(waiting, each.queued, which);
    add(handled, each.handled, which);
    add(restarts, each.restarts, which);
    most = std::max(most, each.queued);
    all += each.restarts;
  }
  for (auto* each : {&waiting, &handled, &restarts})
    to.put(std::move(*each));
  to.level("busiest_actor_mailbox_messages", most, "Messages that wait for the most loaded actor");
  to.count("restarts", all, "How often supervised actors were started again, all together");
}

void write_members(page& to, const member_list& list) {
  constexpr std::array states{
    std::pair{membership::state::alive, "alive"}, std::pair{membership::state::suspect, "suspect"},
    std::pair{membership::state::dead, "dead"}, std::pair{membership::state::left, "left"}};
  auto members = gauges("members", "Nodes of the cluster as this one knows them, itself included");
  for (const auto& [state, name] : states)
    add(members,
        static_cast<std::uint64_t>(std::ranges::count(list.members, state, &member_view::state)),
        {{"state", name}});
  to.put(std::move(members));
  to.level("gossip_health", list.health, "0: well; more: this node was late, or cut off, itself");
  const auto& counted = list.counts;
  to.count("gossip_received_messages", counted.messages_in, "Messages of other members");
  to.count("gossip_sent_messages", counted.messages_out, "Messages to other members");
  to.count("gossip_received_bytes", counted.bytes_in, "Bytes of gossip that came");
  to.count("gossip_sent_bytes", counted.bytes_out, "Bytes of gossip that went");
  to.count("gossip_dropped_messages", counted.messages_dropped,
           "Gossip without a link in time, or beyond a bound");
  to.count("gossip_refused_messages", counted.messages_refused,
           "Gossip that was not understood, or of no member");
  to.count("gossip_dials", counted.dials, "Attempts to connect to a member");
  to.count("gossip_dials_failed", counted.dials_failed, "Of these: without success");
  to.count("gossip_suspicions", counted.suspicions, "Members that this node suspected");
  to.count("gossip_refutations", counted.refutations, "Times that this node contradicted");
  to.count("gossip_stalls", counted.stalls, "Times that this process was late by itself");
}

void write_links(page& to, const net::peer_counts& links) {
  to.level("links", links.peers, "Other nodes that are connected");
  to.level("link_strangers", links.strangers, "Connections that have not proven who they are");
  to.level("link_dials", links.dials, "Connections that are being made");
  auto refused = counters("link_refused", "Connections that never were a node's, by reason");
  for (std::size_t i = 0; i < links.refused.size(); ++i)
    add(refused, links.refused[i],
        {{"reason", std::string{net::to_string(static_cast<net::peer_refusal>(i))}}});
  auto lost = counters("link_lost", "Links to other nodes that ended, by reason");
  for (std::size_t i = 0; i < links.lost.size(); ++i)
    add(lost, links.lost[i],
        {{"reason", std::string{net::to_string(static_cast<net::peer_loss>(i))}}});
  to.put(std::move(refused));
  to.put(std::move(lost));
}

} // namespace

std::string write_metrics(const node_figures& what) {
  page out;
  write_node(out, what);
  for (const auto& [name, value, help] : what.levels)
    out.level(name, value, help);
  for (const auto& [name, value, help] : what.counters)
    out.count(name, value, help);
  write_actors(out, what.health.actors);
  if (what.health.members)
    write_members(out, *what.health.members);
  if (what.links)
    write_links(out, *what.links);
  return out.text() + process_figures();
}

} // namespace serverme::servermed
