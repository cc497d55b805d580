// What a channel remembers. For channel*.cpp only: reading and writing are a file each.
#pragma once

#include "net/channel.hpp"

#include <array>
#include <optional>
#include <vector>

namespace serverme::net {

// Small, since every idle connection has one; what does not fit is read into the loop's buffer in
// the same turn.
inline constexpr std::size_t first_read_bytes = 2048;

using boost::system::error_code;

inline failure lost(const error_code& error) { return fail(errc::stream_reset, error.message()); }

struct channel::state final : std::enable_shared_from_this<state>, delivery_end {
  state(event_loop& on, stream_socket from);

  // Reading (channel_reading.cpp).
  void read_next();
  void on_read(const error_code& error, std::size_t size);
  void take(std::size_t size);
  void resume();
  void begin();
  std::size_t read_more(std::span<std::byte> into);
  void deliver(bytes_view bytes);
  void decrypt(bytes_view bytes);
  void deliver_end();
  bool hears_last_words() const noexcept;
  void hear_last_words();

  // Writing (channel_writing.cpp).
  void send_now(bytes_view plain);
  void send_wire(bytes_view bytes);
  void flush_later();
  void end_turn();
  void await_room();
  void on_room();
  void half_close();
  void write_in_place(bytes_view bytes);
  void flush_in_place();
  void send_parts(std::size_t left);
  void on_delivery_end() override;

  // Ends (channel.cpp).
  void hand_over();
  void linger_on(milliseconds linger, std::size_t unsent, int stalls);
  void break_down(failure why);
  void close() noexcept;

  event_loop& loop;
  stream_socket socket;
  channel_user* user = nullptr;
  address peer, local;
  tls_session tls;
  byte_queue out;                   // as it goes to the socket
  byte_queue later;                 // plaintext, until the end of the turn
  std::vector<bytes_view> in_place; // lie in what is being delivered
  std::size_t in_place_bytes = 0;
  byte_queue early; // received before this channel was started
  std::function<void(parts)> releasing;
  std::optional<turn_task> later_task;
  std::array<std::byte, first_read_bytes> first;
  std::size_t held = 0; // bytes of `first` that came although the user had paused
  bool reading = false;
  bool paused = false;
  bool writing = false;
  bool finishing = false;
  bool finished = false;
  bool ended = false;
  bool lingering = false;
  bool broken = false;
};

} // namespace serverme::net
