// The answer side of an HTTP visitor: from the stream to the socket.
#include "nodes/edge/http_visitor.hpp"
#include "protocol/http1/forward.hpp"

#include <utility>

namespace serverme::edge {

void http_visitor::on_data(bytes_view bytes) {
  owe(bytes.size());
  repeatable_.clear();
  auto& out = home().scratch_space().answer;
  out.clear();
  if (phase_ == phase::exchange && !answered_) {
    // The usual head comes whole and is read where it lies.
    auto kept = std::exchange(answer_, {});
    if (!kept.empty())
      kept.append(bytes);
    auto view = kept.empty() ? bytes : kept.view();
    auto used = take_answer_heads(view, out);
    if (!used)
      return; // refused, and the next request may have begun
    auto rest = view.subspan(*used);
    if (phase_ == phase::upgraded) {
      bytes_out_ += rest.size();
      visitor().write(rest); // may lie in `kept`
    } else if (answered_) {
      pass_answer_body(rest, out);
    } else {
      if (kept.empty())
        kept.append(view);
      kept.consume(*used);
      answer_ = std::move(kept); // a head that drips is not copied for every drop
    }
  } else if (phase_ == phase::exchange) {
    pass_answer_body(bytes, out);
  } else if (phase_ == phase::upgraded) {
    pass_raw(bytes);
  }
  settle();
}

std::optional<std::size_t> http_visitor::take_answer_heads(bytes_view bytes, byte_queue& out) {
  auto& head = home().scratch_space().response;
  std::size_t used = 0;
  while (used < bytes.size() && !answered_) {
    auto raw = bytes.subspan(used);
    auto complete
      = http1::parse_response(raw, home().limits().head, answer_scanned_, method_, head);
    if (!complete) {
      cut_short(complete.error());
      return std::nullopt;
    }
    if (!*complete)
      return used;
    answer_scanned_ = 0;
    used += head.size;
    if (head.status == 101 && !asked_upgrade_) {
      cut_short(fail(errc::local_bad_response, "101 to a request that asked for no upgrade"));
      return std::nullopt;
    }
    if (head.status >= 200 || head.status == 101) {
      take_final_head(head, raw.first(head.size), out);
    } else if (version_ == http1::version::http_1_1) {
      // HTTP/1.0 knows no interim answers (RFC 9110, section 15.2).
      http1::append_response(out, head, {.visitor_version = version_});
      visitor().write(out.view());
      out.clear();
    }
  }
  return used;
}

void http_visitor::take_final_head(const http1::response_head& head, bytes_view raw,
                                   byte_queue& out) {
  auto upgraded = head.status == 101;
  record_.response_head(head, raw, home().now());
  until_close_ = head.body == http1::framing::until_close && !upgraded;
  plain_content_ = head.body == http1::framing::chunked && version_ == http1::version::http_1_0;
  // Who has not sent his whole request by now goes on sending it: where the next one begins, nobody
  // can tell.
  if (until_close_ || plain_content_ || !request_body_.ended() || home().is_draining())
    keep_alive_ = false;
  http1::append_response(
    out, head, {.visitor_version = version_, .keep_alive = keep_alive_, .upgraded = upgraded});
  answered_ = true;
  bytes_out_ += out.size();
  if (!upgraded) {
    answer_body_ = http1::body_reader{head.body, head.content_length};
    if (std::exchange(asked_upgrade_, false) && request_body_.ended())
      finish_stream();
    return;
  }
  phase_ = phase::upgraded;
  publish_record(); // now, not when the connection ends, which may be tomorrow
  visitor().write(out.view());
  out.clear();
  auto early = std::exchange(inbox_, {});
  bytes_in_ += early.size();
  send(early.view());
  regulate();
}

void http_visitor::pass_raw(bytes_view bytes) {
  bytes_out_ += bytes.size();
  visitor().write_in_place(bytes);
}

void http_visitor::pass_answer_body(bytes_view bytes, byte_queue& head) {
  // Alone, the bytes go to the socket from where they lie.
  auto in_place = head.empty() && !plain_content_;
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    auto rest = bytes.subspan(taken);
    auto piece = answer_body_.next(rest);
    if (!piece) {
      visitor().write(head.view());
      return cut_short(fail(errc::local_bad_response, piece.error().detail));
    }
    if (piece->taken == 0)
      break;
    taken += piece->taken;
    record_.response_body(piece->content);
    if (!in_place)
      head.append(plain_content_ ? piece->content : rest.first(piece->taken));
  }
  bytes_out_ += taken;
  if (in_place)
    visitor().write_in_place(bytes.first(taken));
  else
    visitor().write(head.view());
  if (taken == bytes.size())
    return;
  // The visitor has his whole answer; nobody knows what this is.
  record_.fail(fail(errc::local_bad_response, "bytes after the end of the answer"));
  finish_exchange();
}

// The agent ends a stream with the answer: only then may the next request begin.
void http_visitor::on_finish() {
  if (phase_ == phase::upgraded)
    return end_to_visitor();
  if (phase_ != phase::exchange)
    return;
  if (!answered_)
    return cut_short(fail(errc::local_closed_early));
  if (!answer_body_.ended() && !answer_body_.may_end_here())
    return cut_short(fail(errc::local_closed_early, "the answer is cut short"));
  finish_exchange();
}

void http_visitor::finish_exchange() {
  settle();
  end_record();
  // Whatever is left of the request, nobody waits for it.
  reset_stream(errc::stream_reset);
  if (keep_alive_ && phase_ != phase::upgraded && !home().is_draining())
    return begin_next();
  phase_ = phase::over;
  leave();
}

// Who has waited as long as one may wait for an agent does not wait once more.
bool http_visitor::may_repeat(errc why) {
  auto asked_since = home().now() - repeatable_.sent_at;
  return phase_ == phase::exchange && repeatable_.may_follow(why)
         && (why != errc::agent_away || asked_since < home().limits().away_patience);
}

bool http_visitor::repeat() {
  const auto* where = home().routes().find_host(repeatable_.host);
  if (where == nullptr || where->session != repeatable_.session)
    return false;
  auto opened = open(*where, repeatable_.bytes.view());
  if (opened == outcome::waiting)
    phase_ = phase::waiting;
  if (opened != outcome::opened)
    return opened == outcome::waiting;
  phase_ = phase::exchange;
  since_ = home().now();
  if (!asked_upgrade_)
    finish_stream();
  regulate();
  return true;
}

void http_visitor::on_reset(errc why) {
  forget_stream();
  if (may_repeat(why)) {
    ++repeatable_.repeats;
    if (repeat())
      return;
  }
  // Some reasons are between programs and have no meaning for a visitor.
  cut_short(fail(describe(why).status >= 400 ? why : errc::agent_lost));
}

// Before the answer began there is a page for it; after that only the connection can tell.
void http_visitor::cut_short(const failure& why) {
  if (phase_ == phase::over)
    return;
  if (!answered_)
    return refuse(why);
  record_.fail(why);
  end_record();
  phase_ = phase::over;
  abort();
}

void http_visitor::end_record() {
  if (endpoint_.value != 0 && (phase_ == phase::exchange || phase_ == phase::upgraded))
    home().count(endpoint_, 1, bytes_in_, bytes_out_);
  publish_record();
}

void http_visitor::publish_record() {
  if (auto exchange = record_.end(home().now()))
    home().deciders().captured(std::move(exchange));
}

} // namespace serverme::edge
