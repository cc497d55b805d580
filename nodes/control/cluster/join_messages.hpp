// What a node and a control node say to each other where nodes join: JSON in HTTP/1.1, one call a
// connection. docs/cluster.md has an example of each.
#pragma once

#include "nodes/control/cluster/questions.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace serverme::control {

/// POST, each. The first with a token's secret, the others with the node's certificate.
inline constexpr std::string_view join_target = "/cluster/v1/join";
inline constexpr std::string_view renew_target = "/cluster/v1/renew";
inline constexpr std::string_view leave_target = "/cluster/v1/leave";

/// A request for a certificate is less than 1 KiB, the answer with two certificates and the
/// addresses of 64 control nodes less than 48.
inline constexpr std::size_t join_head_bytes_max = 4 * 1024;
inline constexpr std::size_t join_body_bytes_max = 64 * 1024;

struct join_request {
  /// As in the token.
  std::string secret;
  /// PKCS #10, PEM. The key itself stays where it was made.
  std::string request;
  /// None: all that the token allows.
  node_roles roles;
  node_introduction introduction;
};

struct welcome {
  /// PEM. The node's certificate says its id, its roles and its cluster.
  std::string certificate, ca;
  cluster_ways ways;
  /// For a node that becomes a control node: what its cluster.key says. Secret.
  std::string cluster_key;
};

std::string to_json(const join_request& ask);
/// @errors api_bad_request
result<join_request> parse_join_request(std::string_view text);

/// To renew: a request for a certificate.
std::string renewal_json(const std::string& request);
/// @errors api_bad_request
result<std::string> parse_renewal(std::string_view text);

std::string to_json(const welcome& answer);
/// @errors control_unreachable: what answered is none
result<welcome> parse_welcome(std::string_view text);

/// What an error's JSON says (see error_answer()), with its own code.
failure parse_refusal(std::string_view text);

} // namespace serverme::control
