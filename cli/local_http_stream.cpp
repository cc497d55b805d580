#include "cli/local_http_stream.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace serverme::cli {

namespace {

// Larger requests are not kept for a second attempt.
constexpr std::size_t repeat_bytes_max = 64 * 1024;
// Of the path, for people.
constexpr std::size_t path_bytes_max = 1024;

// RFC 9110, section 9.2.2: a proxy must not repeat the others by itself.
bool is_idempotent(std::string_view method) {
  constexpr std::array<std::string_view, 6> all{"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"};
  return std::ranges::find(all, method) != all.end();
}

bool has_usually_no_body(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

} // namespace

local_http_stream::local_http_stream(stream_home& home, lane::core& core, lane::stream_id id,
                                     local_service& service, std::size_t tunnel)
  : local_stream{home, core, id, service}, tunnel_{tunnel}, began_{now()} {}

local_http_stream::~local_http_stream() = default;

// --- the request --------------------------------------------------------------------------

void local_http_stream::start(bytes_view first) {
  owe(first.size());
  request_.append(first);
  read_request_line();
  connect();
}

void local_http_stream::read_request_line() {
  auto text = request_.text();
  auto space = text.find(' ');
  if (space == std::string_view::npos)
    return;
  method_ = text.substr(0, space);
  text.remove_prefix(space + 1);
  path_ = text.substr(0, std::min(text.find(' '), path_bytes_max));
}

void local_http_stream::connect() {
  auto& pool = service().pool();
  auto warm = has_usually_no_body(method_) ? pool.take() : pool.take_checked();
  if (!warm)
    return dial();
  is_reused_ = true;
  attach(std::move(warm));
  on_connected();
}

void local_http_stream::on_connected() {
  connection().write(request_.view());
  settle();
  if (request_.size() > repeat_bytes_max)
    forget_request();
}

void local_http_stream::on_unreachable(const failure& why) { fail_exchange(why); }

void local_http_stream::on_data(bytes_view bytes) {
  owe(bytes.size());
  if (phase_ == phase::answered || phase_ == phase::over) {
    // The service has answered without waiting for this: what it would take it for, nobody knows.
    drop_connection();
    return settle_all();
  }
  if (request_is_whole_)
    request_.append(bytes);
  if (method_.empty())
    read_request_line();
  if (!is_connected())
    return; // waits in request_; bounded by the stream's first window
  connection().write_in_place(bytes);
  settle();
  if (request_.size() > repeat_bytes_max)
    forget_request();
}

// The request is complete. Not passed on as an end of the connection: many servers take that for a
// visitor who left.
void local_http_stream::on_finish() {
  note_end_of_visitor();
  if (phase_ == phase::upgraded && is_connected())
    connection().finish();
  if (phase_ == phase::answered)
    give_connection_back();
  end_if_over();
}

bool local_http_stream::may_be_repeated() const noexcept {
  return is_reused_ && request_is_whole_ && is_idempotent(method_);
}

void local_http_stream::forget_request() {
  if (std::exchange(request_is_whole_, false))
    request_ = {};
}

// --- the answer ---------------------------------------------------------------------------

void local_http_stream::on_bytes(bytes_view bytes) {
  switch (phase_) {
    case phase::exchange: forget_request(); return take_answer(bytes);
    case phase::upgraded: return send(bytes);
    case phase::answered:
    case phase::over: return drop_connection(); // speaks without being asked
  }
}

void local_http_stream::take_answer(bytes_view bytes) {
  if (status_ != 0)
    return take_body(bytes);
  // The usual head comes whole and is read where it lies.
  auto kept = std::exchange(head_, {});
  if (!kept.empty())
    kept.append(bytes);
  auto view = kept.empty() ? bytes : kept.view();
  auto used = take_heads(view);
  auto rest = view.subspan(used);
  if (phase_ == phase::upgraded) {
    send(rest);
  } else if (phase_ == phase::exchange && status_ != 0) {
    take_body(rest);
  } else if (phase_ == phase::exchange) {
    if (kept.empty())
      kept.append(view);
    kept.consume(used);
    head_ = std::move(kept); // one that drips is not copied for every drop
  }
}

// @returns how many bytes the heads had that were complete
std::size_t local_http_stream::take_heads(bytes_view bytes) {
  auto& head = home().scratch();
  std::size_t used = 0;
  while (used < bytes.size() && status_ == 0) {
    auto raw = bytes.subspan(used);
    auto complete = http1::parse_response(raw, {}, scanned_, method_, head);
    if (!complete) {
      fail_exchange(complete.error());
      return used;
    }
    if (!*complete)
      return used;
    scanned_ = 0;
    used += head.size;
    send(raw.first(head.size));
    if (head.status < 200 && head.status != 101)
      continue;
    status_ = head.status;
    if (status_ == 101) {
      phase_ = phase::upgraded;
      report({});
      return used;
    }
    keep_ = head.keep_alive && head.body != http1::framing::until_close;
    body_ = http1::body_reader{head.body, head.content_length};
  }
  return used;
}

void local_http_stream::take_body(bytes_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !body_.ended()) {
    auto piece = body_.next(bytes.subspan(taken));
    if (!piece) {
      send(bytes.first(taken));
      return fail_exchange(fail(errc::local_bad_response, piece.error().detail));
    }
    if (piece->taken == 0)
      break;
    taken += piece->taken;
  }
  send(bytes.first(taken));
  if (!body_.ended())
    return;
  if (taken < bytes.size())
    keep_ = false; // more than the answer: whose would the rest be?
  answer_complete();
}

void local_http_stream::on_end() {
  switch (phase_) {
    case phase::exchange:
      if (status_ == 0)
        return retry_or_fail(fail(errc::local_closed_early));
      if (!body_.may_end_here())
        return fail_exchange(fail(errc::local_closed_early, "the answer is cut short"));
      keep_ = false;
      return answer_complete();
    case phase::upgraded: finish_sending(); return end_if_over();
    case phase::answered:
    case phase::over: return drop_connection();
  }
}

void local_http_stream::on_closed(const failure& why) {
  switch (phase_) {
    case phase::exchange: return retry_or_fail(fail(errc::local_closed_early, why.detail));
    case phase::upgraded: return fail_exchange(fail(errc::stream_reset));
    case phase::answered:
    case phase::over: return drop_connection();
  }
}

void local_http_stream::answer_complete() {
  phase_ = phase::answered;
  report({});
  finish_sending();
  if (!keep_)
    drop_connection();
  else if (has_visitor_ended())
    give_connection_back();
  end_if_over();
}

// Only once the request has ended too: an early answer leaves a service that still reads a body.
void local_http_stream::give_connection_back() {
  if (!is_connected())
    return;
  auto done = take_connection();
  if (done->is_open() && done->unsent() == 0)
    service().pool().put(std::move(done));
}

// A connection that was kept may have been closed from the other end at the same moment: nothing
// of this request was looked at then.
void local_http_stream::retry_or_fail(const failure& why) {
  if (!may_be_repeated())
    return fail_exchange(why);
  is_reused_ = false;
  drop_connection();
  dial();
}

void local_http_stream::fail_exchange(const failure& why) {
  phase_ = phase::over;
  report(why);
  reset(why.code);
}

void local_http_stream::report(std::optional<failure> error) {
  if (std::exchange(reported_, true))
    return;
  home().on_exchange({.tunnel = tunnel_,
                      .method = method_,
                      .path = path_,
                      .status = status_,
                      .total = std::chrono::duration_cast<microseconds>(now() - began_),
                      .error = std::move(error)});
}

} // namespace serverme::cli
