// How to reach PostgreSQL, and how patient to be with it.
#pragma once

#include "protocol/backoff.hpp"
#include "protocol/time.hpp"

#include <string>

namespace serverme::control {

struct database_settings {
  /// As libpq takes it: "host=db user=serverme", or "postgresql://...". May hold a password: never
  /// logged.
  std::string connection_string;
  /// A statement that takes longer is given up; 0: never.
  milliseconds statement_timeout{3'000};
  /// Between attempts to connect; questions in the meantime fail at once.
  backoff_limits reconnect{.first = milliseconds{100}, .ceiling = milliseconds{3'000}};
};

} // namespace serverme::control
