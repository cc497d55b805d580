#include "actors/transport/gateway_messages.hpp"

namespace serverme::actors {

void register_gateway_types(caf::actor_system_config& config) {
  config.add_message_type<greet_node>("sm.greet_node")
    .add_message_type<node_greeted>("sm.node_greeted")
    .add_message_type<find_service>("sm.find_service")
    .add_message_type<service_location>("sm.service_location");
}

} // namespace serverme::actors
