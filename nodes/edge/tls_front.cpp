#include "nodes/edge/tls_front.hpp"

#include "nodes/edge/agent_greeting.hpp"
#include "nodes/edge/http_visitor.hpp"
#include "nodes/edge/peers/peer_greeting.hpp"
#include "nodes/edge/raw_visitor.hpp"

#include <utility>

namespace serverme::edge {

namespace {

// RFC 8446, section 6.2: a fatal alert, unrecognized_name.
constexpr std::string_view alert_unrecognized_name{"\x15\x03\x03\x00\x02\x02\x70", 7};

} // namespace

tls_front::tls_front(edge_loop& home, std::unique_ptr<net::channel> visitor)
  : home_{home}, channel_{std::move(visitor)}, began_{home.now()} {
  place_.emplace(home, *this);
}

void tls_front::start() { channel_->start(*this); }

void tls_front::on_bytes(bytes_view bytes) {
  received_.append(bytes);
  auto hello = parse_client_hello(received_.view());
  if (!hello)
    return on_shutdown();
  if (*hello)
    hand_on(**hello);
}

void tls_front::hand_on(const client_hello& hello) {
  place_.reset();
  auto channel = std::move(channel_);
  home_.retire(*this);
  if (home_.credentials() && hello.offers(alpn_edge)) {
    channel->secure(net::accept_node(home_.credentials()->tls()), received_.view());
    home_.admit(std::make_unique<peer_greeting>(home_, std::move(channel), home_.credentials()))
      .start();
    return;
  }
  const auto* where = home_.routes().find_host(hello.server_name);
  auto is_agent = hello.offers(alpn_lane);
  if (!is_agent && where != nullptr && where->kind == endpoint_kind::tls) {
    home_.admit(std::make_unique<raw_visitor>(home_, std::move(channel), hello.server_name))
      .start(received_.view());
    return;
  }
  auto context = home_.certificates().find(hello.server_name);
  if (!context) {
    channel->write(as_bytes(alert_unrecognized_name));
    channel->close_gently(milliseconds{500});
    return;
  }
  // Agents stay for days and use no tickets: a seventh of their handshake (measured).
  using enum net::tls_session::resumption;
  auto session = net::tls_session::accept(context, is_agent ? none : offered);
  if (is_agent)
    session = std::move(session).with_own_records();
  channel->secure(std::move(session), received_.view());
  if (is_agent)
    home_.admit(std::make_unique<agent_greeting>(home_, std::move(channel))).start();
  else
    home_.admit(std::make_unique<http_visitor>(home_, std::move(channel))).start();
}

void tls_front::on_tick(time_point now) {
  if (now - began_ >= home_.limits().greeting_timeout)
    on_shutdown();
}

void tls_front::on_shutdown() {
  place_.reset();
  channel_->close();
  home_.retire(*this);
}

} // namespace serverme::edge
