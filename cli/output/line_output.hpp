// What outputs of lines share: a clock, and a reader who may be slower than the visitors.
#pragma once

#include "cli/output/agent_output.hpp"
#include "protocol/time.hpp"

#include <functional>
#include <string>

namespace serverme::cli {

/// Takes one line with its end, or drops it (false).
using line_sink = std::function<bool(const std::string&)>;
using wall_clock = std::function<wall_time()>;

class line_output : public agent_output {
public:
  line_output(const std::vector<tunnel_plan>& tunnels, line_sink out, wall_clock clock,
              on_end ended);

protected:
  /// Writes the line; first how many were dropped before it, if any.
  void say(const std::string& line);
  virtual std::string dropped_line(std::uint64_t count) const = 0;
  const tunnel_plan& plan(std::size_t tunnel) const { return tunnels_.at(tunnel); }
  std::size_t tunnel_count() const noexcept { return tunnels_.size(); }
  wall_time now() const { return clock_(); }

private:
  std::vector<tunnel_plan> tunnels_;
  line_sink out_;
  wall_clock clock_;
  std::uint64_t dropped_ = 0;
};

enum class time_precision : std::uint8_t { whole_seconds, with_milliseconds };

/// "2026-11-24T06:30:01Z", "2026-11-24T06:30:01.250Z".
std::string format_time(wall_time time, time_precision precision);

} // namespace serverme::cli
