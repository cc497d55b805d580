#include "nodes/edge/peers/peer_greeting.hpp"

#include "nodes/edge/peers/peer_guest.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace serverme::edge {

namespace {

constexpr std::uint16_t version = 1;

} // namespace

peer_greeting::peer_greeting(edge_loop& home, std::unique_ptr<net::channel> peer,
                             std::shared_ptr<const peer_credentials> credentials)
  : home_{home},
    channel_{std::move(peer)},
    credentials_{std::move(credentials)},
    began_{home.now()} {
  place_.emplace(home, *this);
}

void peer_greeting::start() { channel_->start(*this); }

void peer_greeting::on_secured() {
  auto who = credentials_->examine(channel_->tls());
  if (!who) {
    spdlog::warn("{} is no edge of ours: {}", net::to_string(channel_->peer()),
                 to_string(who.error()));
    return refuse();
  }
  who_ = *std::move(who);
}

void peer_greeting::on_bytes(bytes_view bytes) {
  if (!who_ || !place_)
    return;
  received_.append(bytes);
  auto hello = lane::read_edge_hello(received_.view());
  if (!hello)
    return turn_away(hello.error());
  if (!*hello)
    return;
  if ((*hello)->version_min > version || (*hello)->version_max < version)
    return turn_away(fail(errc::version_unsupported));
  let_in(**hello);
}

void peer_greeting::let_in(const lane::edge_hello& hello) {
  if (home_.is_draining())
    return turn_away(fail(errc::draining));
  if (home_.counters().peers.lanes_in >= home_.limits().lanes_from_edges)
    return turn_away(fail(errc::lane_limit));
  auto& there = home_.loop_of(hello.loop);
  lane::edge_welcome welcome{.version = version,
                             .loops = home_.loops(),
                             .node = home_.config().node_name,
                             .window = lane::core_limits{}.window_initial};
  channel_->release([&there, welcome, who = *who_, credentials = credentials_,
                     window = hello.window](net::channel::parts parts) {
    auto shared = std::make_shared<net::channel::parts>(std::move(parts));
    there.loop().post([&there, welcome, who, credentials, window, shared] {
      if (there.has_ended())
        return;
      auto connection = net::channel::adopt(there.loop(), std::move(*shared));
      there
        .admit(std::make_unique<peer_guest>(there, std::move(connection), who, credentials, window))
        .start(welcome);
    });
  });
  retire();
}

void peer_greeting::turn_away(const failure& why) {
  byte_queue payload, frame;
  append_to(payload, lane::goaway{.code = why.code, .detail = why.detail});
  lane::append_header(frame, {.type = lane::frame_type::goaway,
                              .length = static_cast<std::uint16_t>(payload.size())});
  frame.append(payload.view());
  channel_->write(frame.view());
  channel_->close_gently(seconds{2});
  retire();
}

void peer_greeting::on_tick(time_point now) {
  if (place_ && now - began_ >= home_.limits().greeting_timeout)
    refuse();
}

void peer_greeting::refuse() {
  ++home_.counters().peers.strangers_refused;
  on_shutdown();
}

void peer_greeting::on_shutdown() {
  channel_->close();
  retire();
}

void peer_greeting::retire() {
  place_.reset();
  home_.retire(*this);
}

} // namespace serverme::edge
