#include "cli/output/paced_writer.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace serverme::cli {

namespace {

// A pipe that poll() calls writable takes this much without blocking (PIPE_BUF of Linux).
constexpr std::size_t piece_bytes = 4096;
constexpr milliseconds retry_after{50};

// The descriptor is shared with whoever started us, so it is asked instead of made non-blocking.
bool is_writable(int descriptor, milliseconds patience) {
  pollfd what{.fd = descriptor, .events = POLLOUT, .revents = 0};
  return ::poll(&what, 1, static_cast<int>(patience.count())) > 0;
}

} // namespace

paced_writer::paced_writer(net::event_loop& loop, int descriptor)
  : loop_{loop},
    descriptor_{descriptor},
    self_{std::make_shared<paced_writer*>(this)},
    at_turn_end_{loop, [this] { write_on(); }} {}

bool paced_writer::write(std::string_view text) {
  if (waiting_.size() + text.size() > waiting_bytes_max)
    return false;
  waiting_.append(text);
  at_turn_end_.request();
  return true;
}

void paced_writer::write_on() {
  write_some();
  if (!waiting_.empty())
    write_later();
}

void paced_writer::write_some() {
  while (!waiting_.empty() && is_writable(descriptor_, milliseconds{0})) {
    auto piece = waiting_.view().first(std::min(piece_bytes, waiting_.size()));
    auto written = ::write(descriptor_, piece.data(), piece.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0 && errno == EAGAIN)
      return;
    if (written < 0)
      return waiting_.clear(); // the reader is gone; the tunnels go on
    waiting_.consume(static_cast<std::size_t>(written));
  }
}

void paced_writer::write_later() {
  if (attempt_due_)
    return;
  attempt_due_ = true;
  loop_.after(retry_after, [weak = std::weak_ptr{self_}] {
    auto self = weak.lock();
    if (!self)
      return;
    (*self)->attempt_due_ = false;
    (*self)->write_on();
  });
}

void paced_writer::drain(milliseconds limit) {
  auto until = loop_.now() + limit;
  write_some();
  while (!waiting_.empty() && loop_.now() < until) {
    auto left = std::chrono::ceil<milliseconds>(until - loop_.now());
    if (is_writable(descriptor_, left))
      write_some();
  }
}

} // namespace serverme::cli
