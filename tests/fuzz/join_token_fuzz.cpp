// Join tokens and addresses of nodes as people paste them: what was understood once is understood
// the same again.
#include "protocol/base64url.hpp"
#include "protocol/cluster/join_token.hpp"
#include "tests/fuzz/require.hpp"

using namespace serverme;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  if (auto token = parse_join_token(text)) {
    require(token->ca_fingerprint.size() == join_token::fingerprint_bytes);
    require(token->secret.size() == join_token::secret_bytes && !token->addresses.empty());
    require(parse_join_token(to_string(*token)) == result<join_token>{*token});
  }
  if (auto address = parse_node_address(text, default_join_port)) {
    require(address->port != 0 && !address->host.empty());
    require(parse_node_address(to_string(*address)) == *address);
  }
  if (auto bytes = from_base64url(text))
    require(to_base64url(*bytes) == text);
  require(from_base64url(to_base64url(text)) == std::string{text});
  return 0;
}
