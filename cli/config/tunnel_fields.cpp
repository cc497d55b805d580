#include "cli/config/tunnel_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace serverme::cli {

namespace {

constexpr std::size_t secret_bytes_max = 256;
constexpr std::size_t host_bytes_max = 255;

using setter = result<done> (*)(tunnel_plan&, std::string_view);

bool is_visible(char letter) noexcept { return letter > ' ' && letter < '\x7f'; }

bool is_printable(char letter) noexcept {
  return static_cast<unsigned char>(letter) >= ' ' && letter != '\x7f';
}

result<bool> parse_switch(std::string_view value) {
  for (auto word : {"true", "on", "yes"})
    if (value == word)
      return true;
  for (auto word : {"false", "off", "no"})
    if (value == word)
      return false;
  return fail(errc::config_invalid, "true or false, not '" + std::string{value} + "'");
}

result<done> set_local(tunnel_plan& plan, std::string_view value) {
  auto local = parse_local_target(value, plan.endpoint.kind);
  if (!local)
    return fail(local.error());
  plan.local = std::move(*local);
  plan.endpoint.local_label = to_string(plan.local);
  return done{};
}

result<done> set_subdomain(tunnel_plan& plan, std::string_view value) {
  auto name = parse_endpoint_name(value);
  if (!name)
    return fail(name.error());
  plan.endpoint.name = std::move(*name);
  return done{};
}

result<done> set_basic_auth(tunnel_plan& plan, std::string_view value) {
  auto colon = value.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon + 1 == value.size())
    return fail(errc::config_invalid, "USER:PASSWORD is needed, both not empty");
  if (value.size() > secret_bytes_max || !std::ranges::all_of(value, is_printable))
    return fail(errc::config_invalid, "at most 256 bytes without control characters");
  plan.endpoint.basic_auth = value;
  return done{};
}

result<done> set_host_header(tunnel_plan& plan, std::string_view value) {
  if (value.empty() || value.size() > host_bytes_max || !std::ranges::all_of(value, is_visible)
      || value.find_first_of("/\\,@") != std::string_view::npos)
    return fail(errc::config_invalid, "a host is needed, such as shop.test or localhost:3000");
  plan.endpoint.host_header = value;
  return done{};
}

result<done> set_inspect(tunnel_plan& plan, std::string_view value) {
  auto on = parse_switch(value);
  if (!on)
    return fail(on.error());
  plan.endpoint.inspect = *on ? inspection::on : inspection::off;
  return done{};
}

result<done> set_remote_port(tunnel_plan& plan, std::string_view value) {
  std::uint16_t port = 0;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), port);
  if (error != std::errc{} || end != value.data() + value.size() || port == 0)
    return fail(errc::config_invalid, "a port from 1 to 65535, not '" + std::string{value} + "'");
  plan.endpoint.port = port;
  return done{};
}

result<done> set_proxy_protocol(tunnel_plan& plan, std::string_view value) {
  if (value == "v1" || value == "1") {
    plan.proxy = proxy_protocol::v1;
  } else if (value == "v2" || value == "2") {
    plan.proxy = proxy_protocol::v2;
  } else {
    auto on = parse_switch(value);
    if (!on)
      return fail(errc::config_invalid, "v1 or v2, not '" + std::string{value} + "'");
    plan.proxy = *on ? proxy_protocol::v1 : proxy_protocol::none;
  }
  return done{};
}

struct field_rule {
  const char* name;
  bool http, tcp, tls;
  const char* whose;
  setter set;
};

// The type is none of them: it decides which of them may be there.
constexpr auto rules = std::to_array<field_rule>({
  {"local", true, true, true, "", set_local},
  {"subdomain", true, false, true, "http and tls", set_subdomain},
  {"basic_auth", true, false, false, "http", set_basic_auth},
  {"host_header", true, false, false, "http", set_host_header},
  {"inspect", true, false, false, "http", set_inspect},
  {"remote_port", false, true, false, "tcp", set_remote_port},
  {"proxy_protocol", false, true, true, "tcp and tls", set_proxy_protocol},
});

constexpr auto names = [] {
  std::array<const char*, rules.size()> all{};
  for (std::size_t i = 0; i < rules.size(); ++i)
    all[i] = rules[i].name;
  return all;
}();

bool is_for(const field_rule& rule, endpoint_kind kind) noexcept {
  switch (kind) {
    case endpoint_kind::http: return rule.http;
    case endpoint_kind::tcp: return rule.tcp;
    case endpoint_kind::tls: return rule.tls;
  }
  return false;
}

} // namespace

std::span<const char* const> tunnel_field_names() noexcept { return names; }

result<endpoint_kind> parse_tunnel_type(std::string_view text) {
  for (auto kind : {endpoint_kind::http, endpoint_kind::tcp, endpoint_kind::tls})
    if (text == to_string(kind))
      return kind;
  return fail(errc::config_invalid, "http, tcp or tls, not '" + std::string{text} + "'");
}

result<done> set_tunnel_field(tunnel_plan& plan, std::string_view field, std::string_view value) {
  auto rule = std::ranges::find(rules, field,
                                [](const field_rule& each) { return std::string_view{each.name}; });
  if (rule == rules.end())
    return fail(errc::config_invalid, "no such field");
  if (!is_for(*rule, plan.endpoint.kind))
    return fail(errc::config_invalid, std::string{"only for "} + rule->whose + " tunnels");
  return rule->set(plan, value);
}

} // namespace serverme::cli
