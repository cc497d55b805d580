#include "cli/local_stream.hpp"

#include <utility>

namespace serverme::cli {

namespace {

constexpr milliseconds linger{2'000};

} // namespace

local_stream::local_stream(stream_home& home, lane::core& core, lane::stream_id id,
                           local_service& service)
  : home_{home}, core_{&core}, id_{id}, service_{service} {}

local_stream::~local_stream() {
  if (core_ != nullptr)
    core_->reset(id_, errc::agent_lost);
}

void local_stream::send(bytes_view bytes) {
  if (core_ == nullptr || finishing_ || bytes.empty())
    return;
  home_.counters().bytes_out += bytes.size();
  if (to_visitor_.empty())
    bytes = bytes.subspan(core_->write(id_, bytes));
  if (bytes.empty())
    return;
  to_visitor_.append(bytes);
  if (channel_)
    channel_->pause_reading();
}

void local_stream::on_writable() {
  if (core_ == nullptr)
    return;
  to_visitor_.consume(core_->write(id_, to_visitor_.view()));
  if (!to_visitor_.empty())
    return;
  to_visitor_.release();
  if (finishing_) {
    core_->finish(id_);
    return end_if_over();
  }
  if (channel_)
    channel_->resume_reading();
}

void local_stream::finish_sending() {
  if (core_ == nullptr || std::exchange(finishing_, true))
    return;
  if (to_visitor_.empty())
    core_->finish(id_);
}

void local_stream::reset(errc why) {
  if (auto* core = std::exchange(core_, nullptr))
    core->reset(id_, why);
  hang_up();
  leave();
}

void local_stream::dial() {
  dial_ = service_.dial([this](result<std::unique_ptr<net::channel>> outcome) {
    auto over = std::move(dial_);
    if (!outcome)
      return on_unreachable(outcome.error());
    attach(std::move(*outcome));
    on_connected();
  });
}

void local_stream::on_unreachable(const failure& why) { reset(why.code); }

void local_stream::attach(std::unique_ptr<net::channel> connection) {
  channel_ = std::move(connection);
  channel_->start(*this);
}

void local_stream::owe(std::size_t count) {
  owed_ += count;
  home_.counters().bytes_in += count;
}

void local_stream::settle() {
  if (core_ == nullptr || !channel_)
    return;
  auto unsent = channel_->unsent();
  if (owed_ <= unsent)
    return;
  auto passed_on = owed_ - unsent;
  owed_ = unsent;
  core_->consumed(id_, passed_on, now());
}

void local_stream::settle_all() {
  if (core_ != nullptr)
    core_->consumed(id_, std::exchange(owed_, 0), now());
}

void local_stream::end_if_over() {
  if (gone_ || core_ == nullptr || !finishing_ || !to_visitor_.empty() || !visitor_ended_)
    return;
  core_ = nullptr; // what is queued there still leaves
  if (channel_)
    channel_->close_gently(linger);
  leave();
}

void local_stream::on_reset(errc) {
  core_ = nullptr;
  hang_up();
  leave();
}

void local_stream::leave() {
  dial_.reset();
  if (!std::exchange(gone_, true))
    home_.retire(*this);
}

} // namespace serverme::cli
