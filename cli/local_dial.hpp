// One attempt to reach a local service: connected, and under TLS where the target says so.
#pragma once

#include "cli/local_target.hpp"
#include "net/channel.hpp"
#include "net/dialer.hpp"

#include <functional>
#include <memory>

namespace serverme::cli {

class local_dial final : net::channel_user {
public:
  /// The channel waits for start(), under TLS too.
  using on_done = std::function<void(result<std::unique_ptr<net::channel>>)>;

  /// `tls`: for targets with local_security::tls, which are never spoken to without. `done` is
  /// called once, from the loop; this may be destroyed in it. Destroying it before that gives up.
  /// Failures: local_refused, local_timeout, local_bad_response (no TLS there, or none here)
  local_dial(net::event_loop& loop, const local_target& where, result<net::ssl_context> tls,
             on_done done);
  ~local_dial();

private:
  void on_connected(result<net::stream_socket> outcome);
  void end(result<std::unique_ptr<net::channel>> outcome);

  void on_secured() override;
  void on_bytes(bytes_view) override {}
  void on_end() override;
  void on_sent() override {}
  void on_closed(const failure& why) override;

  net::event_loop& loop_;
  std::string server_name_;
  local_security security_;
  result<net::ssl_context> tls_;
  on_done done_;
  std::unique_ptr<net::channel> channel_;
  std::unique_ptr<net::dialer> dialer_;
  /// For the timer, which can outlive this.
  std::shared_ptr<local_dial*> self_;
};

} // namespace serverme::cli
