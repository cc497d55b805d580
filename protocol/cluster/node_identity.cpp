#include "protocol/cluster/node_identity.hpp"

#include "protocol/big_endian.hpp"

#include <algorithm>

namespace serverme {

namespace {

constexpr std::string_view scheme = "serverme://";
constexpr std::string_view digits = "0123456789abcdef";
constexpr std::size_t cluster_digits = 16;
constexpr std::size_t cluster_bytes = 4; // of the host; what is left of 20 is the node's id

failure not_understood(const std::string& uri) {
  return fail(errc::certificate_refused, "'" + uri + "' names no node");
}

/// `text` with each `from` as `to`: a comma ends a name where OpenSSL reads lists.
std::string with(std::string text, char from, char to) {
  std::ranges::replace(text, from, to);
  return text;
}

struct identity_reader {
  std::optional<cluster_id> cluster;
  std::optional<node_id> node;
  std::optional<node_roles> roles;

  /// @returns false when it is not understood, or says what was said already
  bool take(std::string_view uri) {
    uri.remove_prefix(scheme.size());
    auto named = parse_cluster_id(uri.substr(0, cluster_digits));
    if (!named || (cluster && *cluster != *named))
      return false;
    cluster = named;
    uri.remove_prefix(cluster_digits);
    constexpr std::string_view of_node = "/node/", of_roles = "/roles/";
    if (uri.starts_with(of_node) && !node)
      return (node = parse_node_id(uri.substr(of_node.size()))).has_value();
    if (!uri.starts_with(of_roles) || roles)
      return false;
    auto names = std::string{uri.substr(of_roles.size())};
    if (names.find(',') != std::string::npos)
      return false;
    return (roles = parse_node_roles(with(std::move(names), '+', ','))).has_value();
  }
};

} // namespace

std::string to_string(cluster_id id) {
  std::string out;
  for (std::size_t at = cluster_digits; at-- > 0;)
    out += digits[id.value >> (4 * at) & 15U];
  return out;
}

std::optional<cluster_id> parse_cluster_id(std::string_view text) {
  if (text.size() != cluster_digits)
    return std::nullopt;
  cluster_id out;
  for (char c : text) {
    auto value = digits.find(c);
    if (value == std::string_view::npos)
      return std::nullopt;
    out.value = out.value << 4U | value;
  }
  if (out.value == 0)
    return std::nullopt;
  return out;
}

std::vector<std::string> identity_uris(const node_identity& who) {
  auto prefix = std::string{scheme} + to_string(who.cluster);
  return {prefix + "/node/" + to_string(who.node),
          prefix + "/roles/" + with(to_string(who.roles), ',', '+')};
}

result<node_identity> parse_identity(const std::vector<std::string>& uris) {
  identity_reader reader;
  for (const auto& uri : uris)
    if (uri.starts_with(scheme) && !reader.take(uri))
      return not_understood(uri);
  if (!reader.node || !reader.roles)
    return fail(errc::certificate_refused, "the certificate names no node, or no role");
  return node_identity{*reader.cluster, *reader.node, *reader.roles};
}

basp_node basp_node_of(const node_identity& who, run_number run) noexcept {
  basp_node out{{}, run};
  auto* at = out.host.data();
  auto put = [&at](bytes_view bytes) { at = std::ranges::copy(bytes, at).out; };
  put(big_endian(static_cast<std::uint32_t>(who.cluster.value)));
  put(big_endian(who.node.high));
  put(big_endian(who.node.low));
  return out;
}

node_id node_of(const std::array<std::byte, basp_node::host_bytes>& host) noexcept {
  auto node = bytes_view{host}.subspan(cluster_bytes);
  return {read_big_endian<std::uint64_t>(node),
          read_big_endian<std::uint64_t>(node.subspan(sizeof(std::uint64_t)))};
}

} // namespace serverme
