#include "nodes/control/api/http_peer.hpp"

#include "nodes/control/api/answers.hpp"
#include "nodes/control/api/live_peer.hpp"
#include "nodes/control/api/peer_stream.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <optional>

namespace serverme::control {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

std::string_view text_of(beast::string_view text) { return {text.data(), text.size()}; }

/// What a peer hears who did not send a request that can be read; nullopt: he is gone.
std::optional<failure> explain(const error_code& error) {
  if (error == http::error::end_of_stream || error == http::error::partial_message)
    return std::nullopt;
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return fail(errc::head_too_large);
  if (error == http::error::body_limit)
    return fail(errc::api_too_large);
  if (error.category() == http::make_error_code(http::error::bad_method).category())
    return fail(errc::api_bad_request, error.message());
  return std::nullopt;
}

http::message_generator make_response(const api_answer& answer, bool is_head, unsigned version,
                                      bool keep_alive) {
  auto with_fields = [&](auto response) {
    response.set(http::field::content_type,
                 beast::string_view{answer.content_type.data(), answer.content_type.size()});
    response.set(http::field::cache_control, "no-store");
    if (answer.status == 401)
      response.set(http::field::www_authenticate, "Bearer");
    if (!answer.allow.empty())
      response.set(http::field::allow, answer.allow);
    response.content_length(answer.body.size());
    response.keep_alive(keep_alive);
    return http::message_generator{std::move(response)};
  };
  auto status = static_cast<http::status>(answer.status);
  if (is_head)
    return with_fields(http::response<http::empty_body>{status, version});
  return with_fields(http::response<http::string_body>{status, version, answer.body});
}

class http_peer final : public api_peer, public std::enable_shared_from_this<http_peer> {
public:
  http_peer(net::stream_socket socket, api_service& service, api_peers& peers,
            const api_settings& settings)
    : stream_{std::move(socket)},
      service_{service},
      peers_{peers},
      settings_{settings},
      buffer_{settings.head_bytes_max + settings.body_bytes_max} {}

  void read() {
    waiting_since_ = std::chrono::steady_clock::now();
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(settings_.head_bytes_max));
    parser_->body_limit(settings_.body_bytes_max);
    stream_.expires_after(settings_.request_time);
    http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](const error_code& error, std::size_t) { self->on_read(error); });
  }

  void close() override { stream_.close(); }
  std::optional<time_point> waiting_since() const override { return waiting_since_; }

private:
  void on_read(const error_code& error) {
    waiting_since_.reset();
    if (error) {
      auto why = explain(error);
      return why ? refuse(*why) : leave();
    }
    const auto& request = parser_->get();
    service_.answer({.method = text_of(request.method_string()),
                     .target = text_of(request.target()),
                     .authorization = text_of(request[http::field::authorization]),
                     .is_upgrade = beast::websocket::is_upgrade(request)},
                    [weak = weak_from_this()](served_answer served) {
                      if (auto self = weak.lock())
                        self->on_answer(std::move(served));
                    });
  }

  void on_answer(served_answer served) {
    if (served.answer.status == 101)
      return become_live(std::move(served));
    const auto& request = parser_->get();
    write(make_response(served.answer, request.method() == http::verb::head, request.version(),
                        request.keep_alive()));
  }

  /// Whatever follows cannot be trusted to be a request.
  void refuse(const failure& why) { write(make_response(error_answer(why), false, 11, false)); }

  void write(http::message_generator response) {
    waiting_since_ = std::chrono::steady_clock::now();
    auto keep_alive = response.keep_alive();
    stream_.expires_after(settings_.answer_time);
    beast::async_write(
      stream_, std::move(response),
      [self = shared_from_this(), keep_alive](const error_code& error, std::size_t) {
        if (error || !keep_alive)
          return self->leave();
        self->read();
      });
  }

  void become_live(served_answer served) {
    auto self = shared_from_this(); // until the end of this function
    open_live_peer(std::move(stream_), parser_->release(), std::move(served), peers_, settings_);
    peers_.retire(*this);
  }

  void leave() {
    error_code ignored;
    stream_.socket().shutdown(net::stream_socket::shutdown_send, ignored);
    peers_.retire(*this);
  }

  peer_stream stream_;
  api_service& service_;
  api_peers& peers_;
  const api_settings& settings_;
  beast::flat_buffer buffer_;
  std::optional<time_point> waiting_since_;
  std::optional<http::request_parser<http::string_body>> parser_;
};

} // namespace

void open_http_peer(net::stream_socket socket, api_service& service, api_peers& peers,
                    const api_settings& settings) {
  auto who = std::make_shared<http_peer>(std::move(socket), service, peers, settings);
  peers.admit(who);
  who->read();
}

void refuse_http_peer(net::stream_socket socket) {
  auto body = error_answer(fail(errc::api_unavailable, "too many connections")).body;
  auto text = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
              "Connection: close\r\nContent-Length: "
              + std::to_string(body.size()) + "\r\n\r\n" + body;
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(boost::asio::buffer(text), ignored);
  socket.shutdown(net::stream_socket::shutdown_send, ignored);
}

} // namespace serverme::control
