#include "nodes/control/cluster/authority.hpp"

#include "net/cluster/join_tls.hpp"
#include "net/digest.hpp"
#include "nodes/control/cluster/sealing.hpp"
#include "nodes/control/secrets.hpp"

#include <algorithm>

namespace serverme::control {

namespace {

// Longer than a machine lives; a second CA beside it can replace it before.
constexpr std::chrono::hours ca_lifetime{10 * 365 * 24};

std::string purpose_of(cluster_id cluster) { return "CA key of cluster " + to_string(cluster); }

std::string without_line_end(std::string text) {
  while (text.ends_with('\n') || text.ends_with('\r'))
    text.pop_back();
  return text;
}

} // namespace

authority::authority(cluster_facts facts, std::string key, net::certificate_issuer ca)
  : facts_{std::move(facts)},
    key_{std::move(key)},
    ca_{std::make_shared<const net::certificate_issuer>(std::move(ca))} {}

authority authority::make() {
  cluster_id id{std::max<std::uint64_t>(net::random_bits(), 1)};
  auto ca = net::certificate_issuer::make_root("ServerMe cluster " + to_string(id), ca_lifetime);
  auto root = ca.root();
  auto key = random_bytes(sealing_key_bytes);
  return {{id, root.chain, seal(key, root.key, purpose_of(id))}, to_hex(key), std::move(ca)};
}

result<authority> authority::open(cluster_facts facts, const std::string& key) {
  auto hex = without_line_end(key);
  auto bytes = from_hex(hex);
  auto secret = bytes ? unseal(*bytes, facts.sealed_ca_key, purpose_of(facts.id)) : std::nullopt;
  if (!secret)
    return fail(errc::cluster_key_missing, "it does not open the CA of " + to_string(facts.id));
  auto ca = net::certificate_issuer::load({facts.ca_certificate, *secret});
  if (!ca)
    return fail(ca.error());
  return authority{std::move(facts), std::move(hex), std::move(*ca)};
}

std::string authority::fingerprint() const {
  return net::certificate_fingerprint(facts_.ca_certificate).value_or(std::string{});
}

certificate_signer authority::signer_for(const std::string& request) const {
  return [ca = ca_, &request](const node_identity& who) -> result<signed_certificate> {
    auto unreadable = fail(errc::api_bad_request, "the request for a certificate cannot be read");
    // PEM with headers may be encrypted, and OpenSSL would ask our terminal for the password.
    if (request.find("-----BEGIN CERTIFICATE REQUEST-----\n") != 0
        || request.find(':') != std::string::npos)
      return unreadable;
    auto pem = net::sign_node_request(*ca, request, who, node_certificate_lifetime);
    if (!pem)
      return unreadable;
    auto read = net::read_node_certificate(*pem);
    if (!read)
      return fail(read.error());
    return signed_certificate{*std::move(pem), std::move(read->serial), read->expires};
  };
}

} // namespace serverme::control
