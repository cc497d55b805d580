#include "net/tls_records.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>

#include <algorithm>
#include <utility>

namespace serverme::net {

namespace {

// RFC 8446, section 5.2.
constexpr std::size_t header_bytes = 5;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t plain_max = 16384;
constexpr std::size_t protected_max = plain_max + 256;
// Of the handshake protocol: type and length. A session ticket is the longest that may come.
constexpr std::size_t message_header_bytes = 4;
constexpr std::size_t message_max = 68'000;
constexpr std::uint8_t new_session_ticket = 4, key_update = 24;

struct suite_name {
  std::uint16_t number;
  const char* cipher;
  const char* hash;
};

constexpr std::array<suite_name, 3> suites{{{0x1301, "AES-128-GCM", "SHA256"},
                                            {0x1302, "AES-256-GCM", "SHA384"},
                                            {0x1303, "ChaCha20-Poly1305", "SHA256"}}};

using mac_ptr = std::unique_ptr<EVP_MAC, freed_by<EVP_MAC_free>>;
using mac_context_ptr = std::unique_ptr<EVP_MAC_CTX, freed_by<EVP_MAC_CTX_free>>;
using cipher_ptr = std::unique_ptr<EVP_CIPHER, freed_by<EVP_CIPHER_free>>;

/// Looked up once: OpenSSL 3 would look each of them up by name for each connection, which costs as
/// much as a tenth of its handshake.
struct suite_parts {
  explicit suite_parts(const suite_name& names)
    : cipher{EVP_CIPHER_fetch(nullptr, names.cipher, nullptr)} {
    mac_ptr hmac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
    mac.reset(EVP_MAC_CTX_new(hmac.get()));
    std::array params{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(names.hash), 0),
      OSSL_PARAM_construct_end()};
    EVP_MAC_CTX_set_params(mac.get(), params.data());
  }

  cipher_ptr cipher;
  mac_context_ptr mac; // HMAC without a key, to be copied
};

const suite_parts& parts_of(std::uint16_t suite) {
  static const std::array<suite_parts, 3> all{suite_parts{suites[0]}, suite_parts{suites[1]},
                                              suite_parts{suites[2]}};
  return all[static_cast<std::size_t>(std::ranges::find(suites, suite, &suite_name::number)
                                      - suites.begin())];
}

const unsigned char* raw(bytes_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* raw(std::span<std::byte> bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
std::uint8_t number_at(bytes_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

// RFC 8446, section 7.1, with an empty context; HKDF-Expand (RFC 5869, section 2.3) of at most one
// block of the hash is one HMAC.
std::string expand_label(const suite_parts& suite, const std::string& secret,
                         std::string_view label, std::size_t size) {
  std::string info;
  info += static_cast<char>(size >> 8U);
  info += static_cast<char>(size & 0xffU);
  info += static_cast<char>(6 + label.size());
  info += "tls13 ";
  info += label;
  info += '\0';
  info += '\1';
  std::array<unsigned char, EVP_MAX_MD_SIZE> block{};
  std::size_t made = 0;
  mac_context_ptr mac{EVP_MAC_CTX_dup(suite.mac.get())};
  EVP_MAC_init(mac.get(), reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
               nullptr);
  EVP_MAC_update(mac.get(), reinterpret_cast<const unsigned char*>(info.data()), info.size());
  EVP_MAC_final(mac.get(), block.data(), &made, block.size());
  return {reinterpret_cast<const char*>(block.data()), size};
}

std::array<std::uint8_t, 12> nonce_of(const std::array<std::uint8_t, 12>& iv,
                                      std::uint64_t number) {
  auto nonce = iv;
  for (std::size_t i = 0; i < 8; ++i)
    nonce[11 - i] ^= static_cast<std::uint8_t>(number >> (8 * i));
  return nonce;
}

} // namespace

// RFC 8446, section 6.
enum class tls_records::alert : std::uint8_t {
  close_notify = 0,
  unexpected_message = 10,
  bad_record_mac = 20,
  record_overflow = 22,
  illegal_parameter = 47,
  decode_error = 50,
  internal_error = 80,
  user_canceled = 90,
  /// Not of the RFC: the peer has said what is wrong; there is nothing to answer.
  none_to_send = 255,
};

bool tls_records::supports(std::uint16_t suite) noexcept {
  return std::ranges::find(suites, suite, &suite_name::number) != suites.end();
}

tls_records::tls_records(std::uint16_t suite, secrets keys, std::uint64_t key_limit)
  : suite_{suite}, key_limit_{key_limit} {
  const auto* cipher = parts_of(suite).cipher.get();
  for (auto* way : {&sending_, &receiving_}) {
    way->cipher.reset(EVP_CIPHER_CTX_new());
    EVP_CipherInit_ex(way->cipher.get(), cipher, nullptr, nullptr, nullptr, way == &sending_);
  }
  use(sending_, std::move(keys.send));
  use(receiving_, std::move(keys.receive));
}

tls_records::~tls_records() {
  for (auto* way : {&sending_, &receiving_})
    OPENSSL_cleanse(way->secret.data(), way->secret.size());
}

void tls_records::use(direction& way, std::string secret) {
  const auto& suite = parts_of(suite_);
  auto key_bytes = static_cast<std::size_t>(EVP_CIPHER_CTX_get_key_length(way.cipher.get()));
  auto key = expand_label(suite, secret, "key", key_bytes);
  auto iv = expand_label(suite, secret, "iv", way.iv.size());
  std::ranges::copy(iv, way.iv.begin());
  EVP_CipherInit_ex(way.cipher.get(), nullptr, nullptr,
                    reinterpret_cast<const unsigned char*>(key.data()), nullptr, -1);
  OPENSSL_cleanse(key.data(), key.size());
  way.secret = std::move(secret);
  way.number = 0;
}

// RFC 8446, section 7.2.
void tls_records::change_key(direction& way) {
  use(way, expand_label(parts_of(suite_), way.secret, "traffic upd", way.secret.size()));
}

// ---- sealing

// From the caller's bytes straight into the record.
bool tls_records::seal_record(content type, bytes_view plain, byte_queue& out) {
  auto length = plain.size() + 1 + tag_bytes;
  auto record = out.extend(header_bytes + length);
  record[0] = static_cast<std::byte>(content::application_data);
  record[1] = record[2] = std::byte{3};
  record[3] = static_cast<std::byte>(length >> 8U);
  record[4] = static_cast<std::byte>(length & 0xffU);
  auto* cipher = sending_.cipher.get();
  auto nonce = nonce_of(sending_.iv, sending_.number++);
  auto inner_type = static_cast<unsigned char>(type);
  auto* body = raw(record.subspan(header_bytes));
  auto size = static_cast<int>(plain.size());
  int made = 0;
  return EVP_CipherInit_ex(cipher, nullptr, nullptr, nullptr, nonce.data(), -1) == 1
         && EVP_CipherUpdate(cipher, nullptr, &made, raw(record), header_bytes) == 1
         && (size == 0 || EVP_CipherUpdate(cipher, body, &made, raw(plain), size) == 1)
         && EVP_CipherUpdate(cipher, body + size, &made, &inner_type, 1) == 1
         && EVP_CipherFinal_ex(cipher, body + size + 1, &made) == 1
         && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, tag_bytes, body + size + 1) == 1;
}

bool tls_records::update_own_key(byte_queue& out) {
  // update_not_requested: the other direction counts for itself.
  constexpr std::string_view message{"\x18\0\0\1\0", 5};
  auto is_sealed = seal_record(content::handshake, as_bytes(message), out);
  change_key(sending_);
  return is_sealed;
}

result<done> tls_records::seal(bytes_view plain, byte_queue& out) {
  while (!plain.empty()) {
    if (sending_.number >= key_limit_ && !update_own_key(out))
      return fail(errc::protocol_violation, "TLS: a record could not be made");
    auto piece = plain.first(std::min(plain.size(), plain_max));
    if (!seal_record(content::application_data, piece, out))
      return fail(errc::protocol_violation, "TLS: a record could not be made");
    plain = plain.subspan(piece.size());
  }
  return done{};
}

void tls_records::end(byte_queue& out) noexcept {
  constexpr std::string_view close_notify{"\1\0", 2};
  seal_record(content::alert, as_bytes(close_notify), out);
}

// ---- opening

result<tls_records::step> tls_records::open(bytes_view received, std::span<std::byte> plain,
                                            byte_queue& out) {
  step taken;
  auto wrong = open_all(received, plain, out, taken);
  if (!wrong)
    return taken;
  ERR_clear_error();
  if (*wrong == alert::none_to_send)
    return fail(errc::protocol_violation, "TLS: the peer ended it with an alert");
  std::array<std::byte, 2> message{std::byte{2}, static_cast<std::byte>(*wrong)};
  seal_record(content::alert, message, out);
  return fail(errc::protocol_violation,
              "TLS: alert " + std::to_string(static_cast<int>(*wrong)) + " (RFC 8446, section 6)");
}

// A record that came whole is decrypted where it lies; the last one of a read seldom is whole.
tls_records::verdict tls_records::open_all(bytes_view received, std::span<std::byte> plain,
                                           byte_queue& out, step& taken) {
  auto size_of = [](bytes_view record) {
    return header_bytes + (std::size_t{number_at(record, 3)} << 8U) + number_at(record, 4);
  };
  auto keep_until = [this, &received](std::size_t size) {
    auto more = std::min(size - partial_.size(), received.size());
    partial_.append(received.first(more));
    received = received.subspan(more);
    return partial_.size() == size;
  };
  while (!received.empty() && !taken.ended) {
    if (partial_.empty() && received.size() >= header_bytes) {
      auto size = size_of(received);
      if (size > header_bytes + protected_max)
        return alert::record_overflow;
      if (received.size() >= size) {
        if (auto wrong = open_record(received.first(size), plain, out, taken))
          return wrong;
        received = received.subspan(size);
        continue;
      }
    }
    if (partial_.size() < header_bytes && !keep_until(header_bytes))
      return {};
    auto size = size_of(partial_.view());
    if (size > header_bytes + protected_max)
      return alert::record_overflow;
    if (!keep_until(size))
      return {};
    if (auto wrong = open_record(partial_.view(), plain, out, taken))
      return wrong;
    // An idle connection keeps nothing; a busy one has one in a read of 256 KiB.
    partial_ = {};
  }
  return {};
}

tls_records::verdict tls_records::open_record(bytes_view record, std::span<std::byte> plain,
                                              byte_queue& out, step& taken) {
  auto place = plain.subspan(taken.plain);
  inner found;
  if (auto wrong = unprotect(record, place, found))
    return wrong;
  if (found.type != content::handshake && !messages_.empty())
    return alert::unexpected_message; // section 5.1: nothing comes between the parts of a message
  switch (found.type) {
    case content::application_data: taken.plain += found.size; return {};
    case content::alert: return take_alert(place.first(found.size), taken);
    case content::handshake: return take_handshake(place.first(found.size), out);
    default: return alert::unexpected_message;
  }
}

tls_records::verdict tls_records::unprotect(bytes_view record, std::span<std::byte> plain,
                                            inner& found) {
  if (number_at(record, 0) != static_cast<std::uint8_t>(content::application_data))
    return alert::unexpected_message;
  auto body = record.subspan(header_bytes);
  if (body.size() < tag_bytes + 1)
    return alert::decode_error;
  if (plain.size() < body.size())
    return alert::internal_error;
  auto text = body.first(body.size() - tag_bytes);
  auto tag = body.last(tag_bytes);
  auto* cipher = receiving_.cipher.get();
  auto nonce = nonce_of(receiving_.iv, receiving_.number++);
  int made = 0;
  auto is_good
    = EVP_CipherInit_ex(cipher, nullptr, nullptr, nullptr, nonce.data(), -1) == 1
      && EVP_CipherUpdate(cipher, nullptr, &made, raw(record), header_bytes) == 1
      && EVP_CipherUpdate(cipher, raw(plain), &made, raw(text), static_cast<int>(text.size())) == 1
      && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, tag_bytes,
                             const_cast<unsigned char*>(raw(tag)))
           == 1
      && EVP_CipherFinal_ex(cipher, raw(plain.subspan(text.size())), &made) == 1;
  if (!is_good)
    return alert::bad_record_mac;
  auto end = text.size(); // section 5.4: zeros behind the type are padding
  while (end > 0 && plain[end - 1] == std::byte{0})
    --end;
  if (end == 0)
    return alert::unexpected_message;
  found = {static_cast<content>(plain[end - 1]), end - 1};
  if (found.size > plain_max)
    return alert::record_overflow;
  return {};
}

tls_records::verdict tls_records::take_alert(bytes_view message, step& taken) {
  if (message.size() != 2)
    return alert::decode_error;
  switch (static_cast<alert>(message[1])) {
    case alert::close_notify: taken.ended = true; return {};
    case alert::user_canceled: return {};
    default: return alert::none_to_send;
  }
}

tls_records::verdict tls_records::take_handshake(bytes_view bytes, byte_queue& out) {
  if (bytes.empty())
    return alert::unexpected_message; // section 5.1
  messages_.append(bytes);
  while (messages_.size() >= message_header_bytes) {
    auto all = messages_.view();
    auto size = (std::size_t{number_at(all, 1)} << 16U) + (std::size_t{number_at(all, 2)} << 8U)
                + number_at(all, 3);
    if (size > message_max)
      return alert::decode_error;
    if (all.size() < message_header_bytes + size)
      return {};
    auto type = number_at(all, 0);
    std::string body{as_text(all.subspan(message_header_bytes, size))};
    messages_.consume(message_header_bytes + size);
    if (type == key_update) {
      if (auto wrong = take_key_update(as_bytes(body), out))
        return wrong;
    } else if (type != new_session_ticket) { // nobody comes back with one to a lane
      return alert::unexpected_message;
    }
  }
  messages_.release();
  return {};
}

// RFC 8446, section 4.6.3.
tls_records::verdict tls_records::take_key_update(bytes_view body, byte_queue& out) {
  if (body.size() != 1)
    return alert::decode_error;
  if (!messages_.empty())
    return alert::unexpected_message; // section 5.1: no message goes over a change of keys
  auto request = number_at(body, 0);
  if (request > 1)
    return alert::illegal_parameter;
  change_key(receiving_);
  if (request == 1 && !update_own_key(out))
    return alert::internal_error;
  return {};
}

} // namespace serverme::net
