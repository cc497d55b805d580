// The fields of a tunnel, as the configuration file and the options spell them.
#pragma once

#include "cli/agent.hpp"

#include <span>
#include <string_view>

namespace serverme::cli {

/// "local", "subdomain", ...: every key that a tunnel of the file may have beside its type.
std::span<const char* const> tunnel_field_names() noexcept;

/// http, tcp or tls.
/// @errors config_invalid
result<endpoint_kind> parse_tunnel_type(std::string_view text);

/// Gives one field of `plan` its value. The kind of the endpoint is set before: most fields are
/// for some kinds only.
/// @errors config_invalid, name_invalid, local_address_invalid
result<done> set_tunnel_field(tunnel_plan& plan, std::string_view field, std::string_view value);

} // namespace serverme::cli
