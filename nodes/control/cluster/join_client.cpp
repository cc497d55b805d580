#include "nodes/control/cluster/join_client.hpp"

#include "net/cluster/join_tls.hpp"
#include "net/dialer.hpp"
#include "protocol/http1/head.hpp"

#include <memory>

namespace serverme::control {

namespace {

constexpr http1::head_limits head_limits{.bytes_max = join_head_bytes_max, .fields_max = 50};

constexpr milliseconds looked_at_every{100};

struct join_question {
  std::string_view target;
  std::string body;
};

std::string request_text(const join_question& what, const node_address& whom) {
  return "POST " + std::string{what.target} + " HTTP/1.1\r\nHost: " + to_string(whom)
         + "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
         + std::to_string(what.body.size()) + "\r\n\r\n" + what.body;
}

/// One question to one address, on a loop of its own.
class exchange final : net::channel_user {
public:
  exchange(const join_route& route, net::ssl_context context, const node_address& whom,
           const join_question& what)
    : route_{route}, context_{std::move(context)}, whom_{whom}, what_{what} {}

  /// The body of an answer with status 200.
  result<std::string> run() {
    dialer_.emplace(loop_, net::dial_target{.host = whom_.host, .port = whom_.port},
                    net::dial_options{.timeout = route_.patience,
                                      .refused = errc::control_unreachable,
                                      .timed_out = errc::control_unreachable},
                    [this](result<net::stream_socket> socket) { on_dialed(std::move(socket)); });
    loop_.after(route_.patience, [this] { end(unreachable("no answer in time")); });
    net::ticker watch{loop_, looked_at_every, [this](time_point) {
                        if (route_.is_called_off())
                          end(unreachable("given up"));
                      }};
    loop_.run();
    return std::move(*outcome_);
  }

  /// Whether something that counts may have reached the other side.
  bool has_asked() const noexcept { return has_asked_; }

private:
  void on_dialed(result<net::stream_socket> socket) {
    if (!socket)
      return end(fail(socket.error().code, to_string(whom_) + ": " + socket.error().detail));
    channel_.emplace(loop_, std::move(*socket));
    channel_->secure(net::tls_session::connect(context_, ""));
    channel_->start(*this);
  }

  void on_secured() override {
    auto shown = net::read_peer_certificate(as_bytes(channel_->tls().peer_certificate()));
    // Any node of the cluster has a certificate of the CA; a token is for control nodes only.
    if (!shown || !shown->identity.roles.has(node_role::control))
      return end(fail(errc::cluster_mismatch, to_string(whom_) + " is no control node"));
    has_asked_ = true;
    channel_->write(as_bytes(request_text(what_, whom_)));
  }

  void on_bytes(bytes_view bytes) override {
    if (outcome_)
      return;
    received_ += as_text(bytes);
    http1::response_head head;
    auto complete = http1::parse_response(as_bytes(received_), head_limits, scanned_, "POST", head);
    if (!complete || received_.size() > join_head_bytes_max + join_body_bytes_max)
      return end(unreachable("its answer makes no sense"));
    if (!*complete)
      return;
    if (head.body != http1::framing::length || head.content_length > join_body_bytes_max)
      return end(unreachable("its answer makes no sense"));
    auto length = static_cast<std::size_t>(head.content_length);
    if (received_.size() < head.size + length)
      return;
    auto body = received_.substr(head.size, length);
    if (head.status == 200)
      return end(std::move(body));
    end(parse_refusal(body));
  }

  void on_end() override { end(unreachable("it closed the connection without an answer")); }
  void on_sent() override {}

  void on_closed(const failure& why) override {
    if (why.code == errc::certificate_refused)
      return end(fail(errc::cluster_mismatch, to_string(whom_) + ": " + why.detail));
    if (why.code == errc::protocol_violation && !has_asked_)
      return end(fail(errc::cluster_mismatch, to_string(whom_) + ": " + why.detail));
    end(unreachable(why.detail));
  }

  failure unreachable(const std::string& why) const {
    return fail(errc::control_unreachable, to_string(whom_) + ": " + why);
  }

  void end(result<std::string> outcome) {
    if (outcome_)
      return;
    outcome_ = std::move(outcome);
    loop_.stop();
  }

  const join_route& route_;
  net::event_loop loop_;
  net::ssl_context context_;
  const node_address& whom_;
  const join_question& what_;
  std::optional<net::dialer> dialer_;
  std::optional<net::channel> channel_;
  std::string received_;
  std::size_t scanned_ = 0;
  bool has_asked_ = false;
  std::optional<result<std::string>> outcome_;
};

/// Whether another control node may do better.
bool is_local(const failure& why) {
  switch (why.code) {
    case errc::control_unreachable:
    case errc::cluster_mismatch:
    case errc::cluster_key_missing:
    case errc::database_unavailable:
    case errc::api_unavailable: return true;
    default: return false;
  }
}

enum class repeatable : bool { no, yes };

result<std::string> ask(const join_route& route, const join_question& what, repeatable again) {
  auto context = net::make_joiner_context(route.ca_fingerprint, route.own);
  if (!context)
    return fail(context.error());
  auto trouble = fail(errc::control_unreachable, "none is known");
  auto is_first = true;
  for (const auto& whom : route.addresses) {
    if (route.is_called_off())
      break;
    exchange attempt{route, *context, whom, what};
    auto answer = attempt.run();
    if (answer || !is_local(answer.error()))
      return answer;
    if (answer.error().code == errc::control_unreachable && attempt.has_asked()
        && again == repeatable::no)
      return fail(errc::control_unreachable,
                  answer.error().detail + "; the token may be used up by now");
    // Of several troubles the first is told: it is the address that should have been right.
    if (std::exchange(is_first, false))
      trouble = answer.error();
  }
  return fail(std::move(trouble));
}

} // namespace

result<welcome> ask_to_join(const join_route& route, const join_request& what) {
  auto text = ask(route, {join_target, to_json(what)}, repeatable::no);
  if (!text)
    return fail(text.error());
  return parse_welcome(*text);
}

result<welcome> ask_to_renew(const join_route& route, const std::string& request) {
  auto text = ask(route, {renew_target, renewal_json(request)}, repeatable::yes);
  if (!text)
    return fail(text.error());
  return parse_welcome(*text);
}

result<done> ask_to_leave(const join_route& route) {
  auto text = ask(route, {leave_target, "{}"}, repeatable::yes);
  if (!text)
    return fail(text.error());
  return done{};
}

} // namespace serverme::control
