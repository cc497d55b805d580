#include "protocol/node.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace serverme {

namespace {

constexpr std::string_view digits = "0123456789abcdef";
constexpr std::size_t digits_per_half = 16;

constexpr auto role_names = std::to_array<std::pair<node_role, std::string_view>>(
  {{node_role::edge, "edge"}, {node_role::worker, "worker"}, {node_role::control, "control"}});

void append_hex(std::string& out, std::uint64_t half) {
  for (std::size_t at = digits_per_half; at-- > 0;)
    out += digits[half >> (4 * at) & 15U];
}

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  std::uint64_t out = 0;
  for (char c : text) {
    auto value = digits.find(c);
    if (value == std::string_view::npos)
      return std::nullopt;
    out = out << 4U | value;
  }
  return out;
}

} // namespace

std::string to_string(const node_id& id) {
  std::string out;
  append_hex(out, id.high);
  append_hex(out, id.low);
  return out;
}

std::optional<node_id> parse_node_id(std::string_view text) {
  if (text.size() != 2 * digits_per_half)
    return std::nullopt;
  auto high = parse_hex(text.substr(0, digits_per_half));
  auto low = parse_hex(text.substr(digits_per_half));
  if (!high || !low || (*high | *low) == 0)
    return std::nullopt;
  return node_id{*high, *low};
}

std::string to_string(node_roles roles) {
  std::string out;
  for (auto [role, name] : role_names)
    if (roles.has(role))
      out += (out.empty() ? "" : ",") + std::string{name};
  return out;
}

std::optional<node_roles> parse_node_roles(std::string_view text) {
  node_roles out;
  while (true) {
    auto comma = text.find(',');
    auto name = text.substr(0, comma);
    const auto* entry
      = std::ranges::find(role_names, name, &decltype(role_names)::value_type::second);
    if (entry == role_names.end())
      return std::nullopt;
    out.bits |= static_cast<std::uint32_t>(entry->first);
    if (comma == std::string_view::npos)
      return out;
    text.remove_prefix(comma + 1);
  }
}

} // namespace serverme
