#include "cli/tunnel_binding.hpp"

#include <utility>

namespace serverme::cli {

namespace {

// Nobody's fault but the server's.
bool will_pass(errc why) noexcept {
  return why == errc::control_unavailable || why == errc::draining || why == errc::too_busy;
}

} // namespace

tunnel_binding::tunnel_binding(endpoint_request wanted, binding_limits limits)
  : wanted_{std::move(wanted)}, limits_{limits} {}

tunnel_binding::verdict tunnel_binding::on_connected(bool resumed, time_point now) noexcept {
  if (stage_ == stage::over)
    return verdict::nothing;
  began_ = due_ = now;
  if (!resumed)
    forget();
  stage_ = stage::unasked;
  return endpoint_ ? verdict::ready : verdict::nothing;
}

void tunnel_binding::on_disconnected() noexcept {
  if (stage_ != stage::over)
    stage_ = stage::away;
}

bool tunnel_binding::wants_to_ask(time_point now) const noexcept {
  return (stage_ == stage::unasked || stage_ == stage::asked) && now >= due_;
}

lane::bind tunnel_binding::ask(std::uint32_t request, time_point now) {
  stage_ = stage::asked;
  request_ = request;
  due_ = now + limits_.answer_timeout;
  return {.request = request, .endpoint = wanted_};
}

tunnel_binding::verdict tunnel_binding::on_bound(const lane::bound& answer, time_point now) {
  if (stage_ != stage::asked || answer.request != request_)
    return verdict::nothing;
  if (answer.error)
    return on_refused(*answer.error, now);
  stage_ = stage::served;
  was_served_ = true;
  auto is_known = endpoint_ && urls_ == answer.urls;
  if (endpoint_ && endpoint_ != answer.endpoint)
    former_ = endpoint_;
  endpoint_ = answer.endpoint;
  urls_ = answer.urls;
  // The same URL after whatever comes.
  if (wanted_.kind == endpoint_kind::tcp)
    wanted_.port = answer.port;
  else
    wanted_.name = answer.name;
  return is_known ? verdict::nothing : verdict::ready;
}

tunnel_binding::verdict tunnel_binding::on_refused(const failure& why, time_point now) {
  why_ = why;
  auto is_servers_trouble = will_pass(why.code);
  auto is_over = !is_servers_trouble && !may_be_free_soon(why.code, now);
  stage_ = is_over ? stage::over : stage::unasked;
  due_ = now + limits_.retry_after;
  // What a resumed session serves goes on while its server cannot confirm it.
  if (is_servers_trouble && endpoint_)
    return verdict::nothing;
  forget();
  return is_over ? verdict::refused : verdict::waiting;
}

bool tunnel_binding::on_unbound(const lane::unbind& what) {
  if (endpoint_ != what.endpoint)
    return false;
  stage_ = stage::over;
  forget();
  why_ = what.reason.value_or(fail(errc::closed_by_owner));
  return true;
}

void tunnel_binding::forget() noexcept {
  endpoint_.reset();
  former_.reset();
}

bool tunnel_binding::may_be_free_soon(errc why, time_point now) const noexcept {
  auto patience = was_served_ ? limits_.return_patience : limits_.first_patience;
  return !is_permanent(why) && now - began_ < patience;
}

} // namespace serverme::cli
