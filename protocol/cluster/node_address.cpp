#include "protocol/cluster/node_address.hpp"

#include <charconv>

namespace serverme {

namespace {

// RFC 1035, section 2.3.4.
constexpr std::size_t host_length_max = 253;

bool is_host(std::string_view host, std::string_view digits) {
  return !host.empty() && host.size() <= host_length_max
         && host.find_first_not_of(digits) == std::string_view::npos;
}

bool is_name(std::string_view host) {
  return is_host(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
         && host.front() != '-' && host.front() != '.';
}

bool is_in_brackets(std::string_view host) {
  return is_host(host, "0123456789abcdefABCDEF:.%") && host.find(':') != std::string_view::npos;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto* end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || rest != end || port == 0)
    return std::nullopt;
  return port;
}

} // namespace

std::string to_string(const node_address& where) {
  auto is_numeric_v6 = where.host.find(':') != std::string::npos;
  return (is_numeric_v6 ? "[" + where.host + "]" : where.host) + ":" + std::to_string(where.port);
}

std::optional<node_address> parse_node_address(std::string_view text, std::uint16_t assumed) {
  auto has_brackets = text.starts_with('[');
  auto bracket = text.find(']');
  if (has_brackets && bracket == std::string_view::npos)
    return std::nullopt;
  auto host = has_brackets ? text.substr(1, bracket - 1) : text.substr(0, text.find(':'));
  if (!(has_brackets ? is_in_brackets(host) : is_name(host)))
    return std::nullopt;
  auto rest = text.substr(host.size() + (has_brackets ? 2 : 0));
  if (rest.empty())
    return assumed == 0 ? std::nullopt : std::optional{node_address{std::string{host}, assumed}};
  auto port = rest.starts_with(':') ? parse_port(rest.substr(1)) : std::nullopt;
  if (!port)
    return std::nullopt;
  return node_address{std::string{host}, *port};
}

} // namespace serverme
