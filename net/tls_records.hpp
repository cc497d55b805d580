// TLS 1.3's record protection (RFC 8446, section 5), with the secrets of a handshake that OpenSSL
// has made.
//
// Lanes, and connections between nodes, use it from the end of their handshake on: OpenSSL's record
// layer copies every byte twice on its way, and its connection object is most of what an idle agent
// costs (docs/performance.md). The encryption itself is OpenSSL's. No I/O.
#pragma once

#include "net/openssl_ptr.hpp"
#include "protocol/bytes.hpp"
#include "protocol/result.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace serverme::net {

class tls_records {
public:
  /// Cipher suites by their number (RFC 8446, appendix B.4): the three that everybody has.
  static bool supports(std::uint16_t suite) noexcept;

  /// Application traffic secrets as of the end of the handshake (RFC 8446, section 7.1).
  struct secrets {
    std::string send;
    std::string receive;
  };

  /// A key is changed after so many records, 137 GB: a third of the 2^24.5 that RFC 8446, section
  /// 5.5, allows AES-GCM.
  static constexpr std::uint64_t records_of_one_key = std::uint64_t{1} << 23U;

  /// @pre supports(suite)
  tls_records(std::uint16_t suite, secrets keys, std::uint64_t key_limit = records_of_one_key);
  ~tls_records();
  tls_records(const tls_records&) = delete;
  tls_records& operator=(const tls_records&) = delete;

  struct step {
    std::size_t plain = 0;
    /// The peer said that it will send no more (close_notify).
    bool ended = false;
  };

  /// Takes all of `received`, puts plaintext into `plain`, and what must be answered at the end of
  /// `out`.
  /// @pre plain.size() >= received.size() + one record (17 KiB)
  /// @errors protocol_violation; `out` may hold an alert then, and this is of no more use
  result<step> open(bytes_view received, std::span<std::byte> plain, byte_queue& out);

  /// Appends records for `plain`, no part of which lies in `out`.
  /// @errors protocol_violation
  result<done> seal(bytes_view plain, byte_queue& out);

  /// Appends close_notify.
  void end(byte_queue& out) noexcept;

private:
  enum class content : std::uint8_t { alert = 21, handshake = 22, application_data = 23 };
  enum class alert : std::uint8_t;
  /// What is wrong with what came; nothing: all is well.
  using verdict = std::optional<alert>;

  struct direction {
    std::unique_ptr<EVP_CIPHER_CTX, freed_by<EVP_CIPHER_CTX_free>> cipher;
    std::string secret;
    std::array<std::uint8_t, 12> iv{};
    std::uint64_t number = 0;
  };

  struct inner {
    content type{};
    std::size_t size = 0;
  };

  void use(direction& way, std::string secret);
  void change_key(direction& way);
  bool seal_record(content type, bytes_view plain, byte_queue& out);
  bool update_own_key(byte_queue& out);

  verdict open_all(bytes_view received, std::span<std::byte> plain, byte_queue& out, step& taken);
  verdict open_record(bytes_view record, std::span<std::byte> plain, byte_queue& out, step& taken);
  verdict unprotect(bytes_view record, std::span<std::byte> plain, inner& found);
  verdict take_alert(bytes_view message, step& taken);
  verdict take_handshake(bytes_view bytes, byte_queue& out);
  verdict take_key_update(bytes_view body, byte_queue& out);

  std::uint16_t suite_;
  std::uint64_t key_limit_;
  direction sending_, receiving_;
  byte_queue partial_;  // a record that has not come to its end
  byte_queue messages_; // of the handshake protocol, likewise
};

} // namespace serverme::net
