// A WebSocket that sends what happens: of a tunnel, or of the cluster.
#pragma once

#include "nodes/control/api/api_peers.hpp"
#include "nodes/control/api/api_service.hpp"
#include "nodes/control/api/peer_stream.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace serverme::control {

using upgrade_request = boost::beast::http::request<boost::beast::http::string_body>;

/// Answers `request` and admits the WebSocket to `peers`, which like `settings` outlives it.
void open_live_peer(peer_stream stream, upgrade_request request, served_answer served,
                    api_peers& peers, const api_settings& settings);

} // namespace serverme::control
