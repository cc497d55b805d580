// What an operator gives to a machine so that it may become a node: one word to copy.
//
// "smjoin_" and base64url of: version 1 (one byte), SHA-256 of the CA's certificate in DER (32),
// secret (24), number of addresses (1), each with its length in front (1), CRC-32 of all before
// (4, big-endian), so that a slip in copying is told from a token that is refused.
#pragma once

#include "protocol/cluster/node_address.hpp"
#include "protocol/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace serverme {

struct join_token {
  static constexpr std::size_t fingerprint_bytes = 32;
  /// 192 bits: nobody tries them out.
  static constexpr std::size_t secret_bytes = 24;
  static constexpr std::size_t addresses_max = 8;

  /// Who shows a certificate of another CA is told nothing.
  std::string ca_fingerprint;
  std::string secret;
  /// Of control nodes; the first that answers will do.
  std::vector<node_address> addresses;

  friend bool operator==(const join_token&, const join_token&) = default;
};

/// @pre sizes are those above, and there is an address
std::string to_string(const join_token& token);
/// White space around it, as copying adds it, is skipped.
/// @errors token_malformed
result<join_token> parse_join_token(std::string_view text);

} // namespace serverme
