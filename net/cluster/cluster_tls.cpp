#include "net/cluster/cluster_tls.hpp"

#include "net/openssl_ptr.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace serverme::net {

namespace {

// A node's chain is one certificate of less than 1 KB. OpenSSL would take 100 KB of a stranger's.
constexpr long peer_chain_bytes_max = 16 * 1024;

bio_ptr reading(const std::string& text) {
  return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

bool use_own(SSL_CTX* context, const certificate_pem& own) {
  x509_ptr leaf{PEM_read_bio_X509(reading(own.chain).get(), nullptr, nullptr, nullptr)};
  key_ptr key{PEM_read_bio_PrivateKey(reading(own.key).get(), nullptr, nullptr, nullptr)};
  return leaf && key && SSL_CTX_use_certificate(context, leaf.get()) == 1
         && SSL_CTX_use_PrivateKey(context, key.get()) == 1
         && SSL_CTX_check_private_key(context) == 1;
}

bool trust_only(SSL_CTX* context, const std::string& pem) {
  auto text = reading(pem);
  auto* store = SSL_CTX_get_cert_store(context);
  int trusted = 0;
  while (true) {
    x509_ptr ca{PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)};
    if (!ca)
      break;
    if (X509_STORE_add_cert(store, ca.get()) != 1 || SSL_CTX_add_client_CA(context, ca.get()) != 1)
      return false;
    ++trusted;
  }
  ERR_clear_error(); // the end of the text is reported as an error
  return trusted > 0;
}

/// The ALPN list lives as long as the context that points to it.
struct cluster_context {
  std::string alpn;
  std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>> ctx;
};

int select_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                unsigned int in_size, void* ours) {
  const auto& offer = *static_cast<const std::string*>(ours);
  auto* chosen = const_cast<unsigned char*>(*out);
  auto outcome
    = SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(offer.data()),
                            static_cast<unsigned int>(offer.size()), in, in_size);
  *out = chosen;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

} // namespace

result<ssl_context> make_cluster_context(const node_credentials& credentials,
                                         std::string_view alpn) {
  ERR_clear_error();
  auto owner = std::make_shared<cluster_context>();
  owner->alpn = static_cast<char>(alpn.size()) + std::string{alpn};
  owner->ctx.reset(SSL_CTX_new(TLS_method()));
  auto* context = owner->ctx.get();
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_verify_depth(context, 1);
  SSL_CTX_set_max_cert_list(context, peer_chain_bytes_max);
  // Each connection proves itself: a ticket would outlive a revoked certificate.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_max_early_data(context, 0);
  allow_own_records(*context);
  if (!use_own(context, credentials.own))
    return fail(errc::certificate_unreadable, "the node's certificate: " + take_ssl_error());
  if (!trust_only(context, credentials.ca))
    return fail(errc::certificate_unreadable, "the cluster's CA: " + take_ssl_error());
  SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(owner->alpn.data()),
                          static_cast<unsigned int>(owner->alpn.size()));
  SSL_CTX_set_alpn_select_cb(context, select_alpn, &owner->alpn);
  return ssl_context{owner, context};
}

tls_session accept_node(const ssl_context& context) {
  return tls_session::accept(context, tls_session::resumption::none).with_own_records();
}

tls_session dial_node(const ssl_context& context) {
  return tls_session::connect(context, "").with_own_records();
}

} // namespace serverme::net
