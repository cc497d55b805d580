#include "net/cluster/join_tls.hpp"

#include "net/openssl_ptr.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>

namespace serverme::net {

namespace {

// A chain of two is less than 2 KB. OpenSSL would take 100 KB of a stranger's.
constexpr long peer_chain_bytes_max = 16 * 1024;

using store_ptr = std::unique_ptr<X509_STORE, freed_by<X509_STORE_free>>;
using verification_ptr = std::unique_ptr<X509_STORE_CTX, freed_by<X509_STORE_CTX_free>>;

bio_ptr reading(const std::string& text) {
  return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

x509_ptr read_certificate(const std::string& pem) {
  return x509_ptr{PEM_read_bio_X509(reading(pem).get(), nullptr, nullptr, nullptr)};
}

key_ptr read_key(const std::string& pem) {
  return key_ptr{PEM_read_bio_PrivateKey(reading(pem).get(), nullptr, nullptr, nullptr)};
}

std::string fingerprint_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

bool use_own(SSL_CTX* context, const certificate_pem& own) {
  auto leaf = read_certificate(own.chain);
  auto key = read_key(own.key);
  return leaf && key && SSL_CTX_use_certificate(context, leaf.get()) == 1
         && SSL_CTX_use_PrivateKey(context, key.get()) == 1
         && SSL_CTX_check_private_key(context) == 1;
}

std::string alpn_list() { return static_cast<char>(join_alpn.size()) + std::string{join_alpn}; }

int select_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                unsigned int in_size, void*) {
  static const auto offer = alpn_list();
  auto* chosen = const_cast<unsigned char*>(*out);
  auto outcome
    = SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(offer.data()),
                            static_cast<unsigned int>(offer.size()), in, in_size);
  *out = chosen;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void harden(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_max_cert_list(context, peer_chain_bytes_max);
  // Each connection proves itself: a ticket would outlive a removed node.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_max_early_data(context, 0);
}

/// A client's context and the fingerprint that its callback looks for.
struct pinned_context {
  std::string fingerprint;
  std::shared_ptr<SSL_CTX> context;
};

X509* find_pinned(STACK_OF(X509) * chain, const std::string& fingerprint) {
  for (int i = 0; i < sk_X509_num(chain); ++i)
    if (auto* each = sk_X509_value(chain, i); fingerprint_of(each) == fingerprint)
      return each;
  return nullptr;
}

/// OpenSSL's own verification, with the pinned certificate as the only one that is trusted.
int verify_pinned(X509_STORE_CTX* asked, void* arg) {
  auto* chain = X509_STORE_CTX_get0_untrusted(asked);
  auto* root = find_pinned(chain, *static_cast<const std::string*>(arg));
  X509_STORE_CTX_set_error(asked, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT);
  if (root == nullptr)
    return 0;
  store_ptr store{X509_STORE_new()};
  verification_ptr check{X509_STORE_CTX_new()};
  if (!store || !check || X509_STORE_add_cert(store.get(), root) != 1
      || X509_STORE_CTX_init(check.get(), store.get(), X509_STORE_CTX_get0_cert(asked), chain) != 1
      || X509_STORE_CTX_set_purpose(check.get(), X509_PURPOSE_SSL_SERVER) != 1)
    return 0;
  auto is_good = X509_verify_cert(check.get()) == 1;
  X509_STORE_CTX_set_error(asked, is_good ? X509_V_OK : X509_STORE_CTX_get_error(check.get()));
  return is_good ? 1 : 0;
}

} // namespace

result<std::string> certificate_fingerprint(const std::string& pem) {
  auto certificate = read_certificate(pem);
  if (!certificate)
    return fail(errc::certificate_unreadable, "the cluster's CA: " + take_ssl_error());
  return fingerprint_of(certificate.get());
}

result<ssl_context> make_join_server_context(const node_credentials& credentials) {
  ERR_clear_error();
  ssl_context made{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
  auto* context = made.get();
  harden(context);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_verify_depth(context, 1);
  if (!use_own(context, credentials.own))
    return fail(errc::certificate_unreadable, "the node's certificate: " + take_ssl_error());
  auto ca = read_certificate(credentials.ca);
  // It goes along in the chain: who joins knows it by its fingerprint only.
  if (!ca || X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get()) != 1
      || SSL_CTX_add1_chain_cert(context, ca.get()) != 1)
    return fail(errc::certificate_unreadable, "the cluster's CA: " + take_ssl_error());
  SSL_CTX_set_alpn_select_cb(context, select_alpn, nullptr);
  return made;
}

result<ssl_context> make_joiner_context(const std::string& ca_fingerprint,
                                        const std::optional<certificate_pem>& own) {
  ERR_clear_error();
  auto pinned = std::make_shared<pinned_context>(pinned_context{
    ca_fingerprint, std::shared_ptr<SSL_CTX>{SSL_CTX_new(TLS_client_method()), SSL_CTX_free}});
  auto* context = pinned->context.get();
  harden(context);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify_pinned, &pinned->fingerprint);
  auto offer = alpn_list();
  SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(offer.data()),
                          static_cast<unsigned int>(offer.size()));
  if (own && !use_own(context, *own))
    return fail(errc::certificate_unreadable, "the node's certificate: " + take_ssl_error());
  return ssl_context{pinned, context};
}

result<done> check_credentials(const node_credentials& credentials) {
  ERR_clear_error();
  auto leaf = read_certificate(credentials.own.chain);
  auto key = read_key(credentials.own.key);
  auto ca = read_certificate(credentials.ca);
  if (!leaf || !key || !ca)
    return fail(errc::certificate_unreadable, take_ssl_error());
  if (X509_check_private_key(leaf.get(), key.get()) != 1) {
    ERR_clear_error();
    return fail(errc::certificate_unreadable, "the key is not the one of the certificate");
  }
  if (X509_verify(leaf.get(), X509_get0_pubkey(ca.get())) != 1) {
    ERR_clear_error();
    return fail(errc::certificate_unreadable, "the certificate is not one of this CA");
  }
  return done{};
}

result<std::string> request_for_key(const std::string& key_pem) {
  ERR_clear_error();
  auto key = read_key(key_pem);
  request_ptr request{X509_REQ_new()};
  if (!key || !request || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1
      || X509_REQ_set_pubkey(request.get(), key.get()) != 1
      || X509_REQ_sign(request.get(), key.get(), EVP_sha256()) <= 0)
    return fail(errc::certificate_unreadable, "the node's key: " + take_ssl_error());
  bio_ptr text{BIO_new(BIO_s_mem())};
  PEM_write_bio_X509_REQ(text.get(), request.get());
  char* bytes = nullptr;
  auto size = BIO_get_mem_data(text.get(), &bytes);
  return std::string{bytes, static_cast<std::size_t>(size)};
}

} // namespace serverme::net
