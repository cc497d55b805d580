#include "nodes/servermed/parts/control_part.hpp"

#include "nodes/control/postgres_store.hpp"
#include "nodes/servermed/parts/actor_settings.hpp"

#include <utility>

namespace serverme::servermed {

namespace {

constexpr milliseconds actors_start_within{10'000};

} // namespace

control_part::control_part(caf::actor_system& system, const actors::control_doors& doors,
                           const node_config& config, const control::database_settings& database,
                           control_part_options options) {
  control::store_settings of_store{.database = database, .claims = config.claims};
  refused_ = of_store.refused;
  claims_refused_ = of_store.claims_refused;
  actors::control_actor_settings settings;
  settings.start_store = [&system, of_store] {
    return caf::actor_cast<caf::actor>(control::spawn_postgres_store(system, of_store));
  };
  settings.names_restarted = std::move(options.names_restarted);
  settings.names.port_first = config.tcp_ports.first;
  settings.names.port_last = config.tcp_ports.last;
  settings.on_child_failed = std::move(options.on_child_failed);
  lead_ = settings.names.lead;
  lead_->term = options.first_term;
  tree_.emplace(system, doors, world_outside(), std::move(settings));
  actors::on_failure(tree_->supervisor(), std::move(options.failed));
}

result<done> control_part::await_start() const { return tree_->await_start(actors_start_within); }

void control_part::append_counters(counter_list& to) const {
  append_store_counters(to, *refused_, *claims_refused_);
}

void control_part::append_levels(std::vector<named_level>& to) const {
  to.insert(to.end(),
            {{"is_leader", lead_->term != 0 ? 1U : 0U,
              "1: the registry of this node decides who serves which name"},
             {"leases", lead_->leases, "Names and ports that are leased, on the leader"}});
}

} // namespace serverme::servermed
