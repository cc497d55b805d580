#include "tests/unit/support/test_certificate.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace serverme::tests {

namespace {

std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  auto size = BIO_get_mem_data(bio, &bytes);
  std::string out{bytes, static_cast<std::size_t>(size)};
  BIO_free(bio);
  return out;
}

void add(X509* certificate, int what, const std::string& value) {
  auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

} // namespace

net::certificate_pem make_certificate(const std::string& name) {
  auto* key = EVP_EC_gen("P-256");
  auto* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  auto* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  add(certificate, NID_basic_constraints, "critical,CA:TRUE");
  add(certificate, NID_subject_alt_name, "DNS:" + name + ",IP:127.0.0.1");
  X509_sign(certificate, key, EVP_sha256());

  auto* chain = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(chain, certificate);
  auto* secret = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(secret, key, nullptr, nullptr, 0, nullptr, nullptr);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return {text_of(chain), text_of(secret)};
}

ca_file::ca_file(const net::certificate_pem& certificate) {
  std::string path{"/tmp/serverme-test-ca-XXXXXX"};
  auto descriptor = ::mkstemp(path.data());
  ::close(descriptor);
  path_ = path;
  std::ofstream{path_} << certificate.chain;
}

ca_file::~ca_file() { std::remove(path_.c_str()); }

} // namespace serverme::tests
