#include "nodes/edge/replayer.hpp"

#include "nodes/edge/peers/way.hpp"
#include "protocol/http1/forward.hpp"

#include <utility>

namespace serverme::edge {

namespace {

constexpr seconds patience{60};

} // namespace

replayer::replayer(edge_loop& home, on_answer reply)
  : home_{home}, reply_{std::move(reply)}, began_{home.now()} {}

replayer::~replayer() {
  if (core_ != nullptr)
    core_->reset(stream_, errc::stream_reset);
}

void replayer::start(const route& where, const capture& original) {
  auto raw = original.request.head + "\r\n\r\n";
  http1::request_head head;
  std::size_t scanned = 0;
  auto parsed = http1::parse_request(as_bytes(raw), home_.limits().head, scanned, head);
  if (!parsed || !*parsed) {
    auto why = fail(errc::capture_incomplete, "the head was cut");
    return end(&why);
  }
  // The content was kept without its transfer coding: it goes out with a length, at once.
  std::erase_if(head.fields, [](const http1::field& field) {
    return http1::same_name(field.name, "transfer-encoding")
           || http1::same_name(field.name, "content-length")
           || http1::same_name(field.name, "expect");
  });
  auto length = std::to_string(original.request.body.size());
  if (!original.request.body.empty())
    head.fields.push_back({"Content-Length", length});
  method_ = head.method;
  record_.begin(home_.limits().capture, where.endpoint, began_);
  record_.visitor(original.visitor_address, original.scheme);
  record_.request_head(head, as_bytes(raw));
  record_.request_body(as_bytes(original.request.body));
  record_.replay_of(original.id);
  http1::append_request(request_, head,
                        {.visitor_address = original.visitor_address,
                         .scheme = original.scheme,
                         .host_header = where.host_header});
  request_.append(original.request.body);

  auto along = find_way(home_, where);
  if (along.core == nullptr) {
    auto why = fail(errc::agent_away);
    return end(&why);
  }
  std::size_t taken = 0;
  auto stream = open_stream(
    home_, along, where, {.endpoint = where.endpoint, .visitor_address = original.visitor_address},
    request_.view(), taken, *this);
  if (!stream)
    return end(&stream.error());
  core_ = along.core;
  stream_ = *stream;
  request_.consume(taken);
  on_writable();
}

void replayer::on_writable() {
  if (core_ == nullptr)
    return;
  if (!request_.empty())
    request_.consume(core_->write(stream_, request_.view()));
  if (request_.empty())
    core_->finish(stream_);
}

void replayer::on_data(bytes_view bytes) {
  core_->consumed(stream_, bytes.size(), home_.now());
  if (auto outcome = take(bytes); !outcome)
    return end(&outcome.error());
  if (answered_ && switched_)
    end(nullptr); // what two programs would say to each other now is no answer
}

result<done> replayer::take(bytes_view bytes) {
  head_.append(bytes);
  while (!answered_ && !head_.empty()) {
    auto& head = home_.scratch_space().response;
    auto complete
      = http1::parse_response(head_.view(), home_.limits().head, scanned_, method_, head);
    if (!complete)
      return fail(complete.error());
    if (!*complete)
      return done{};
    scanned_ = 0;
    switched_ = head.status == 101;
    answered_ = head.status >= 200 || switched_;
    if (answered_) {
      record_.response_head(head, head_.view().first(head.size), home_.now());
      body_ = http1::body_reader{head.body, head.content_length};
    }
    head_.consume(head.size);
  }
  while (answered_ && !head_.empty() && !body_.ended()) {
    auto piece = body_.next(head_.view());
    if (!piece)
      return fail(errc::local_bad_response, piece.error().detail);
    if (piece->taken == 0)
      break;
    record_.response_body(piece->content);
    head_.consume(piece->taken);
  }
  if (answered_)
    head_.clear();
  return done{};
}

void replayer::on_finish() {
  if (answered_ && (body_.ended() || body_.may_end_here()))
    return end(nullptr);
  auto why = fail(errc::local_closed_early);
  end(&why);
}

void replayer::on_reset(errc code) {
  core_ = nullptr;
  auto why = fail(code);
  end(&why);
}

void replayer::on_tick(time_point now) {
  if (now - began_ < patience)
    return;
  auto why = fail(errc::local_timeout, "no complete answer to the replay");
  end(&why);
}

void replayer::on_shutdown() {
  auto why = fail(errc::draining);
  end(&why);
}

void replayer::end(const failure* why) {
  if (auto* core = std::exchange(core_, nullptr))
    core->reset(stream_, errc::stream_reset);
  auto reply = std::exchange(reply_, nullptr);
  if (!reply)
    return;
  if (why != nullptr)
    record_.fail(*why);
  auto exchange = record_.end(home_.now());
  if (exchange == nullptr) {
    reply(fail(*why));
  } else {
    auto recorded = home_.deciders().captured(std::move(exchange));
    if (why != nullptr)
      reply(fail(errc::replay_failed, to_string(*why)));
    else
      reply(std::move(recorded));
  }
  home_.retire(*this);
}

} // namespace serverme::edge
