#include "cli/output/line_output.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace serverme::cli {

line_output::line_output(const std::vector<tunnel_plan>& tunnels, line_sink out, wall_clock clock,
                         on_end ended)
  : agent_output{std::move(ended)},
    tunnels_{tunnels},
    out_{std::move(out)},
    clock_{std::move(clock)} {}

void line_output::say(const std::string& line) {
  if (dropped_ > 0 && out_(dropped_line(dropped_)))
    dropped_ = 0;
  if (dropped_ > 0 || !out_(line))
    ++dropped_;
}

std::string format_time(wall_time time, time_precision precision) {
  auto whole = std::chrono::floor<seconds>(time);
  auto count = std::chrono::system_clock::to_time_t(whole);
  std::tm parts{};
  ::gmtime_r(&count, &parts);
  std::array<char, 48> text{};
  auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::string made{text.data(), length};
  if (precision == time_precision::with_milliseconds) {
    auto rest = std::chrono::duration_cast<milliseconds>(time - whole).count();
    std::snprintf(text.data(), text.size(), ".%03d", static_cast<int>(rest));
    made += text.data();
  }
  return made + "Z";
}

} // namespace serverme::cli
