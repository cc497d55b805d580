// The password in front of a tunnel.
#pragma once

#include "protocol/http1/head.hpp"

#include <string_view>

namespace serverme::edge {

/// Does the request carry the credentials with this digest (route::basic_auth_digest)? Takes the
/// same time for every wrong answer.
bool is_authorized(const http1::request_head& head, std::string_view digest);

} // namespace serverme::edge
