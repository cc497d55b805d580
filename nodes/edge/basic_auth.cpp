#include "nodes/edge/basic_auth.hpp"

#include "net/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace serverme::edge {

namespace {

constexpr std::size_t encoded_max = 1024;

/// Empty when it is no base64.
std::string decode_base64(std::string_view text) {
  if (text.empty() || text.size() > encoded_max || text.size() % 4 != 0)
    return {};
  std::array<unsigned char, encoded_max> out{};
  auto size = EVP_DecodeBlock(out.data(), reinterpret_cast<const unsigned char*>(text.data()),
                              static_cast<int>(text.size()));
  if (size < 0)
    return {};
  // OpenSSL counts the padding as zero bytes.
  for (auto at = text.rbegin(); at != text.rend() && *at == '=' && size > 0; ++at)
    --size;
  return {reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(size)};
}

} // namespace

bool is_authorized(const http1::request_head& head, std::string_view digest) {
  const auto* field = http1::find(head.fields, "authorization");
  if (field == nullptr)
    return false;
  auto value = field->value;
  auto space = value.find(' ');
  if (space == std::string_view::npos || !http1::same_name(value.substr(0, space), "basic"))
    return false;
  value.remove_prefix(std::min(value.find_first_not_of(' ', space), value.size()));
  auto given = net::sha256(decode_base64(value));
  return given.size() == digest.size()
         && CRYPTO_memcmp(given.data(), digest.data(), digest.size()) == 0;
}

} // namespace serverme::edge
