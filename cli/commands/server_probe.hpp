// One step at a time towards a server, so that the one that fails has a name. Blocks; for doctor.
#pragma once

#include "cli/local_target.hpp"
#include "net/channel.hpp"
#include "protocol/lane/messages.hpp"

#include <string>
#include <vector>

namespace serverme::cli {

/// Numeric addresses of a host, as the system's resolver gives them.
/// @errors server_unreachable
result<std::vector<std::string>> look_up(const std::string& host);

/// A connection that is tried; every step has five seconds.
class probe {
public:
  /// To the first address that answers.
  /// @errors server_unreachable
  static result<probe> connect(const std::vector<std::string>& addresses, std::uint16_t port);
  /// @errors local_refused
  static result<probe> connect_local(const local_target& where);

  ~probe();
  probe(probe&& other) noexcept;
  probe& operator=(probe&&) = delete;

  /// @errors certificate_refused, protocol_violation, server_unreachable (silence, or closed)
  result<done> secure(const net::ssl_context& context, const std::string& server_name);
  const net::tls_session& tls() const noexcept { return tls_; }

  /// Says hello with the key, and goodbye at once: no session stays behind.
  /// @errors what the server refuses it with; protocol_violation, server_unreachable
  result<lane::welcome> greet(const std::string& api_key);

private:
  explicit probe(int descriptor) noexcept : descriptor_{descriptor} {}
  result<done> send(bytes_view bytes, time_point until);
  result<done> receive(time_point until);

  int descriptor_;
  net::tls_session tls_;
  byte_queue received_;
};

} // namespace serverme::cli
