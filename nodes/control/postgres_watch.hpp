// Starts a private PostgreSQL again when it ends by itself, with back-off.
#pragma once

#include "nodes/control/private_postgres.hpp"
#include "protocol/backoff.hpp"

#include <optional>
#include <stop_token>
#include <thread>

namespace serverme::control {

class postgres_watch {
public:
  /// `server` outlives it, and nobody else starts or stops it meanwhile.
  explicit postgres_watch(private_postgres& server);
  /// Its end waits for a start that is under way. A server that was started here begins to stop: it
  /// ends with its parent, which is a thread of this.
  postgres_watch(const postgres_watch&) = delete;
  postgres_watch& operator=(const postgres_watch&) = delete;

private:
  void watch(const std::stop_token& stop);
  /// @returns how long to wait before the next look
  milliseconds look();

  private_postgres& server_;
  backoff backoff_;
  /// nullopt: it does not.
  std::optional<time_point> running_since_;
  std::jthread thread_;
};

} // namespace serverme::control
