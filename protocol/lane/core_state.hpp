// What a lane core remembers. For core*.cpp only: input, output and windows are a file each.
//
// Handlers may call back into the core from any of their functions, and end any stream there: after
// a handler was called, a stream is looked up again before it is touched.
#pragma once

#include "protocol/lane/core.hpp"

#include <array>
#include <optional>
#include <unordered_map>
#include <vector>

namespace serverme::lane {

/// A peer that grants more than this for one stream is broken (as HTTP/2's 2^31 - 1).
inline constexpr std::uint64_t credit_max = 1UL << 31;

struct stream {
  stream_handler* handler = nullptr;

  // Towards the peer.
  byte_queue queue;         // waits for its turn
  std::uint64_t credit = 0; // what the peer still lets us send, beyond what is queued
  bool in_ring = false;     // its queue is not empty
  bool wants_room = false;  // write() took less than it was given
  bool finishing = false;   // finish() was called
  bool fin_sent = false;

  // From the peer. Always: window == receivable + held + owed.
  std::uint32_t window = 0;       // what the budget was charged for
  window_budget* payer = nullptr; // charged for it as well
  std::uint32_t receivable = 0;   // the peer may still send it
  std::uint32_t held = 0;         // came, and the handler has not passed it on
  std::uint32_t owed = 0;         // passed on, and the peer does not know
  bool window_due = false;        // it will, with the next fill()
  bool fin_received = false;

  // How fast a window comes and is passed on.
  std::uint64_t round_bytes = 0;
  time_point round_began{};
};

struct core::state {
  using stream_map = std::unordered_map<stream_id, stream>;

  state(side which, core_limits bounds, lane_handler& who, window_budget& from)
    : me{which}, limits{bounds}, handler{who}, budget{from} {}

  // Streams (core.cpp).
  stream* find(stream_id id) noexcept;
  stream& add(stream_id id, stream_handler* who);
  void remove(stream_id id);
  /// What was charged for its window.
  void give_back(const stream& s) noexcept;
  /// After a FIN either way: both ways ended is the end of the stream.
  void forget_if_over(stream_id id);
  bool was_opened(stream_id id) const noexcept;
  void release_idle_buffers(time_point now);

  // Input (core_input.cpp).
  result<done> take_header(bytes_view& bytes);
  result<done> begin_frame();
  result<done> take_payload(bytes_view piece, time_point now);
  result<done> end_frame(time_point now);
  result<done> on_frame(bytes_view payload, time_point now);
  result<done> on_open(bytes_view payload, time_point now);
  result<done> begin_stream(open_parts& parts, time_point now);
  result<done> on_rst(bytes_view payload);
  result<done> on_ping(bytes_view payload, time_point now);

  // Windows (core_windows.cpp).
  result<done> on_window(bytes_view payload);
  void hold(stream& s, std::size_t count, time_point now);
  void grow(stream& s, std::size_t count, time_point now);
  /// @returns false when the budget has no room for it
  bool widen(stream& s, std::uint32_t window);
  void announce(stream_id id, stream& s);
  void fill_windows(byte_queue& out);
  void ping(time_point now);

  // Output (core_output.cpp).
  void begin_tail(const frame_header& header);
  void set_tail_length();
  std::size_t extend_tail(stream& to, bytes_view bytes);
  std::size_t write_direct(stream_id id, stream& to, bytes_view bytes);
  void send_fin(stream_id id, stream& of);
  void send_rst(stream_id id, errc why);
  bool is_clogged() const noexcept;
  bool has_output() const noexcept;
  void join_ring(stream_id id, stream& who);
  void leave_ring(stream_id id, stream& who);
  void take_turns(byte_queue& out, std::size_t limit);
  void take_turn(stream_id id, stream& s, byte_queue& out);
  void tell_who_has_room();
  void signal();

  side me;
  core_limits limits;
  lane_handler& handler;
  window_budget& budget;
  core_counters counters;
  bool dead = false;
  bool signalled = false; // on_output() was called, and what it spoke of still waits for fill()

  stream_map streams;
  std::vector<stream_map::node_type> spare; // a stream that ended serves the next one
  stream_id last_id = 0;
  std::optional<std::uint32_t> peer_window; // nothing before the peer's greeting

  // The frame that is being read.
  std::array<std::byte, header_bytes> head;
  std::size_t head_size = 0;
  frame_header frame;
  std::size_t left = 0;
  bool in_frame = false;
  bool skipping = false;
  byte_queue assembled; // a control frame that came in pieces

  // What waits for fill(), in this order.
  byte_queue control;                // HELLO, PING and the like
  std::vector<stream_id> window_ids; // each gets a WINDOW
  byte_queue batch;                  // frames of streams, in the order in which they were made
  std::vector<stream_id> ring;       // streams that take turns
  std::size_t turn = 0;              // the next one, in the ring
  // The last frame of the batch may still grow.
  std::size_t tail = 0;
  std::optional<stream_id> tail_stream;
  std::vector<stream_id> with_room; // to be told; kept for its memory

  std::uint64_t ping_count = 0;
  time_point ping_sent{};
  bool ping_open = false;
  microseconds round_trip{0};
  std::uint32_t proven_window = 0; // the largest that a reader on this lane has kept up with
  time_point released_at{};
};

} // namespace serverme::lane
