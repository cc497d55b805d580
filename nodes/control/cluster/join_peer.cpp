#include "nodes/control/cluster/join_peer.hpp"

#include "nodes/control/api/answers.hpp"
#include "nodes/control/cluster/join_messages.hpp"
#include "protocol/http1/head.hpp"

namespace serverme::control {

namespace {

constexpr milliseconds linger{1'000};
constexpr http1::head_limits head_limits{.bytes_max = join_head_bytes_max, .fields_max = 50};

std::string response_text(const api_answer& answer) {
  // What the status means stands in the body; nobody reads a reason.
  return "HTTP/1.1 " + std::to_string(answer.status)
         + " -\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
         + std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
}

} // namespace

join_peer::join_peer(join_host& host, net::event_loop& loop, net::stream_socket socket,
                     std::string source)
  : host_{host},
    channel_{loop, std::move(socket)},
    source_{std::move(source)},
    since_{loop.now()} {}

void join_peer::start(const net::ssl_context& context) {
  channel_.secure(net::tls_session::accept(context, net::tls_session::resumption::none));
  channel_.start(*this);
}

void join_peer::on_secured() {
  auto shown = channel_.tls().peer_certificate();
  if (shown.empty())
    return;
  auto certificate = net::read_peer_certificate(as_bytes(shown));
  if (!certificate)
    return leave(join_host::parting::broken);
  who_ = *std::move(certificate);
}

void join_peer::on_bytes(bytes_view bytes) {
  if (has_asked_ || has_left_)
    return; // one request a connection
  received_ += as_text(bytes);
  take_request();
}

void join_peer::take_request() {
  http1::request_head head;
  auto complete = http1::parse_request(as_bytes(received_), head_limits, scanned_, head);
  if (!complete)
    return answer(error_answer(fail(errc::api_bad_request, to_string(complete.error()))));
  if (!*complete)
    return;
  auto has_length = head.body == http1::framing::length || head.body == http1::framing::none;
  if (!has_length)
    return answer(error_answer(fail(errc::api_bad_request, "a body needs a Content-Length")));
  if (head.content_length > join_body_bytes_max)
    return answer(error_answer(fail(errc::api_too_large)));
  auto length = static_cast<std::size_t>(head.content_length);
  if (received_.size() < head.size + length)
    return;
  has_asked_ = true;
  host_.on_request(*this, {.method = std::string{head.method},
                           .target = std::string{head.target},
                           .body = received_.substr(head.size, length),
                           .source = source_,
                           .who = who_});
}

void join_peer::answer(const api_answer& told) {
  if (has_left_)
    return;
  has_asked_ = true;
  channel_.write(as_bytes(response_text(told)));
  leave(join_host::parting::answered);
}

void join_peer::leave(join_host::parting how) {
  if (has_left_)
    return;
  has_left_ = true;
  if (how == join_host::parting::answered)
    channel_.close_gently(linger);
  else
    channel_.close();
  host_.on_left(*this, how);
}

} // namespace serverme::control
