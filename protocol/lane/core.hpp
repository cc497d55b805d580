// One side of one lane: streams, windows, fairness. No socket, no clock, no TLS.
//
// The shell feeds what it decrypted (on_bytes), tells how much of it was passed on (consumed),
// and takes frames to encrypt (fill). Nothing is allocated per frame once buffers are warm.
#pragma once

#include "protocol/lane/budget.hpp"
#include "protocol/lane/frame.hpp"
#include "protocol/lane/messages.hpp"
#include "protocol/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace serverme::lane {

enum class side : std::uint8_t { agent, edge };

struct core_limits {
  /// Streams open at once; OPEN beyond it is answered with RST too_busy.
  std::size_t streams_max = 1024;
  /// Bytes a peer may send on a new stream at once.
  std::uint32_t window_initial = 256 * 1024;
  /// A window grows up to this while its reader keeps up. 16 MiB carries 146 MB/s at 100 ms
  /// (measured).
  std::uint32_t window_max = 16 * 1024 * 1024;
  /// What one stream may have queued here for sending, beyond what fits into the batch.
  std::size_t stream_queue_max = 256UL * 1024;
  /// Until this much waits in the batch, and while nobody queues, a write goes there directly;
  /// else streams queue and take turns.
  std::size_t batch_bytes = 128UL * 1024;
  /// PING and the like that wait for a peer who does not read, and OPEN, RST and FIN beyond
  /// batch_bytes: more is an attack.
  std::size_t control_queue_max = 256UL * 1024;
};

/// What happens on one stream. Owned by whoever opened it; must outlive the stream, that is,
/// until on_reset, or until both sides have finished: what is queued then still leaves by itself.
class stream_handler {
public:
  /// Valid during the call only. Answer with core::consumed() as bytes are passed on.
  virtual void on_data(bytes_view bytes) = 0;
  /// The peer will send no more.
  virtual void on_finish() = 0;
  /// write() said less than asked before; now there is room.
  virtual void on_writable() = 0;
  /// The stream is gone in both directions. The last call.
  virtual void on_reset(errc why) = 0;

protected:
  ~stream_handler() = default;
};

/// What happens on the lane itself.
class lane_handler {
public:
  /// agent side: the edge opened a stream. Returns who handles it, or nullptr to refuse it
  /// (reset with `too_busy`). `first` has been counted against the window; on_data is not called
  /// for it: the handler gets it here and owes consumed() for it.
  virtual stream_handler* on_open(stream_id id, const open& message, bytes_view first) = 0;
  /// hello, bind, bound, unbind, goaway: parsed by whoever knows what to do with them.
  virtual void on_control(frame_type type, bytes_view payload) = 0;
  /// The answer to ping(): `round_trip` is measured on this lane.
  virtual void on_pong(microseconds round_trip) = 0;
  /// There is something for fill() to take. Called once until the next fill(), which does not
  /// happen from within: a handler may be in the middle of something.
  virtual void on_output() = 0;

protected:
  ~lane_handler() = default;
};

struct core_counters {
  std::uint64_t frames_in = 0, frames_out = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0; // payload of streams
  std::uint64_t streams_opened = 0, streams_refused = 0, streams_reset = 0;
  std::uint64_t windows_grown = 0, windows_refused = 0;
};

class core {
public:
  /// `budget` bounds the windows that this lane grants, together with its parents; it outlives
  /// the core. `handler` too.
  core(side which, core_limits limits, lane_handler& handler, window_budget& budget);
  ~core();
  core(const core&) = delete;
  core& operator=(const core&) = delete;

  /// Bytes from the peer, in pieces of any size. Handlers are called from within.
  /// @errors protocol_violation, frame_too_large, too_busy (a peer that makes us answer and does
  /// not read): drop the lane. The core is dead then: it ignores what still comes.
  result<done> on_bytes(bytes_view bytes, time_point now);

  /// True when fill() has something to give.
  bool has_output() const noexcept;
  /// Appends frames to `out`: control first, then streams in turn, a frame each, until about
  /// `limit` bytes are there. Calls on_writable where room appears. An empty `out` may come back
  /// with another buffer: a large batch is handed over, not copied.
  void fill(byte_queue& out, std::size_t limit);

  /// edge side. Opens a stream and sends `first` with it: no round trip. What OPEN has room for
  /// travels in it; `taken` says how much that was, the rest is for write().
  /// @errors too_busy, agent_lost
  result<stream_id> open_stream(const open& message, bytes_view first, std::size_t& taken,
                                stream_handler& handler);

  /// Would open_stream() find a place now?
  bool has_room() const noexcept;
  /// Few stream ids are left: open no more streams here, say goodbye. After some days of heavy use.
  bool is_used_up() const noexcept;

  /// Takes as many bytes as the window and the queue allow, possibly none; then on_writable
  /// follows. Nothing for a stream that is gone.
  std::size_t write(stream_id id, bytes_view bytes);
  /// After what was written, FIN.
  void finish(stream_id id);
  /// Both directions end now; what is queued is dropped. No handler is called. Nothing happens when
  /// both sides have finished: the end of a whole conversation is not dropped.
  void reset(stream_id id, errc why);
  /// The handler passed `count` bytes on: credit returns to the peer, and the window may grow.
  void consumed(stream_id id, std::size_t count, time_point now);

  /// The window of this stream counts against `payer` too, from now on; on a lane whose streams are
  /// of many accounts. What it was granted already counts in any case. `payer` outlives the core.
  void charge(stream_id id, window_budget& payer) noexcept;

  /// Queues a control frame. @errors too_busy when control_queue_max is reached: drop the lane.
  result<done> send_control(frame_type type, bytes_view payload);
  void ping(time_point now);

  /// The window the peer granted for new streams, from its hello or welcome. Before, nothing may be
  /// opened by the peer and nothing is sent beside OPEN.
  void set_peer_window(std::uint32_t bytes) noexcept;
  /// Resets every stream with `why` towards its handler; for a lane that was lost.
  void abandon(errc why);

  std::size_t streams() const noexcept;
  /// The last measured round trip; 0 before the first.
  microseconds round_trip() const noexcept;
  const core_counters& counters() const noexcept;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace serverme::lane
