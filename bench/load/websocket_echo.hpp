// A WebSocket origin: every message comes back as it went.
#pragma once

#include "bench/load/blocking_socket.hpp"

namespace serverme::load {

/// One connection, until it ends.
void serve_websocket_echo(blocking_socket socket);

} // namespace serverme::load
