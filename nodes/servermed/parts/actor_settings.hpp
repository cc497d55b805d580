// How CAF is set up in a node, and the world that its actors see.
#pragma once

#include "actors/ports/world.hpp"
#include "nodes/servermed/cluster/identity_files.hpp"
#include "protocol/time.hpp"

#include <caf/actor_system_config.hpp>

#include <memory>

namespace serverme::servermed {

/// Of a node that stands alone: CAF's network is not there.
std::unique_ptr<caf::actor_system_config> actor_settings_alone();

/// Of a node of a cluster, whose process began then.
std::unique_ptr<caf::actor_system_config> actor_settings_of(const kept_identity& identity,
                                                            wall_time process_began);

/// Clocks and randomness.
actors::world world_outside();

} // namespace serverme::servermed
