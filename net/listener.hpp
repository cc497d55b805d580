// Accepts connections on one address, with a bound on how many are open.
#pragma once

#include "net/channel.hpp"

#include <functional>
#include <memory>
#include <string>

namespace serverme::net {

/// Several loops may listen on one port; the kernel spreads connections. The first of them takes
/// the port as one that is alone does: two programs must not share one by accident.
enum class port_use : unsigned char { alone, first_of_many, one_of_many };

struct listen_options {
  int backlog = 1024;
  port_use use = port_use::alone;
  /// Accepted in one turn before others get theirs.
  int batch = 64;
};

class listener {
public:
  using on_connection = std::function<void(stream_socket)>;

  /// Port 0 takes a free one. Call start() to accept.
  /// @errors listen_failed
  static result<std::unique_ptr<listener>> open(event_loop& loop, const address& where,
                                                listen_options options = {});
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  void start(on_connection accepted);
  /// No more connections; the port is free again.
  void close() noexcept;
  /// Where it really listens.
  const address& where() const noexcept;

private:
  struct state;
  explicit listener(std::shared_ptr<state> made);
  std::shared_ptr<state> state_;
};

} // namespace serverme::net
