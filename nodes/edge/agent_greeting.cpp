#include "nodes/edge/agent_greeting.hpp"

#include "nodes/edge/agent_session.hpp"
#include "protocol/lane/frame.hpp"

#include <algorithm>
#include <utility>

namespace serverme::edge {

namespace {

// The agent asks when it has heard nothing for this long; see protocol/heartbeat.hpp.
constexpr milliseconds ping_after{5'000};

} // namespace

agent_greeting::agent_greeting(edge_loop& home, std::unique_ptr<net::channel> agent)
  : home_{home},
    channel_{std::move(agent)},
    began_{home.now()},
    self_{std::make_shared<agent_greeting*>(this)} {
  place_.emplace(home, *this);
}

void agent_greeting::start() { channel_->start(*this); }

// The context serves visitors with older TLS too: here it is decided that a lane has none of it.
void agent_greeting::on_secured() {
  if (channel_->tls().version() != "TLSv1.3" || channel_->tls().alpn() != alpn_lane)
    on_shutdown();
}

void agent_greeting::on_bytes(bytes_view bytes) {
  if (!self_ || asked_)
    return;
  received_.append(bytes);
  lane::hello hello;
  auto complete = read_hello(hello);
  if (!complete)
    return turn_away(complete.error());
  if (!*complete)
    return;
  channel_->pause_reading();
  if (home_.is_draining())
    return turn_away(fail(errc::draining));
  if (hello.version_min > lane::version_max || hello.version_max < lane::version_min)
    return turn_away(fail(errc::version_unsupported));
  ask(hello);
}

result<bool> agent_greeting::read_hello(lane::hello& into) const {
  if (received_.size() < lane::header_bytes)
    return false;
  auto header = lane::read_header(received_.view());
  if (!header)
    return fail(header.error());
  if (header->type != lane::frame_type::hello || header->stream != 0)
    return fail(errc::protocol_violation, "the first frame is no HELLO");
  auto size = lane::header_bytes + header->length;
  if (received_.size() < size)
    return false;
  if (received_.size() > size)
    return fail(errc::protocol_violation, "frames before WELCOME");
  auto parsed = lane::parse_hello(received_.view().subspan(lane::header_bytes));
  if (!parsed)
    return fail(parsed.error());
  into = std::move(*parsed);
  return true;
}

void agent_greeting::ask(const lane::hello& hello) {
  asked_ = true;
  auto answer = [loop = home_.weak_from_this(), weak = std::weak_ptr{self_},
                 agreed = terms{std::min(hello.version_max, lane::version_max), hello.window}](
                  result<admission> outcome) {
    auto there = loop.lock();
    if (!there)
      return; // the node has stopped
    there->loop().post([weak, agreed, outcome = std::move(outcome)] {
      auto self = weak.lock();
      if (!self)
        return; // the admission ends by itself: no lane ever came
      if (outcome)
        (*self)->let_in(*outcome, agreed);
      else
        (*self)->turn_away(outcome.error());
    });
  };
  home_.deciders().greet(hello, channel_->peer().host, std::move(answer));
}

void agent_greeting::let_in(const admission& who, terms agreed) {
  if (home_.is_draining())
    return turn_away(fail(errc::draining));
  lane::welcome welcome{.version = agreed.version,
                        .capabilities = static_cast<std::uint64_t>(lane::capability::companions),
                        .session = who.session,
                        .resume_token = who.resume_token,
                        .resumed = who.resumed,
                        .node = home_.config().node_name,
                        .ping_after = ping_after,
                        .lanes_max = home_.limits().lanes_per_session,
                        .window = lane::core_limits{}.window_initial};
  auto& there = home_.home_of(who.session);
  channel_->release([&there, who, welcome, agreed](net::channel::parts parts) {
    auto shared = std::make_shared<net::channel::parts>(std::move(parts));
    there.loop().post([&there, who, welcome, agreed, shared]() mutable {
      if (there.has_ended())
        return;
      welcome.edges = there.other_edges().pick(who.session); // here: what changes next is told
      there.open_session(who.session, who.owner)
        .add_lane(net::channel::adopt(there.loop(), std::move(*shared)), welcome, agreed.window);
    });
  });
  retire();
}

void agent_greeting::turn_away(const failure& why) {
  byte_queue payload, frame;
  lane::goaway answer{.code = why.code, .detail = why.detail};
  if (why.code == errc::draining)
    answer.prefer = home_.other_edges().pick(session_id{});
  append_to(payload, answer);
  lane::append_header(frame, {.type = lane::frame_type::goaway,
                              .length = static_cast<std::uint16_t>(payload.size())});
  frame.append(payload.view());
  channel_->write(frame.view());
  channel_->close_gently(seconds{2});
  retire();
}

void agent_greeting::on_tick(time_point now) {
  if (now - began_ < home_.limits().greeting_timeout)
    return;
  if (asked_)
    turn_away(fail(errc::control_unavailable, "nobody answered"));
  else if (channel_->tls().is_secured())
    turn_away(fail(errc::greeting_timeout));
  else
    on_shutdown();
}

void agent_greeting::on_shutdown() {
  channel_->close();
  retire();
}

void agent_greeting::retire() {
  self_.reset();
  place_.reset();
  home_.retire(*this);
}

} // namespace serverme::edge
