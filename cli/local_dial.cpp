#include "cli/local_dial.hpp"

#include <utility>

namespace serverme::cli {

namespace {

constexpr milliseconds connect_timeout{10'000};
constexpr milliseconds handshake_timeout{10'000};

net::dial_target target_of(const local_target& where) {
  if (where.transport == local_transport::unix_socket)
    return {.path = where.host};
  return {.host = where.host, .port = where.port};
}

} // namespace

local_dial::local_dial(net::event_loop& loop, const local_target& where,
                       result<net::ssl_context> tls, on_done done)
  : loop_{loop},
    server_name_{where.host},
    security_{where.security},
    tls_{std::move(tls)},
    done_{std::move(done)},
    dialer_{std::make_unique<net::dialer>(
      loop, target_of(where),
      net::dial_options{.timeout = connect_timeout,
                        .refused = errc::local_refused,
                        .timed_out = errc::local_timeout},
      [this](result<net::stream_socket> outcome) { on_connected(std::move(outcome)); })},
    self_{std::make_shared<local_dial*>(this)} {}

local_dial::~local_dial() = default;

void local_dial::on_connected(result<net::stream_socket> outcome) {
  if (!outcome)
    return end(std::move(outcome).error());
  auto made = std::make_unique<net::channel>(loop_, std::move(*outcome));
  if (security_ == local_security::plain)
    return end(std::move(made));
  if (!tls_)
    return end(fail(errc::local_bad_response, "TLS cannot be set up: " + tls_.error().detail));
  channel_ = std::move(made);
  channel_->secure(net::tls_session::connect(*tls_, server_name_));
  channel_->start(*this);
  loop_.after(handshake_timeout, [weak = std::weak_ptr{self_}] {
    if (auto self = weak.lock())
      (*self)->end(fail(errc::local_timeout, "no answer to the TLS handshake"));
  });
}

void local_dial::end(result<std::unique_ptr<net::channel>> outcome) {
  if (auto call = std::exchange(done_, nullptr))
    call(std::move(outcome));
}

void local_dial::on_secured() { end(std::move(channel_)); }

void local_dial::on_end() {
  end(fail(errc::local_bad_response, "closed during the TLS handshake"));
}

void local_dial::on_closed(const failure& why) { end(fail(errc::local_bad_response, why.detail)); }

} // namespace serverme::cli
