// The tree of actors of an edge: who starts whom, and how it ends.
//
//   supervisor -- lease_keeper
//              -- route_table
//              -- tunnel_desk
//              -- edge_exchange (in a cluster)
//              -- reception ---- tunnel_session (one for each agent) ---- inspector (one for each
//                                                                         inspected endpoint)
//
// Others reach the five through doors that stay good while the supervisor starts an actor again.
// After that the sessions repeat what it forgot. The store and the name registry are a control
// node's: this one's or another's, behind doors too.
#pragma once

#include "actors/cluster/edge_exchange.hpp"
#include "actors/front_door.hpp"
#include "actors/reception.hpp"
#include "actors/supervisor.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace serverme::actors {

/// Of an edge of a cluster.
struct place_in_cluster {
  gateway_actor gateway;
  /// Behind a door that stays good.
  cluster_member_actor members;
};

struct edge_actor_settings {
  /// Nothing: the edge stands alone, and has nobody to exchange anything with.
  std::optional<place_in_cluster> cluster;
  keeper_settings leases;
  route_table_settings routes;
  reception_settings reception;
  restart_policy restarts;
  /// See supervisor_report.
  std::function<void(const child_failure&)> on_child_failed = [](const child_failure&) {};
  /// Captures that wait for one inspector.
  std::size_t captures_waiting_max = 128;
  std::shared_ptr<exchange_counters> exchanged = std::make_shared<exchange_counters>();
};

class edge_actors {
public:
  struct doors {
    front_door leases;
    front_door routes;
    front_door desk;
    front_door exchange; // leads nowhere when the edge stands alone
    front_door reception;
  };

  /// Starts them, on CAF's threads. `edge` may not run yet: what it is asked waits until then.
  /// The system outlives this object.
  edge_actors(caf::actor_system& system, const store_actor& store, const name_registry_actor& names,
              const world& outside, const std::shared_ptr<edge_doors>& edge,
              edge_actor_settings settings = {});
  ~edge_actors();
  edge_actors(const edge_actors&) = delete;
  edge_actors& operator=(const edge_actors&) = delete;

  /// Blocks until they have started. Before that, questions to them are control_unavailable.
  result<done> await_start(milliseconds patience) const;

  lease_keeper_actor leases() const { return doors_.leases.as<lease_keeper_actor>(); }
  route_table_actor routes() const { return doors_.routes.as<route_table_actor>(); }
  tunnel_desk_actor desk() const { return doors_.desk.as<tunnel_desk_actor>(); }
  edge_exchange_actor exchange() const { return doors_.exchange.as<edge_exchange_actor>(); }
  reception_actor reception() const { return doors_.reception.as<reception_actor>(); }
  const supervisor_actor& supervisor() const noexcept { return supervisor_; }

  /// For whoever wants to know how far behind an actor is.
  const doors& all_doors() const noexcept { return doors_; }

  /// Where the loops leave what they recorded.
  const std::shared_ptr<capture_intake>& captures() const noexcept { return captures_; }

  /// Ends them, top down. Call it after the edge has stopped. Idempotent.
  /// @returns false when they did not end in time: ~actor_system would wait for them without end
  bool stop(milliseconds patience);

private:
  child_spec leases_spec(const name_registry_actor& names, const keeper_settings& settings) const;
  child_spec routes_spec(const route_table_settings& settings) const;
  child_spec desk_spec() const;
  child_spec exchange_spec(const place_in_cluster& where,
                           const std::shared_ptr<exchange_counters>& counters) const;
  child_spec reception_spec(const store_actor& store, const world& outside,
                            const reception_settings& settings) const;
  std::function<void()> sessions_repeat() const;

  caf::actor_system& system_;
  std::shared_ptr<edge_doors> edge_;
  std::shared_ptr<capture_intake> captures_;
  doors doors_;
  supervisor_actor supervisor_;
};

} // namespace serverme::actors
