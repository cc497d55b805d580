// TLS contexts and sessions: OpenSSL over memory, so that the channel decides when the kernel is
// called (measured against a stream class: 1.25x less CPU, 1.3x bulk, 4x less idle memory).
#pragma once

#include "protocol/bytes.hpp"
#include "protocol/result.hpp"

#include <openssl/types.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace serverme::net {

using ssl_context = std::shared_ptr<SSL_CTX>;

struct client_tls_options {
  /// PEM file; empty: the system's.
  std::string ca_file;
  std::vector<std::string> alpn;
  /// Off only for a local https service with a certificate of its own; never for a lane.
  bool verify_peer = true;
  /// Lanes: TLS 1.3 or nothing.
  bool only_tls_1_3 = false;
};

/// @errors certificate_unreadable
result<ssl_context> make_client_context(const client_tls_options& options);

/// PEM text: the certificate chain, leaf first, and its private key.
struct certificate_pem {
  std::string chain;
  std::string key;
};

/// The DNS names that the first certificate of a PEM text is for, lower case; empty when it cannot
/// be read.
std::vector<std::string> certificate_names(const std::string& chain);

/// For servers; `alpn` in the order of preference. A client that offers only others is served
/// without ALPN.
/// @errors certificate_unreadable: also when the key is another certificate's
result<ssl_context> make_server_context(const certificate_pem& certificate,
                                        const std::vector<std::string>& alpn);

/// One TLS connection without its socket. Bytes go in and out through arguments.
class tls_session {
public:
  tls_session();
  ~tls_session();
  tls_session(tls_session&&) noexcept;
  tls_session& operator=(tls_session&&) noexcept;

  /// Whether a client gets tickets, to come back with less of a handshake.
  enum class resumption : bool { none, offered };
  static tls_session accept(const ssl_context& context, resumption tickets = resumption::offered);
  /// `server_name`, a DNS name or an IP address, must be in the certificate when the context
  /// verifies peers. Empty: whoever the context trusts will do, and the user looks who it is.
  static tls_session connect(const ssl_context& context, const std::string& server_name);
  /// For lanes and nodes: once secured with TLS 1.3, records are made by tls_records, and OpenSSL's
  /// object is gone. @pre no tickets are offered, the handshake has not begun
  tls_session with_own_records() &&;

  bool is_set() const noexcept { return state_ != nullptr; }
  bool is_secured() const noexcept;

  struct step {
    /// The handshake ended with this step.
    bool secured = false;
    /// Bytes of plaintext in `plain`.
    std::size_t plain = 0;
    /// The peer said that it will send no more (close_notify).
    bool ended = false;
  };

  /// Takes all of `received` (may be empty, to start a handshake), puts plaintext into `plain` and
  /// records that must be sent at the end of `out`.
  /// @pre plain.size() >= received.size() + one record (17 KiB)
  /// @errors certificate_refused, protocol_violation; `out` may hold an alert to send even then
  result<step> advance(bytes_view received, std::span<std::byte> plain, byte_queue& out);

  /// Appends records for `plain` to `out`. @pre is_secured()
  /// @errors protocol_violation
  result<done> encrypt(bytes_view plain, byte_queue& out);

  /// Appends close_notify.
  void end(byte_queue& out) noexcept;

  /// Negotiated; empty when none.
  std::string alpn() const;
  /// "TLSv1.3".
  std::string version() const;
  /// The peer's own certificate, DER; empty when it showed none.
  std::string peer_certificate() const;

private:
  struct state;
  explicit tls_session(std::unique_ptr<state> made) noexcept;
  std::unique_ptr<state> state_;
};

/// For contexts that are made elsewhere: their sessions may be used with_own_records(). Before the
/// first session.
void allow_own_records(SSL_CTX& context);

/// What OpenSSL says was wrong, as one line; empties its queue.
std::string take_ssl_error();

} // namespace serverme::net
