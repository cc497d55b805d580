// One HTTP/1.1 connection to the API: reads a request, has it answered, writes the answer, again.
#pragma once

#include "nodes/control/api/api_peers.hpp"
#include "nodes/control/api/api_service.hpp"

namespace serverme::control {

/// Admits it to `peers`, which like the others outlives it.
void open_http_peer(net::stream_socket socket, api_service& service, api_peers& peers,
                    const api_settings& settings);

/// For one too many: says so, as far as that goes at once, and hangs up.
void refuse_http_peer(net::stream_socket socket);

} // namespace serverme::control
