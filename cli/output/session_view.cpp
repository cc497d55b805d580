#include "cli/output/session_view.hpp"

#include "net/listener.hpp"

#include <array>
#include <cstdio>

namespace serverme::cli {

namespace {

template <class... Values>
std::string print(const char* format, Values... values) {
  std::array<char, 64> text{};
  auto length = std::snprintf(text.data(), text.size(), format, values...);
  return {text.data(), static_cast<std::size_t>(length)};
}

} // namespace

session_view make_view(const agent_config& config) {
  session_view view;
  view.server = net::to_string(config.server);
  for (const auto& plan : config.tunnels)
    view.tunnels.push_back({.title = plan.title, .local = to_string(plan.local)});
  return view;
}

void add_request(session_view& view, request_row row) {
  view.requests.push_back(std::move(row));
  if (view.requests.size() > request_rows_max)
    view.requests.pop_front();
}

std::string format_bytes(std::uint64_t count) {
  if (count < 1024)
    return std::to_string(count) + " B";
  auto amount = static_cast<double>(count);
  const char* unit = "";
  for (const char* larger : {"KiB", "MiB", "GiB", "TiB"}) {
    amount /= 1024;
    unit = larger;
    if (amount < 1023.95)
      break;
  }
  return print("%.1f %s", amount, unit);
}

std::string format_duration(microseconds time) {
  auto count = static_cast<double>(time.count());
  if (count < 99'950)
    return print("%.1f ms", count / 1e3);
  if (count < 999'500)
    return print("%.0f ms", count / 1e3);
  if (count < 59'995'000)
    return print("%.2f s", count / 1e6);
  auto whole = std::chrono::duration_cast<seconds>(time).count();
  return print("%ld m %02ld s", static_cast<long>(whole / 60), static_cast<long>(whole % 60));
}

} // namespace serverme::cli
