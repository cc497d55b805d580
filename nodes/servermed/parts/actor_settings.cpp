#include "nodes/servermed/parts/actor_settings.hpp"

#include "actors/transport/cluster_config.hpp"
#include "net/digest.hpp"
#include "nodes/servermed/cluster/node_links.hpp"

#include <algorithm>
#include <thread>

namespace serverme::servermed {

namespace {

// An actor whose mailbox never runs dry would keep its thread for ever.
constexpr std::size_t messages_in_a_row = 50;

void tune(caf::actor_system_config& config) {
  config.set("logger.verbosity", caf::atom("quiet"));
  config.set("scheduler.max-throughput", messages_in_a_row);
  // Workers that steal poll for work: a message every 5 ms then costs a tenth of a core (measured).
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads",
             std::clamp<std::size_t>(std::thread::hardware_concurrency(), 2, 16));
}

} // namespace

std::unique_ptr<caf::actor_system_config> actor_settings_alone() {
  auto config = std::make_unique<caf::actor_system_config>();
  actors::register_types(*config);
  tune(*config);
  return config;
}

std::unique_ptr<caf::actor_system_config> actor_settings_of(const kept_identity& identity,
                                                            wall_time process_began) {
  auto config = std::make_unique<actors::cluster_config>(identity.who(), run_of(process_began));
  tune(*config);
  return config;
}

actors::world world_outside() {
  return {.random = net::random_bits,
          .sha256 = net::sha256,
          .wall_clock = std::chrono::system_clock::now};
}

} // namespace serverme::servermed
