#include "net/cluster/peer_connection.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace serverme::net {

namespace {

// For a last answer, or for what was sent before the end.
constexpr milliseconds linger{1'000};

failure expired() { return fail(errc::certificate_refused, "its certificate has expired"); }

} // namespace

peer_connection::peer_connection(const peer_setup& setup, stream_socket socket, basp_side dialed)
  : setup_{setup},
    unsent_bytes_max_{setup.limits.unsent_bytes_max},
    dialed_{dialed},
    channel_{std::make_unique<channel>(setup.loop, std::move(socket))},
    where_{channel_->peer()},
    since_{setup.loop.now()},
    heard_{since_},
    last_sign_{since_} {}

void peer_connection::begin(tls_session tls) {
  channel_->secure(std::move(tls));
  channel_->start(*this);
}

// -- proving --------------------------------------------------------------------------------------

void peer_connection::on_secured() {
  auto der = channel_->tls().peer_certificate();
  auto read = read_peer_certificate(as_bytes(der));
  if (!read)
    return refuse(peer_refusal::bad_certificate, read.error());
  if (channel_->tls().alpn().empty())
    return refuse(peer_refusal::no_tls,
                  fail(errc::protocol_violation, "it speaks no ALPN of ours"));
  certificate_ = *std::move(read);
  stage_ = stage::greeting;
  if (auto why = setup_.judge.on_secured(*this))
    return refuse(*why, fail(errc::certificate_refused, "node " + to_string(peer().node) + ": "
                                                          + std::string{to_string(*why)}));
  if (was_dialed())
    greet(link_greeting::verdict::yes);
}

void peer_connection::greet(link_greeting::verdict says) {
  byte_queue out;
  append(out, link_greeting{.says = says, .began = setup_.began});
  channel_->write(out.view());
}

void peer_connection::on_bytes(bytes_view bytes) {
  heard_ = last_sign_ = setup_.loop.now();
  if (stage_ == stage::proven)
    return hear_basp(bytes);
  if (stage_ == stage::judged)
    return refuse(peer_refusal::no_greeting, fail(errc::protocol_violation, "it did not wait"));
  if (stage_ != stage::greeting)
    return;
  greeting_.append(bytes);
  if (greeting_.size() >= link_greeting::bytes)
    hear_greeting();
}

void peer_connection::hear_greeting() {
  auto heard = read_link_greeting(greeting_.view());
  if (!heard)
    return refuse(peer_refusal::no_greeting, heard.error());
  peer_began_ = heard->began;
  if (was_dialed()) {
    obey(heard->says);
  } else {
    stage_ = stage::judged;
    if (auto verdict = setup_.judge.on_greeting(*this))
      answer(*verdict);
  }
  if (stage_ != stage::proven)
    return;
  auto rest = std::exchange(greeting_, {});
  if (rest.size() > link_greeting::bytes)
    hear_basp(rest.view().subspan(link_greeting::bytes));
}

void peer_connection::answer(link_greeting::verdict says) {
  greet(says);
  auto node = "node " + to_string(peer().node);
  switch (says) {
    case link_greeting::verdict::yes: return prove();
    case link_greeting::verdict::duplicate:
      return refuse(peer_refusal::duplicate, fail(errc::session_replaced, "connected already"));
    case link_greeting::verdict::removed:
      return refuse(peer_refusal::not_allowed, fail(errc::node_removed, node));
    case link_greeting::verdict::same_identity: break;
  }
  if (peer().node == setup_.self.node)
    return refuse_namesake();
  refuse(peer_refusal::identity_in_use,
         fail(errc::identity_in_use, node + " is connected, as an elder process"));
}

// That this node has no place in the cluster is believed of a control node alone, which could take
// it away in any case: another one that says so only does not talk to us.
void peer_connection::obey(link_greeting::verdict says) {
  auto tells = peer().roles.has(node_role::control);
  auto us = "node " + to_string(setup_.self.node);
  if (peer().node == setup_.self.node)
    return refuse_namesake();
  switch (says) {
    case link_greeting::verdict::yes: return prove();
    case link_greeting::verdict::duplicate:
      return refuse(peer_refusal::duplicate, fail(errc::session_replaced, "connected already"));
    case link_greeting::verdict::same_identity:
      return refuse(peer_refusal::identity_in_use,
                    fail(tells ? errc::identity_in_use : errc::certificate_refused,
                         us + " is connected to it, as an elder process"));
    case link_greeting::verdict::removed:
      return refuse(peer_refusal::not_allowed,
                    fail(tells ? errc::node_removed : errc::certificate_refused,
                         "it holds " + us + " for removed"));
  }
  refuse(peer_refusal::not_allowed,
         fail(errc::certificate_refused, "it says no, for a reason of a later version"));
}

// Whoever it is has our key. The elder of two goes on; who talks to himself has one run.
void peer_connection::refuse_namesake() {
  auto is_younger = was_dialed() && setup_.began > peer_began_;
  refuse(peer_refusal::same_identity,
         fail(is_younger ? errc::identity_in_use : errc::certificate_refused,
              is_younger ? "an elder process has this node's identity" : "it is this node itself"));
}

void peer_connection::prove() {
  stage_ = stage::proven;
  since_ = setup_.loop.now();
  gate_.emplace(dialed_, basp_node_of(peer(), peer_run()),
                basp_node_of(setup_.self, setup_.began.run), setup_.limits.basp);
  setup_.judge.on_proven(*this);
}

// -- BASP -----------------------------------------------------------------------------------------

void peer_connection::hear_basp(bytes_view bytes) {
  bytes_in_ += bytes.size();
  result<done> fine{done{}};
  auto waiting = buffers_.put_in([&](byte_queue& in) { fine = gate_->feed(bytes, in); });
  if (!fine)
    return lose(peer_loss::violation, fine.error());
  if (waiting > setup_.limits.untaken_bytes_max && !paused_ && stage_ == stage::proven) {
    paused_ = true;
    channel_->pause_reading();
    wants_room_ = true;
  }
}

bool peer_connection::take(byte_queue& into) {
  auto goes_on = buffers_.take(into);
  if (!wants_room_.exchange(false))
    return goes_on;
  buffers_.while_open([this] {
    setup_.loop.post([self = shared_from_this()] {
      self->heard_ = self->setup_.loop.now(); // it was us who did not listen
      if (std::exchange(self->paused_, false) && self->channel_)
        self->channel_->resume_reading();
    });
  });
  return goes_on;
}

void peer_connection::send(bytes_view bytes) {
  auto room = unsent_bytes_max_ - std::min<std::size_t>(unsent_, unsent_bytes_max_);
  buffers_.put_out(bytes, room, [this](wire_buffers::given outcome) {
    if (outcome == wire_buffers::given::more)
      return;
    setup_.loop.post([self = shared_from_this(), outcome] {
      if (outcome == wire_buffers::given::first)
        return self->send_out();
      self->lose(peer_loss::slow, fail(errc::peer_silent, "too much waits for it to read"));
    });
  });
}

void peer_connection::send_out() {
  if (stage_ != stage::proven)
    return;
  buffers_.take_out(sending_);
  bytes_out_ += sending_.size();
  channel_->write(sending_.view());
  empty(sending_);
  if (channel_)
    unsent_ = channel_->unsent();
}

void peer_connection::on_sent() { unsent_ = channel_->unsent(); }

// -- ends -----------------------------------------------------------------------------------------

void peer_connection::on_tick(time_point now, wall_time date) {
  const auto& limits = setup_.limits;
  if (stage_ == stage::ended)
    return;
  if (stage_ != stage::proven) {
    if (now - since_ >= limits.handshake_timeout)
      refuse(peer_refusal::late, fail(errc::greeting_timeout, "it did not prove who it is"));
    return;
  }
  if (!gate_->is_open() && now - since_ >= limits.handshake_timeout)
    return lose(peer_loss::late, fail(errc::greeting_timeout, "no BASP came"));
  if (!paused_ && now - heard_ >= limits.silent_after)
    return lose(peer_loss::silent, fail(errc::peer_silent, "nothing heard"));
  if (date >= certificate_.expires)
    lose(peer_loss::expired, expired());
}

void peer_connection::close() {
  buffers_.mute();
  buffers_.while_open([this] {
    setup_.loop.post([self = shared_from_this()] {
      self->send_out();
      self->lose(peer_loss::closed, fail(errc::closed_by_owner, "closed by this node"));
    });
  });
}

void peer_connection::on_end() {
  const auto gone = fail(errc::stream_reset, "closed by the peer");
  stage_ == stage::proven ? lose(peer_loss::left, gone) : refuse(peer_refusal::no_tls, gone);
}

void peer_connection::on_closed(const failure& why) {
  if (stage_ != stage::proven)
    return refuse(why.code == errc::certificate_refused ? peer_refusal::bad_certificate
                                                        : peer_refusal::no_tls,
                  why);
  lose(why.code == errc::protocol_violation ? peer_loss::violation : peer_loss::left, why);
}

void peer_connection::refuse(peer_refusal why, const failure& what) {
  if (stage_ == stage::ended || stage_ == stage::proven)
    return;
  auto self = shared_from_this();
  // An answer that only a node of the cluster gets: strangers may not make us wait.
  auto has_answer = stage_ == stage::judged;
  go(has_answer ? linger : milliseconds{0});
  setup_.judge.on_refused(*this, why, what);
}

void peer_connection::lose(peer_loss why, const failure& what) {
  if (stage_ != stage::proven)
    return;
  auto self = shared_from_this();
  go(why == peer_loss::closed ? linger : milliseconds{0});
  // What came before he left may still be of use; after anything else it is not.
  buffers_.end(why != peer_loss::left);
  setup_.judge.on_lost(*this, why, what);
}

void peer_connection::go(milliseconds patience) {
  stage_ = stage::ended;
  if (patience.count() > 0)
    channel_->close_gently(patience);
  else
    channel_->close();
  // Not from within one of its calls.
  setup_.loop.post([self = shared_from_this()] { self->channel_.reset(); });
}

} // namespace serverme::net
