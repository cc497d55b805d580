// The API's list of tunnels, as a table for people.
#pragma once

#include "protocol/result.hpp"

#include <string>

namespace serverme::cli {

/// `body`: what GET /api/v1/tunnels answers.
/// @errors api_unavailable: that was no list of tunnels
result<std::string> tunnel_table(const std::string& body);

} // namespace serverme::cli
