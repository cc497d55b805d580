#include "protocol/cluster/join_token.hpp"

#include "protocol/base64url.hpp"

#include <cstdint>
#include <optional>

namespace serverme {

namespace {

constexpr std::string_view prefix = "smjoin_";
constexpr char version = 1;
constexpr std::size_t checksum_bytes = 4;
// Eight of the longest addresses make less.
constexpr std::size_t text_length_max = 4096;

// IEEE 802.3, as zlib computes it: it finds every slip of up to four bytes in a row.
std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t sum = ~0U;
  for (char each : bytes) {
    sum ^= static_cast<unsigned char>(each);
    for (int bit = 0; bit < 8; ++bit)
      sum = sum >> 1U ^ (0xedb88320U & (0U - (sum & 1U)));
  }
  return ~sum;
}

std::string checksum_of(std::string_view bytes) {
  auto sum = crc32(bytes);
  std::string text;
  for (unsigned shift : {24U, 16U, 8U, 0U})
    text += static_cast<char>(sum >> shift & 255U);
  return text;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// Takes from the front; gives nothing when there is less.
struct token_reader {
  std::string_view rest;

  std::optional<std::string> take(std::size_t size) {
    if (rest.size() < size)
      return std::nullopt;
    std::string taken{rest.substr(0, size)};
    rest.remove_prefix(size);
    return taken;
  }

  std::optional<std::size_t> take_number() {
    auto byte = take(1);
    return byte ? std::optional<std::size_t>{static_cast<unsigned char>((*byte)[0])} : std::nullopt;
  }

  std::optional<node_address> take_address() {
    auto size = take_number();
    auto text = size ? take(*size) : std::nullopt;
    return text ? parse_node_address(*text) : std::nullopt;
  }
};

failure malformed(std::string what) { return fail(errc::token_malformed, std::move(what)); }

result<join_token> read_content(std::string_view content) {
  auto broken = malformed("what it says makes no sense");
  token_reader reader{content};
  join_token token;
  auto fingerprint = reader.take(join_token::fingerprint_bytes);
  auto secret = reader.take(join_token::secret_bytes);
  auto count = reader.take_number();
  if (!fingerprint || !secret || !count || *count == 0 || *count > join_token::addresses_max)
    return broken;
  for (std::size_t i = 0; i < *count; ++i) {
    auto address = reader.take_address();
    if (!address)
      return broken;
    token.addresses.push_back(std::move(*address));
  }
  if (!reader.rest.empty())
    return broken;
  token.ca_fingerprint = std::move(*fingerprint);
  token.secret = std::move(*secret);
  return token;
}

} // namespace

std::string to_string(const join_token& token) {
  std::string bytes{version};
  bytes += token.ca_fingerprint + token.secret;
  bytes += static_cast<char>(token.addresses.size());
  for (const auto& address : token.addresses) {
    auto text = to_string(address);
    bytes += static_cast<char>(text.size());
    bytes += text;
  }
  return std::string{prefix} + to_base64url(bytes + checksum_of(bytes));
}

result<join_token> parse_join_token(std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with(prefix))
    return malformed("it begins with " + std::string{prefix});
  if (text.size() > text_length_max)
    return malformed("it is too long");
  auto bytes = from_base64url(text.substr(prefix.size()));
  if (!bytes || bytes->size() <= checksum_bytes)
    return malformed("a part of it is missing, or something was added");
  auto content = std::string_view{*bytes}.substr(0, bytes->size() - checksum_bytes);
  if (checksum_of(content) != std::string_view{*bytes}.substr(content.size()))
    return malformed("a character of it is wrong or missing");
  if (content.front() != version)
    return malformed("a newer version made it");
  return read_content(content.substr(1));
}

} // namespace serverme
