#include "nodes/control/cluster/sealing.hpp"

#include "net/openssl_ptr.hpp"
#include "nodes/control/secrets.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace serverme::control {

namespace {

constexpr char version = 1;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t head_bytes = 1 + nonce_bytes;

using cipher_ptr = std::unique_ptr<EVP_CIPHER_CTX, net::freed_by<EVP_CIPHER_CTX_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

/// A context that has seen key, nonce and purpose.
cipher_ptr begin(std::string_view key, std::string_view nonce, std::string_view what_for,
                 int is_sealing) {
  cipher_ptr made{EVP_CIPHER_CTX_new()};
  int size = 0;
  if (key.size() != sealing_key_bytes || !made
      || EVP_CipherInit_ex(made.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key), bytes_of(nonce),
                           is_sealing)
           != 1
      || EVP_CipherUpdate(made.get(), nullptr, &size, bytes_of(what_for),
                          static_cast<int>(what_for.size()))
           != 1)
    throw std::runtime_error("AES-256-GCM cannot be had");
  return made;
}

} // namespace

std::string seal(std::string_view key, std::string_view plain, std::string_view what_for) {
  auto nonce = random_bytes(nonce_bytes);
  auto cipher = begin(key, nonce, what_for, 1);
  std::string text(plain.size(), '\0'), tag(tag_bytes, '\0');
  int size = 0;
  if (EVP_CipherUpdate(cipher.get(), bytes_of(text), &size, bytes_of(plain),
                       static_cast<int>(plain.size()))
        != 1
      || EVP_CipherFinal_ex(cipher.get(), bytes_of(text) + size, &size) != 1
      || EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, tag_bytes, tag.data()) != 1)
    throw std::runtime_error("AES-256-GCM failed");
  return version + nonce + text + tag;
}

std::optional<std::string> unseal(std::string_view key, std::string_view sealed,
                                  std::string_view what_for) {
  if (key.size() != sealing_key_bytes || sealed.size() < head_bytes + tag_bytes
      || sealed[0] != version)
    return std::nullopt;
  auto cipher = begin(key, sealed.substr(1, nonce_bytes), what_for, 0);
  auto hidden = sealed.substr(head_bytes, sealed.size() - head_bytes - tag_bytes);
  std::string plain(hidden.size(), '\0'), tag{sealed.substr(sealed.size() - tag_bytes)};
  int size = 0;
  if (EVP_CipherUpdate(cipher.get(), bytes_of(plain), &size, bytes_of(hidden),
                       static_cast<int>(hidden.size()))
        != 1
      || EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) != 1
      || EVP_CipherFinal_ex(cipher.get(), bytes_of(plain) + size, &size) != 1)
    return std::nullopt;
  return plain;
}

} // namespace serverme::control
