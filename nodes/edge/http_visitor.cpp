#include "nodes/edge/http_visitor.hpp"

#include "nodes/edge/basic_auth.hpp"
#include "protocol/error_page.hpp"
#include "protocol/http1/forward.hpp"

#include <utility>

namespace serverme::edge {

namespace {

// Pipelined requests that wait for their turn, or bytes after an upgrade was asked for.
constexpr std::size_t inbox_bytes_max = 64 * 1024;
// What a connection keeps for its next request while it is idle.
constexpr std::size_t idle_inbox_bytes = 4 * 1024;

std::string_view accept_of(const http1::request_head& head) {
  const auto* field = http1::find(head.fields, "accept");
  return field != nullptr ? field->value : std::string_view{};
}

} // namespace

http_visitor::http_visitor(edge_loop& home, std::unique_ptr<net::channel> visitor)
  : tunnel_stream{home, std::move(visitor)}, since_{home.now()} {}

http_visitor::~http_visitor() = default;

void http_visitor::start(bytes_view early) {
  if (early.empty())
    place_.emplace(home(), *this);
  inbox_.append(early);
  visitor().start(*this);
  take_requests();
}

bool http_visitor::is_secure() const noexcept {
  return const_cast<http_visitor*>(this)->visitor().is_tls();
}

void http_visitor::on_bytes(bytes_view bytes) {
  switch (phase_) {
    case phase::head:
      if (inbox_.empty())
        since_ = home().now();
      inbox_.append(bytes);
      return take_requests();
    case phase::waiting: inbox_.append(bytes); return;
    case phase::exchange:
      if (!request_body_.ended()) {
        since_ = home().now();
        bytes = bytes.subspan(forward_body(bytes, nullptr));
      }
      inbox_.append(bytes);
      return regulate();
    case phase::upgraded:
      bytes_in_ += bytes.size();
      send(bytes);
      return;
    case phase::over: return;
  }
}

// Gone, or half-closed: the usual proxies and servers take it for gone, so that nobody goes on
// working for a closed browser tab.
void http_visitor::on_end() {
  if (phase_ == phase::upgraded)
    end_to_agent();
  else
    part(fail(errc::stream_reset, "the visitor left"));
}

void http_visitor::on_closed(const failure& why) { part(why); }

void http_visitor::part(const failure& why) {
  if (phase_ != phase::head)
    record_.fail(why);
  end_record();
  phase_ = phase::over;
  leave();
}

void http_visitor::on_drain() {
  if (phase_ == phase::head && inbox_.empty())
    part(fail(errc::draining));
  else if (phase_ == phase::waiting)
    refuse(fail(errc::draining));
}

void http_visitor::on_shutdown() {
  if (phase_ == phase::head)
    tunnel_stream::on_shutdown();
  else
    cut_short(fail(errc::draining));
}

void http_visitor::on_tick(time_point now) {
  switch (phase_) {
    case phase::head: return check_head(now);
    case phase::waiting:
      if (now - waiting_since() >= home().limits().away_patience)
        refuse(fail(errc::agent_away));
      return;
    case phase::exchange:
    case phase::upgraded: return check_progress(now);
    case phase::over: return;
  }
}

void http_visitor::check_head(time_point now) {
  const auto& limits = home().limits();
  auto is_idle = inbox_.empty() && served_;
  if (now - since_ < (is_idle ? limits.idle_timeout : limits.head_timeout))
    return;
  if (inbox_.empty())
    part(fail(errc::visitor_timeout));
  else
    refuse(fail(errc::visitor_timeout));
}

// Only those who owe a byte are watched: a body that does not come, an answer that is not taken.
void http_visitor::check_progress(time_point now) {
  // Who is not read from is not heard when he leaves.
  if (phase_ == phase::exchange && (is_blocked() || inbox_.size() > inbox_bytes_max)
      && visitor().peer_now() != net::channel::peer_state::here)
    return part(fail(errc::stream_reset, "the visitor left"));
  auto owes_body = !request_body_.ended() && !answered_ && !is_blocked();
  if (visitor().unsent() == 0 && !owes_body)
    since_ = now;
  if (now - since_ >= home().limits().stalled_timeout)
    cut_short(fail(errc::visitor_timeout, "nothing moved for too long"));
}

void http_visitor::on_endpoint_gone(endpoint_id endpoint) {
  if (endpoint != endpoint_ || (phase_ != phase::exchange && phase_ != phase::upgraded))
    return;
  reset_stream(errc::agent_lost);
  cut_short(fail(errc::agent_lost));
}

void http_visitor::on_sent() {
  settle();
  // The next request is not sooner or later for it.
  if (phase_ != phase::head)
    since_ = home().now();
  else
    take_requests();
}

// Back-pressure: who sends faster than we can pass it on waits, and so does who waits for an agent.
void http_visitor::regulate() {
  if (has_left())
    return;
  if (phase_ == phase::waiting || is_blocked() || inbox_.size() > inbox_bytes_max)
    visitor().pause_reading();
  else
    visitor().resume_reading();
}

void http_visitor::look_again() {
  if (!repeatable_.is_empty()) {
    if (!repeat())
      cut_short(fail(errc::agent_lost));
    return;
  }
  phase_ = phase::head;
  take_requests();
}

std::function<void(edge_loop&, std::unique_ptr<net::channel>)> http_visitor::mover() {
  auto early = std::make_shared<byte_queue>(std::move(inbox_));
  return [early](edge_loop& there, std::unique_ptr<net::channel> visitor) {
    there.admit(std::make_unique<http_visitor>(there, std::move(visitor))).start(early->view());
  };
}

void http_visitor::take_requests() {
  if (std::exchange(taking_, true))
    return; // further down the stack, and it goes on
  // Whoever asks on without taking the answers has to wait: they are kept in memory.
  while (phase_ == phase::head && !inbox_.empty() && visitor().unsent() <= inbox_bytes_max
         && take_one_request()) {
  }
  taking_ = false;
  regulate();
}

bool http_visitor::take_one_request() {
  auto& head = home().scratch_space().request;
  auto complete = http1::parse_request(inbox_.view(), home().limits().head, scanned_, head);
  if (!complete) {
    refuse(complete.error());
    return false;
  }
  if (!*complete)
    return false;
  place_.reset();
  if (head_bytes_ == 0) // not when it waited
    asked_at_ = since_;
  scanned_ = 0;
  head_bytes_ = head.size;
  method_ = head.method;
  version_ = head.version;
  keep_alive_ = head.keep_alive;
  wants_json_ = page_format_for(accept_of(head)) == page_format::json;
  asked_upgrade_ = !head.upgrade.empty();
  answered_ = plain_content_ = until_close_ = false;
  request_body_ = http1::body_reader{head.body, head.content_length};
  begin_exchange(head, inbox_.view().subspan(head.size));
  return phase_ == phase::head;
}

void http_visitor::begin_exchange(const http1::request_head& head, bytes_view rest) {
  repeatable_.clear();
  auto host = normalize_host(head.host);
  const auto* where = home().routes().find_host(host);
  if (where == nullptr || where->kind != endpoint_kind::http)
    return refuse(fail(errc::no_such_endpoint, "host " + host));
  if (home().is_draining())
    return refuse(fail(errc::draining));
  record_request(head, *where);
  if (!where->basic_auth_digest.empty() && !is_authorized(head, where->basic_auth_digest))
    return refuse(fail(errc::visitor_unauthorized));

  auto& first = home().scratch_space().bytes;
  first.clear();
  http1::append_request(first, head,
                        {.visitor_address = visitor().peer().host,
                         .scheme = is_secure() ? "https" : "http",
                         .host_header = where->host_header});
  // What follows was not read yet when this visitor waited or moves: the body is followed anew.
  auto body = request_body_;
  phase_ = phase::exchange;
  auto in_body = forward_body(rest, &first);
  if (phase_ != phase::exchange)
    return;
  auto opened = open(*where, first.view());
  if (opened == outcome::opened) {
    keep_for_repeat(*where, first.view());
    return begin_forwarding(where->endpoint, in_body);
  }
  request_body_ = body;
  phase_ = opened == outcome::moved     ? phase::over
           : opened == outcome::waiting ? phase::waiting
                                        : phase::head;
  if (opened == outcome::refused)
    refuse(why());
}

void http_visitor::begin_forwarding(endpoint_id endpoint, std::size_t in_body) {
  endpoint_ = endpoint;
  bytes_in_ = head_bytes_ + in_body;
  bytes_out_ = 0;
  inbox_.consume(bytes_in_);
  head_bytes_ = 0;
  answer_.clear();
  answer_scanned_ = 0;
  since_ = home().now();
  if (request_body_.ended() && !asked_upgrade_)
    finish_stream();
}

void http_visitor::keep_for_repeat(const route& where, bytes_view whole) {
  if (!was_forwarded() || !request_body_.ended() || whole.size() > repeatable_request::bytes_max)
    return;
  repeatable_.bytes.append(whole);
  repeatable_.host = where.host;
  repeatable_.session = where.session;
  repeatable_.sent_at = home().now();
  repeatable_.is_safe = is_safe_method(method_);
}

void http_visitor::record_request(const http1::request_head& head, const route& where) {
  record_ = {};
  if (where.inspect == inspection::off)
    return;
  record_.begin(home().limits().capture, where.endpoint, asked_at_);
  record_.visitor(visitor().peer().host, is_secure() ? "https" : "http");
  record_.request_head(head, inbox_.view().first(head.size));
}

// The framing is checked, then passed on as it came: both ends see the same bytes.
std::size_t http_visitor::forward_body(bytes_view bytes, byte_queue* into) {
  std::size_t taken = 0;
  while (!request_body_.ended() && taken < bytes.size()) {
    auto rest = bytes.subspan(taken);
    auto piece = request_body_.next(rest);
    if (!piece) {
      cut_short(piece.error());
      return bytes.size();
    }
    record_.request_body(piece->content);
    if (into != nullptr)
      into->append(rest.first(piece->taken));
    else
      send(rest.first(piece->taken));
    taken += piece->taken;
    if (piece->taken == 0)
      break;
  }
  if (into == nullptr) {
    bytes_in_ += taken;
    if (request_body_.ended() && !asked_upgrade_)
      finish_stream();
  }
  return taken;
}

void http_visitor::refuse(const failure& why) {
  record_.fail(why);
  end_record();
  stop_waiting();
  auto is_whole = phase_ == phase::exchange ? request_body_.ended() : drop_request();
  auto keep = is_whole && keep_alive_ && version_ == http1::version::http_1_1
              && !(asked_upgrade_ && !inbox_.empty()) && !home().is_draining();
  reset_stream(why.code);
  byte_queue page;
  append_error_answer(page, {.why = why,
                             .format = wants_json_ ? page_format::json : page_format::html,
                             .head_only = method_ == "HEAD",
                             .keep_alive = keep});
  visitor().write(page.view());
  if (keep)
    return begin_next();
  phase_ = phase::over;
  leave();
}

bool http_visitor::drop_request() {
  if (head_bytes_ == 0)
    return false;
  auto rest = inbox_.view().subspan(head_bytes_);
  while (!request_body_.ended()) {
    auto piece = request_body_.next(rest);
    if (!piece || piece->taken == 0)
      return false;
    rest = rest.subspan(piece->taken);
  }
  head_bytes_ = 0;
  inbox_.consume(inbox_.size() - rest.size());
  return true;
}

void http_visitor::begin_next() {
  phase_ = phase::head;
  since_ = home().now();
  served_ = true;
  method_.clear();
  endpoint_ = {};
  if (inbox_.empty() && inbox_.capacity() > idle_inbox_bytes)
    inbox_.release();
  take_requests();
}

} // namespace serverme::edge
