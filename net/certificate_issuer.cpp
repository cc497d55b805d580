#include "net/certificate_issuer.hpp"

#include "net/openssl_ptr.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

namespace serverme::net {

namespace {

constexpr std::chrono::hours clock_skew{1};
constexpr std::size_t common_name_max = 64;

key_ptr make_key() { return key_ptr{EVP_EC_gen("P-256")}; }

bio_ptr reading(const std::string& text) {
  return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

std::string text_of(const bio_ptr& bio) {
  char* bytes = nullptr;
  auto size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string to_pem(X509* certificate) {
  bio_ptr chain{BIO_new(BIO_s_mem())};
  PEM_write_bio_X509(chain.get(), certificate);
  return text_of(chain);
}

std::string to_pem(EVP_PKEY* key) {
  bio_ptr secret{BIO_new(BIO_s_mem())};
  PEM_write_bio_PrivateKey(secret.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(secret);
}

// 127 random bits: unique without a counter to keep (RFC 5280, section 4.1.2.2).
void set_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  bytes[0] &= 0x7f;
  bignum_ptr number{BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)};
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
}

void set_name(X509_NAME* name, const std::string& common_name) {
  auto text = common_name.substr(0, common_name_max);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(text.data()),
                             static_cast<int>(text.size()), -1, 0);
}

x509_ptr begin(const std::string& common_name, std::chrono::hours lifetime, EVP_PKEY* key) {
  x509_ptr made{X509_new()};
  X509_set_version(made.get(), X509_VERSION_3);
  set_serial(made.get());
  auto seconds_of
    = [](std::chrono::hours time) { return static_cast<long>(std::chrono::seconds{time}.count()); };
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -seconds_of(clock_skew));
  X509_gmtime_adj(X509_getm_notAfter(made.get()), seconds_of(lifetime));
  X509_set_pubkey(made.get(), key);
  set_name(X509_get_subject_name(made.get()), common_name);
  return made;
}

bool extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  extension_ptr extension{X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str())};
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// The names become a line that OpenSSL parses: what could end one of them is refused.
bool is_plain(const std::string& name) {
  return !name.empty()
         && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._*:/+")
              == std::string::npos;
}

std::string alternative_names(const certificate_subject& subject) {
  std::string line;
  auto add = [&line](const char* kind, const std::string& name) {
    line += (line.empty() ? "" : ",") + std::string{kind} + name;
  };
  for (const auto& name : subject.dns_names)
    add("DNS:", name);
  for (const auto& address : subject.addresses)
    add("IP:", address);
  for (const auto& uri : subject.uris)
    add("URI:", uri);
  return line;
}

bool all_plain(const certificate_subject& subject) {
  for (const auto* names : {&subject.dns_names, &subject.addresses, &subject.uris})
    for (const auto& name : *names)
      if (!is_plain(name))
        return false;
  return true;
}

} // namespace

struct certificate_issuer::state {
  x509_ptr certificate;
  key_ptr key;
};

certificate_issuer::certificate_issuer(std::unique_ptr<state> made) noexcept
  : state_{std::move(made)} {}
certificate_issuer::~certificate_issuer() = default;
certificate_issuer::certificate_issuer(certificate_issuer&&) noexcept = default;
certificate_issuer& certificate_issuer::operator=(certificate_issuer&&) noexcept = default;

certificate_issuer certificate_issuer::make_root(const std::string& common_name,
                                                 std::chrono::hours lifetime) {
  auto key = make_key();
  auto root = begin(common_name, lifetime, key.get());
  X509_set_issuer_name(root.get(), X509_get_subject_name(root.get()));
  extend(root.get(), root.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  extend(root.get(), root.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(root.get(), root.get(), NID_subject_key_identifier, "hash");
  X509_sign(root.get(), key.get(), EVP_sha256());
  return certificate_issuer{std::make_unique<state>(state{std::move(root), std::move(key)})};
}

result<certificate_issuer> certificate_issuer::load(const certificate_pem& root) {
  ERR_clear_error();
  auto made = std::make_unique<state>();
  made->certificate.reset(PEM_read_bio_X509(reading(root.chain).get(), nullptr, nullptr, nullptr));
  made->key.reset(PEM_read_bio_PrivateKey(reading(root.key).get(), nullptr, nullptr, nullptr));
  if (!made->certificate || !made->key
      || X509_check_private_key(made->certificate.get(), made->key.get()) != 1)
    return fail(errc::certificate_unreadable, "the CA: " + take_ssl_error());
  return certificate_issuer{std::move(made)};
}

certificate_pem certificate_issuer::root() const {
  return {to_pem(state_->certificate.get()), to_pem(state_->key.get())};
}

result<certificate_pem> certificate_issuer::issue(const certificate_subject& subject) const {
  auto key = make_key();
  auto chain = issue_for(key.get(), subject);
  if (!chain)
    return fail(chain.error());
  return certificate_pem{*std::move(chain), to_pem(key.get())};
}

result<std::string> certificate_issuer::issue_for(EVP_PKEY* key,
                                                  const certificate_subject& subject) const {
  auto names = alternative_names(subject);
  if (names.empty() || !all_plain(subject))
    return fail(errc::certificate_unreadable, "a certificate for no proper name");
  ERR_clear_error();
  auto* issuer = state_->certificate.get();
  auto leaf = begin(subject.common_name, subject.lifetime, key);
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(issuer));
  const auto* usage = subject.for_clients_too ? "serverAuth,clientAuth" : "serverAuth";
  auto is_complete = extend(leaf.get(), issuer, NID_basic_constraints, "critical,CA:FALSE")
                     && extend(leaf.get(), issuer, NID_key_usage, "critical,digitalSignature")
                     && extend(leaf.get(), issuer, NID_ext_key_usage, usage)
                     && extend(leaf.get(), issuer, NID_authority_key_identifier, "keyid")
                     && extend(leaf.get(), issuer, NID_subject_alt_name, names)
                     && X509_sign(leaf.get(), state_->key.get(), EVP_sha256()) > 0;
  if (!is_complete)
    return fail(errc::certificate_unreadable, names + ": " + take_ssl_error());
  return to_pem(leaf.get());
}

} // namespace serverme::net
