#include "cli/local_target.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace serverme::cli {

namespace {

// sockaddr_un holds 108 bytes, the last one a zero.
constexpr std::size_t path_bytes_max = 107;
// RFC 1035, section 2.3.4.
constexpr std::size_t host_bytes_max = 253;

failure not_understood(std::string_view text, const std::string& why) {
  return fail(errc::local_address_invalid, "'" + std::string{text} + "' " + why);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto* end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, port);
  if (text.empty() || error != std::errc{} || at != end || port == 0)
    return std::nullopt;
  return port;
}

// Not more than what makes sense of an address: the resolver has the last word.
bool is_host(std::string_view text) {
  auto may_be_in_a_host = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
           || c == '.' || c == '_';
  };
  return !text.empty() && text.size() <= host_bytes_max
         && std::ranges::all_of(text, may_be_in_a_host);
}

bool is_v6(std::string_view text) {
  auto may_be_in_v6 = [](char c) {
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':'
           || c == '.';
  };
  return text.find(':') != std::string_view::npos && std::ranges::all_of(text, may_be_in_v6);
}

struct authority {
  std::string_view host;
  std::string_view port;
};

/// HOST, HOST:PORT, [V6], [V6]:PORT. Nothing when the brackets do not match.
std::optional<authority> split(std::string_view text) {
  if (text.starts_with('[')) {
    auto end = text.find(']');
    if (end == std::string_view::npos || !is_v6(text.substr(1, end - 1)))
      return std::nullopt;
    auto rest = text.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':'))
      return std::nullopt;
    return authority{text.substr(1, end - 1), rest.empty() ? rest : rest.substr(1)};
  }
  auto colon = text.find(':');
  auto host = text.substr(0, colon);
  if (!is_host(host))
    return std::nullopt;
  return authority{host, colon == std::string_view::npos ? "" : text.substr(colon + 1)};
}

result<local_target> parse_unix(std::string_view text, std::string_view path) {
  if (!path.starts_with('/'))
    return not_understood(text, "names no absolute path of a Unix socket");
  if (path.size() > path_bytes_max)
    return not_understood(text, "is longer than a Unix socket's path may be");
  return local_target{.transport = local_transport::unix_socket, .host = std::string{path}};
}

struct scheme {
  local_security security = local_security::plain;
  std::uint16_t default_port = 0; // 0: the port must be there
};

} // namespace

result<local_target> parse_local_target(std::string_view text, endpoint_kind kind) {
  if (text.starts_with("unix:"))
    return parse_unix(text, text.substr(5));
  if (auto port = parse_port(text))
    return local_target{.host = "localhost", .port = *port};
  auto rest = text;
  scheme how;
  if (auto colon = text.find("://"); colon != std::string_view::npos) {
    auto name = text.substr(0, colon);
    if (kind != endpoint_kind::http)
      return not_understood(text, "has a scheme; those are for http tunnels");
    if (name == "http")
      how = {local_security::plain, 80};
    else if (name == "https")
      how = {local_security::tls, 443};
    else
      return not_understood(text, "has a scheme other than http and https");
    rest = text.substr(colon + 3);
    // What a browser shows; more of a path would be promised and not kept.
    if (rest.ends_with('/'))
      rest.remove_suffix(1);
  }
  auto parts = split(rest);
  if (!parts)
    return not_understood(text, "has no valid host");
  auto has_port = rest.ends_with(':') || !parts->port.empty();
  auto port
    = has_port || how.default_port == 0 ? parse_port(parts->port) : std::optional{how.default_port};
  if (!port)
    return not_understood(text, "has no valid port");
  return local_target{.security = how.security, .host = std::string{parts->host}, .port = *port};
}

std::string to_string(const local_target& where) {
  if (where.transport == local_transport::unix_socket)
    return "unix:" + where.host;
  auto host = where.host.find(':') == std::string::npos ? where.host : "[" + where.host + "]";
  auto text = host + ":" + std::to_string(where.port);
  return where.security == local_security::tls ? "https://" + text : text;
}

} // namespace serverme::cli
