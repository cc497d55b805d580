#include "protocol/endpoint.hpp"

#include <algorithm>

namespace serverme {

namespace {

constexpr std::size_t label_max = 63; // RFC 1035, section 2.3.4
constexpr std::size_t host_max = 253;

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Of a lower-case character.
constexpr bool is_letter_or_digit(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'z'); }

constexpr bool is_hex(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f'); }

std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}

/// RFC 3986 allows an empty port.
bool is_port(std::string_view text) noexcept {
  std::uint32_t number = 0;
  for (char c : text) {
    if (!is_digit(c))
      return false;
    number = number * 10 + static_cast<std::uint32_t>(c - '0');
    if (number > 65535)
      return false;
  }
  return true;
}

/// Underscores are no part of a host name but of names that people do use.
bool is_host_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= label_max
         && std::all_of(label.begin(), label.end(),
                        [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
}

bool is_host_name(std::string_view host) noexcept {
  if (host.empty() || host.size() > host_max)
    return false;
  for (;;) {
    auto dot = host.find('.');
    if (!is_host_label(host.substr(0, dot)))
      return false;
    if (dot == std::string_view::npos)
      return true;
    host.remove_prefix(dot + 1);
  }
}

/// Not a full check: such a host is served by nobody, and only has to be harmless.
bool is_ipv6(std::string_view host) noexcept {
  return host.size() >= 2 && host.size() <= 45 && host.find(':') != std::string_view::npos
         && std::all_of(host.begin(), host.end(),
                        [](char c) { return is_hex(c) || c == ':' || c == '.'; });
}

// Sorted: searched by bisection.
constexpr auto system_names = std::to_array<std::string_view>({
  "abuse",    "account",     "accounts",  "admin",      "administrator", "agent",    "api",
  "app",      "assets",      "auth",      "autoconfig", "autodiscover",  "billing",  "blog",
  "cdn",      "connect",     "console",   "control",    "dashboard",     "dns",      "docs",
  "download", "downloads",   "edge",      "email",      "ftp",           "gateway",  "git",
  "health",   "help",        "host",      "hostmaster", "imap",          "inspect",  "internal",
  "isatap",   "localdomain", "localhost", "login",      "logout",        "mail",     "metrics",
  "mx",       "ns",          "ns1",       "ns2",        "ns3",           "ns4",      "oauth",
  "payment",  "payments",    "pop",       "pop3",       "postmaster",    "register", "root",
  "secure",   "security",    "server",    "serverme",   "signin",        "signup",   "smtp",
  "ssh",      "sso",         "static",    "status",     "support",       "system",   "tunnel",
  "tunnels",  "webmail",     "webmaster", "wpad",       "www",
});
static_assert(std::is_sorted(system_names.begin(), system_names.end()));

} // namespace

std::string_view to_string(endpoint_kind kind) noexcept {
  switch (kind) {
    case endpoint_kind::http: return "http";
    case endpoint_kind::tcp: return "tcp";
    case endpoint_kind::tls: return "tls";
  }
  return "unknown";
}

result<std::string> parse_endpoint_name(std::string_view text) {
  if (text.empty())
    return fail(errc::name_invalid, "an empty name");
  if (text.size() > label_max)
    return fail(errc::name_invalid, "a name of " + std::to_string(text.size()) + " characters");
  auto name = lower(text);
  bool clean = std::all_of(name.begin(), name.end(),
                           [](char c) { return is_letter_or_digit(c) || c == '-'; });
  // What is not clean is not repeated: it may be anything.
  if (!clean)
    return fail(errc::name_invalid, "a name with other than letters, digits and hyphens");
  if (name.front() == '-' || name.back() == '-')
    return fail(errc::name_invalid, "name " + name);
  return name;
}

bool is_system_name(std::string_view name) noexcept {
  return std::binary_search(system_names.begin(), system_names.end(), name);
}

std::string random_endpoint_name(std::uint64_t entropy) {
  // Crockford's base 32: no i, l, o and u.
  static constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string name(8, '\0');
  for (char& c : name) {
    c = alphabet[entropy & 31U];
    entropy >>= 5U;
  }
  return name;
}

std::string normalize_host(std::string_view host) {
  // Longest: a name with its final dot and ":65535".
  if (host.empty() || host.size() > host_max + 7)
    return {};
  auto text = lower(host);
  std::string_view rest = text;
  if (rest.front() == '[') {
    auto end = rest.find(']');
    if (end == std::string_view::npos)
      return {};
    auto address = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    bool port_fits = rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
    return port_fits && is_ipv6(address) ? std::string{address} : std::string{};
  }
  if (auto colon = rest.find(':'); colon != std::string_view::npos) {
    if (!is_port(rest.substr(colon + 1)))
      return {};
    rest = rest.substr(0, colon);
  }
  if (!rest.empty() && rest.back() == '.')
    rest.remove_suffix(1);
  return is_host_name(rest) ? std::string{rest} : std::string{};
}

} // namespace serverme
