#include "nodes/servermed/parts/api_part.hpp"

#include <utility>

namespace serverme::servermed {

namespace {

// A balancer may take an edge for good that serves what it knows, though nobody decides anything
// new: its visitors have nowhere better to go.
std::vector<std::string> needed_by(node_roles roles) {
  if (roles.has(node_role::edge))
    return {"edge"};
  if (roles.has(node_role::control))
    return {"database", "actors"};
  return {"membership"};
}

} // namespace

result<std::unique_ptr<api_part>> api_part::start(api_sources sources) {
  std::unique_ptr<api_part> made{new api_part{std::move(sources)}};
  for (auto step : {&api_part::start_calls, &api_part::start_health})
    if (auto outcome = (*made.*step)(); !outcome)
      return fail(outcome.error());
  return made;
}

api_part::~api_part() { stop(); }

result<done> api_part::start_calls() {
  if (sources_.control == nullptr)
    return done{};
  control::api_settings settings{.listen = sources_.config.api};
  if (sources_.watch != nullptr)
    settings.operator_key_hash = sources_.watch->key_hash();
  calls_.emplace(sources_.system, std::move(settings), asked());
  return calls_->start();
}

result<done> api_part::start_health() {
  if (!sources_.config.health)
    return done{};
  control::api_settings settings{.listen = *sources_.config.health,
                                 .offer = control::api_offer::health,
                                 .needed = needed_by(sources_.roles)};
  health_.emplace(sources_.system, std::move(settings), asked());
  return health_->start();
}

control::api_actors api_part::asked() const {
  const auto& from = sources_;
  control::api_actors whom{.store = from.deciding.store.as<actors::store_actor>(),
                           .counters = [this] { return counters(); },
                           .parts = [this] { return parts(); },
                           .metrics = [this](const auto& health) { return metrics(health); }};
  if (from.edge != nullptr) {
    whom.desk = from.edge->desk();
    whom.supervisors.push_back(from.edge->supervisor());
  }
  if (from.control != nullptr)
    whom.supervisors.push_back(from.control->supervisor());
  if (from.links != nullptr) {
    whom.desk = from.links->desk();
    whom.members = from.links->member();
    for (const auto& each : from.links->supervisors())
      whom.supervisors.push_back(each);
  }
  if (from.watch != nullptr)
    whom.overview = from.watch->overview();
  return whom;
}

std::vector<control::part_health> api_part::parts() const {
  std::vector<control::part_health> all{{"leader", sources_.deciding.names.leads_to() != nullptr}};
  if (sources_.edge != nullptr)
    all.push_back({"edge", sources_.edge->is_serving()});
  return all;
}

counter_list api_part::counters() const {
  counter_list all;
  if (sources_.edge != nullptr)
    sources_.edge->append_counters(all);
  if (sources_.control != nullptr)
    sources_.control->append_counters(all);
  if (sources_.control != nullptr && sources_.office != nullptr)
    append_counters(all, sources_.office->counts());
  if (sources_.links != nullptr)
    append_counters(all, sources_.links->counts());
  return all;
}

std::string api_part::metrics(const control::node_health& health) const {
  node_figures figures{.roles = sources_.roles,
                       .node = sources_.node,
                       .started = sources_.started,
                       .health = health,
                       .counters = counters()};
  if (calls_)
    for (auto& each : calls_->counters())
      figures.counters.push_back(std::move(each));
  if (sources_.edge != nullptr)
    sources_.edge->append_levels(figures.levels);
  if (sources_.control != nullptr)
    sources_.control->append_levels(figures.levels);
  if (sources_.links != nullptr)
    figures.links = sources_.links->counts();
  return write_metrics(figures);
}

void api_part::tell(ready_addresses& where) const {
  if (calls_)
    where.api = calls_->address();
  if (health_)
    where.health = health_->address();
}

void api_part::stop_calls() {
  if (calls_)
    calls_->stop();
}

void api_part::stop() {
  stop_calls();
  if (health_)
    health_->stop();
}

} // namespace serverme::servermed
