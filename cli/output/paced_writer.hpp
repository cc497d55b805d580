// Writes to a terminal or a pipe without ever waiting for who reads it.
//
// The agent lives on one loop: a terminal that was stopped with Ctrl+S must not stop its tunnels.
#pragma once

#include "net/event_loop.hpp"
#include "protocol/bytes.hpp"

#include <memory>
#include <string_view>

namespace serverme::cli {

class paced_writer {
public:
  /// What waits for a reader at most.
  static constexpr std::size_t waiting_bytes_max = 256 * 1024;

  /// `descriptor` stays open as long as the writer lives.
  paced_writer(net::event_loop& loop, int descriptor);

  /// All of it, at the end of the turn or later; or nothing: false when too much waits already. The
  /// lines of a turn are one call to the kernel.
  bool write(std::string_view text);
  bool is_clear() const noexcept { return waiting_.empty(); }
  /// At the end of the program: waits for the reader, but not for long.
  void drain(milliseconds limit);

private:
  void write_on();
  void write_some();
  void write_later();

  net::event_loop& loop_;
  int descriptor_;
  byte_queue waiting_;
  /// Alive while a later attempt may still find us.
  std::shared_ptr<paced_writer*> self_;
  bool attempt_due_ = false;
  net::turn_task at_turn_end_;
};

} // namespace serverme::cli
