// The stream under HTTP and WebSocket: a socket on our loop, with time-outs.
#pragma once

#include "net/channel.hpp"

#include <boost/beast/core/basic_stream.hpp>

namespace serverme::control {

using peer_stream
  = boost::beast::basic_stream<boost::asio::generic::stream_protocol, net::event_loop::executor>;

} // namespace serverme::control
