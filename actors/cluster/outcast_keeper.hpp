// OUTCAST KEEPER: has this node turn away whoever was removed from the cluster.
//
// Owned by  the node's supervisor.
// Owns      the list of removed nodes: on a control node as its database says, elsewhere as one of
//           those says, whom it asks again and again. Tells the membership and the transport.
// Fails     without harm: started again it hears the list anew. While nobody tells it, it stays as
//           it was.
#pragma once

#include "actors/cluster/cluster_member.hpp"
#include "protocol/messages/members.hpp"
#include "protocol/time.hpp"

#include <functional>
#include <vector>

namespace serverme::actors {

/// Its name at the gateways of control nodes.
inline constexpr auto outcast_service = "outcasts";

/// As other nodes see it.
using outcast_source_actor = caf::typed_actor<answers<ask_outcasts, outcast_list>>;

// -- within a node: not registered, so that nobody else can say them
// --------------------------------

/// From the database, again and again.
struct outcasts_known {
  std::vector<node_id> all;
};

/// The membership was started again, and has forgotten whom it does not listen to.
struct repeat_outcasts {};

/// Its own timer.
struct look_for_outcasts {};

using outcast_keeper_actor
  = outcast_source_actor::extend<takes<outcasts_known>, takes<repeat_outcasts>,
                                 takes<look_for_outcasts>>;

struct outcast_keeper_options {
  /// Of a control node, whichever that is. None: this is one, and is told.
  outcast_source_actor source{};
  own_member_actor member;
  /// The list is another one. Called on one of CAF's threads.
  std::function<void(const std::vector<node_id>&)> on_change = [](const auto&) {};
  milliseconds ask_every{1'000};
  milliseconds answer_within{2'000};
};

outcast_keeper_actor spawn_outcast_keeper(caf::actor_system& system,
                                          outcast_keeper_options options);

} // namespace serverme::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::outcasts_known)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::repeat_outcasts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::actors::look_for_outcasts)
