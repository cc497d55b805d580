#include "cli/commands/tunnel_table.hpp"

#include "cli/output/failure_text.hpp"
#include "cli/output/session_view.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace serverme::cli {

namespace {

constexpr std::size_t column_count = 6;
using table_row = std::array<std::string, column_count>;

table_row row_of(const nlohmann::json& tunnel) {
  auto urls = tunnel.value("urls", std::vector<std::string>{});
  return {shown(urls.empty() ? tunnel.value("name", "") : urls.front()),
          shown(tunnel.value("local", "")),
          shown(tunnel.value("state", "")),
          std::to_string(tunnel.value("visits", std::uint64_t{0})),
          format_bytes(tunnel.value("bytes_in", std::uint64_t{0})),
          format_bytes(tunnel.value("bytes_out", std::uint64_t{0}))};
}

std::string print_table(const std::vector<table_row>& rows) {
  std::array<std::size_t, column_count> widths{};
  for (const auto& row : rows)
    for (std::size_t i = 0; i < column_count; ++i)
      widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < column_count; ++i) {
      auto cell = row[i];
      cell.resize(widths[i] + 2, ' ');
      line += cell;
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

} // namespace

result<std::string> tunnel_table(const std::string& body) try {
  auto answer = nlohmann::json::parse(body);
  const auto& tunnels = answer.at("tunnels");
  if (tunnels.empty())
    return std::string{"No tunnels are open.\n"};
  std::vector<table_row> rows{{"URL", "LOCAL", "STATE", "VISITS", "IN", "OUT"}};
  for (const auto& each : tunnels)
    rows.push_back(row_of(each));
  return print_table(rows);
} catch (const nlohmann::json::exception&) {
  return fail(errc::api_unavailable, "its answer is no list of tunnels");
}

} // namespace serverme::cli
