// A moment as people and programs read it: "2026-11-23T21:36:24Z".
#pragma once

#include "protocol/time.hpp"

#include <ctime>
#include <string>

namespace serverme::servermed {

inline std::string utc_time(wall_time when) {
  auto seconds_since = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  ::gmtime_r(&seconds_since, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

} // namespace serverme::servermed
