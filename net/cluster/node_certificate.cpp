#include "net/cluster/node_certificate.hpp"

#include "net/openssl_ptr.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>

namespace serverme::net {

namespace {

bio_ptr reading(const std::string& text) {
  return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

std::string text_of(const bio_ptr& bio) {
  char* bytes = nullptr;
  auto size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::vector<std::string> uris_of(X509* certificate) {
  std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>> all{static_cast<GENERAL_NAMES*>(
    X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  std::vector<std::string> out;
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const auto* each = sk_GENERAL_NAME_value(all.get(), i);
    if (each->type != GEN_URI)
      continue;
    const auto* uri = each->d.uniformResourceIdentifier;
    out.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                     static_cast<std::size_t>(ASN1_STRING_length(uri)));
  }
  return out;
}

std::string serial_of(X509* certificate) {
  bignum_ptr number{ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr)};
  std::unique_ptr<char, decltype([](char* text) { OPENSSL_free(text); })> text{
    BN_bn2hex(number.get())};
  return text ? text.get() : "";
}

result<node_certificate> read(X509* certificate) {
  auto identity = parse_identity(uris_of(certificate));
  if (!identity)
    return fail(identity.error());
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
    return fail(errc::certificate_refused, "the certificate ends at no time");
  return node_certificate{*identity, serial_of(certificate),
                          std::chrono::system_clock::from_time_t(::timegm(&end))};
}

} // namespace

result<node_certificate> read_node_certificate(const std::string& pem) {
  x509_ptr certificate{PEM_read_bio_X509(reading(pem).get(), nullptr, nullptr, nullptr)};
  if (!certificate)
    return fail(errc::certificate_unreadable, "the node's certificate: " + take_ssl_error());
  return read(certificate.get());
}

result<node_certificate> read_peer_certificate(bytes_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  x509_ptr certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
  ERR_clear_error();
  if (!certificate)
    return fail(errc::certificate_refused, "the peer showed no certificate");
  return read(certificate.get());
}

node_request make_node_request() {
  key_ptr key{EVP_EC_gen("P-256")};
  request_ptr request{X509_REQ_new()};
  X509_REQ_set_version(request.get(), X509_REQ_VERSION_1);
  X509_REQ_set_pubkey(request.get(), key.get());
  X509_REQ_sign(request.get(), key.get(), EVP_sha256());
  bio_ptr secret{BIO_new(BIO_s_mem())}, asked{BIO_new(BIO_s_mem())};
  PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  PEM_write_bio_X509_REQ(asked.get(), request.get());
  return {text_of(secret), text_of(asked)};
}

result<std::string> sign_node_request(const certificate_issuer& ca, const std::string& request,
                                      const node_identity& identity, std::chrono::hours lifetime) {
  ERR_clear_error();
  request_ptr asked{PEM_read_bio_X509_REQ(reading(request).get(), nullptr, nullptr, nullptr)};
  auto* key = asked ? X509_REQ_get0_pubkey(asked.get()) : nullptr;
  if (key == nullptr || X509_REQ_verify(asked.get(), key) != 1)
    return fail(errc::certificate_unreadable, "the request of a node: " + take_ssl_error());
  return ca.issue_for(key, {.common_name = "node " + to_string(identity.node),
                            .uris = identity_uris(identity),
                            .lifetime = lifetime,
                            .for_clients_too = true});
}

} // namespace serverme::net
