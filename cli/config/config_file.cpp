#include "cli/config/config_file.hpp"

#include "cli/config/tunnel_fields.hpp"
#include "config/settings_reader.hpp"

#include <algorithm>

namespace serverme::cli {

namespace {

using config::settings_reader;

constexpr std::size_t title_bytes_max = 63;

bool is_title(std::string_view text) {
  auto is_fine = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')
           || (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' || letter == '.';
  };
  return !text.empty() && text.size() <= title_bytes_max && std::ranges::all_of(text, is_fine);
}

// basic_auth is a secret: the rules of fields say what is wrong without repeating it.
std::string reason(const failure& why) {
  return why.detail.empty() ? std::string{describe(why.code).title} : why.detail;
}

tunnel_plan read_tunnel(settings_reader& from, const std::string& title) {
  tunnel_plan plan{.title = title};
  if (!is_title(title))
    from.complain(title.c_str(), "no name for a tunnel: letters, digits, '-', '_', '.'");
  std::string type;
  from.read("type", type);
  auto kind = parse_tunnel_type(type);
  if (kind)
    plan.endpoint.kind = *kind;
  else
    from.complain("type", type.empty() ? "missing: http, tcp or tls" : reason(kind.error()));
  for (const char* field : tunnel_field_names()) {
    std::string value;
    from.read(field, value);
    if (!kind || !from.has(field))
      continue;
    if (auto outcome = set_tunnel_field(plan, field, value); !outcome)
      from.complain(field, reason(outcome.error()));
  }
  if (!from.has("local"))
    from.complain("local", "missing: the port or address of your service");
  return plan;
}

} // namespace

bool config_file::has_secrets() const noexcept {
  return !token.empty() || std::ranges::any_of(tunnels, [](const tunnel_plan& plan) {
    return !plan.endpoint.basic_auth.empty();
  });
}

result<config_file> parse_config(const std::string& text, const std::string& name) {
  auto root = settings_reader::parse(text, name);
  if (!root)
    return fail(root.error());
  config_file values;
  root->read("server", values.server);
  root->read("token", values.token);
  root->read("ca", values.ca);
  root->read("api", values.api);
  for (auto& [title, fields] : root->sections("tunnels"))
    values.tunnels.push_back(read_tunnel(fields, title));
  if (auto outcome = root->finish(); !outcome)
    return fail(outcome.error());
  return values;
}

} // namespace serverme::cli
