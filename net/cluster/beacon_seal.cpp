#include "net/cluster/beacon_seal.hpp"

#include "net/openssl_ptr.hpp"
#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>

namespace serverme::net {

namespace {

using digest_ptr = std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>>;
using check_ptr = std::unique_ptr<X509_STORE_CTX, freed_by<X509_STORE_CTX_free>>;

bio_ptr reading(const std::string& text) {
  return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

const unsigned char* raw(bytes_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string der_of(X509* certificate) {
  std::string der(static_cast<std::size_t>(std::max(i2d_X509(certificate, nullptr), 0)), '\0');
  auto* at = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(certificate, &at);
  return der;
}

std::shared_ptr<X509_STORE> store_of(const std::string& pem) {
  std::shared_ptr<X509_STORE> store{X509_STORE_new(), X509_STORE_free};
  auto text = reading(pem);
  while (x509_ptr ca{PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)})
    X509_STORE_add_cert(store.get(), ca.get());
  ERR_clear_error(); // the end of the text is reported as an error
  return store;
}

std::string sign(EVP_PKEY* key, bytes_view text) {
  digest_ptr digest{EVP_MD_CTX_new()};
  std::size_t size = 0;
  if (EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) != 1
      || EVP_DigestSign(digest.get(), nullptr, &size, raw(text), text.size()) != 1)
    return {};
  std::string signature(size, '\0');
  if (EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     raw(text), text.size())
      != 1)
    return {};
  signature.resize(size);
  return signature;
}

bool is_signed(EVP_PKEY* key, bytes_view text, const std::string& signature) {
  digest_ptr digest{EVP_MD_CTX_new()};
  return EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) == 1
         && EVP_DigestVerify(digest.get(), raw(as_bytes(signature)), signature.size(), raw(text),
                             text.size())
              == 1;
}

} // namespace

result<beacon_seal> beacon_seal::make(const node_credentials& credentials) {
  auto own = read_node_certificate(credentials.own.chain);
  if (!own)
    return fail(own.error());
  x509_ptr leaf{PEM_read_bio_X509(reading(credentials.own.chain).get(), nullptr, nullptr, nullptr)};
  key_ptr key{
    PEM_read_bio_PrivateKey(reading(credentials.own.key).get(), nullptr, nullptr, nullptr)};
  if (!leaf || !key)
    return fail(errc::certificate_unreadable, "the node's key: " + take_ssl_error());
  beacon_seal made;
  made.self_ = own->identity;
  made.certificate_ = der_of(leaf.get());
  made.key_ = std::move(key);
  made.trusted_ = store_of(credentials.ca);
  return made;
}

byte_queue beacon_seal::call(std::uint16_t port) const {
  beacon what{.cluster = self_.cluster, .port = port, .certificate = certificate_, .signature = {}};
  byte_queue text, datagram;
  append_signed_part(text, what);
  what.signature = sign(key_.get(), text.view());
  append(datagram, what);
  return datagram;
}

// Cheap questions first: anybody on the network can make us ask them.
result<heard_beacon> beacon_seal::check(bytes_view datagram) const {
  auto parts = parse_beacon(datagram);
  if (!parts)
    return fail(parts.error());
  auto refused = [](std::string why) { return fail(errc::certificate_refused, std::move(why)); };
  if (parts->what.cluster != self_.cluster)
    return refused("a beacon of another cluster");
  auto who = read_peer_certificate(as_bytes(parts->what.certificate));
  if (!who)
    return fail(who.error());
  if (who->identity.cluster != self_.cluster)
    return refused("a beacon of another cluster");
  const auto* at = raw(as_bytes(parts->what.certificate));
  x509_ptr certificate{d2i_X509(nullptr, &at, static_cast<long>(parts->what.certificate.size()))};
  check_ptr chain{X509_STORE_CTX_new()};
  auto is_ours = X509_STORE_CTX_init(chain.get(), trusted_.get(), certificate.get(), nullptr) == 1
                 && X509_verify_cert(chain.get()) == 1;
  auto is_its_own
    = is_ours
      && is_signed(X509_get0_pubkey(certificate.get()), parts->signed_part, parts->what.signature);
  ERR_clear_error();
  if (!is_its_own)
    return refused("a beacon that nobody of this cluster has signed");
  return heard_beacon{*std::move(who), parts->what.port};
}

} // namespace serverme::net
