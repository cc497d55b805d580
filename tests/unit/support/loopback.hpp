// Two connected channels on one loop, and a user that remembers what happened to it.
#pragma once

#include "net/channel.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace serverme::tests {

/// A connected pair of TCP sockets on 127.0.0.1.
std::pair<net::stream_socket, net::stream_socket> connected_sockets(net::event_loop& loop);

/// Runs the loop until `condition` holds. @returns false when it did not within ten seconds
bool run_until(net::event_loop& loop, const std::function<bool()>& condition);

struct recording_user : net::channel_user {
  void on_secured() override { secured = true; }
  void on_bytes(bytes_view bytes) override {
    received += as_text(bytes);
    if (heard)
      heard();
  }
  void on_end() override { ended = true; }
  void on_sent() override { ++sent; }
  void on_closed(const failure& why) override { closed = why; }

  std::string received;
  std::function<void()> heard;
  std::optional<failure> closed;
  int sent = 0;
  bool secured = false;
  bool ended = false;
};

} // namespace serverme::tests
