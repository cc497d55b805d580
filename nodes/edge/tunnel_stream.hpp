// A visitor's channel on one side, a stream of a lane on the other, and the back-pressure between.
// What the bytes mean is up to those who derive from it.
#pragma once

#include "net/channel.hpp"
#include "nodes/edge/agent_session.hpp"
#include "nodes/edge/edge_loop.hpp"
#include "nodes/edge/unsent_charge.hpp"

#include <memory>
#include <optional>

namespace serverme::edge {

class tunnel_stream : public resident, protected net::channel_user, protected lane::stream_handler {
public:
  tunnel_stream(edge_loop& home, std::unique_ptr<net::channel> visitor);
  ~tunnel_stream() override;

  void on_change() override;
  bool is_busy() const override { return has_stream(); }
  void on_shutdown() override;

protected:
  enum class outcome : unsigned char { opened, moved, waiting, refused };

  /// Finds the target and opens a stream that begins with `first`: to the agent, or to another edge
  /// that has a lane of it. When its session lives on another loop, the connection moves there
  /// (move_to()); when its agent is away, this visitor waits and on_change() looks again.
  /// `refused`: nobody will come, see why().
  outcome open(const route& where, bytes_view first);
  const failure& why() const noexcept { return why_; }
  /// Called again, when a lane came: the visitor repeats what led to open().
  virtual void look_again() = 0;
  /// Makes the same kind of visitor on another loop. Called there.
  virtual std::function<void(edge_loop&, std::unique_ptr<net::channel>)> mover() = 0;

  bool is_waiting() const noexcept { return waiting_; }
  time_point waiting_since() const noexcept { return waiting_since_; }
  void stop_waiting();

  bool has_stream() const noexcept { return core_ != nullptr; }
  /// The last one that was opened goes over another edge.
  bool was_forwarded() const noexcept { return forwarded_; }
  /// To the agent; what the window does not take waits here, and reading pauses.
  void send(bytes_view bytes);
  /// No more bytes to the agent, after what waits.
  void finish_stream();
  /// Over in both directions; nothing happens to a stream that has ended by itself.
  void reset_stream(errc why);
  /// The lane has given the stream up: it is not ours any more.
  void forget_stream();
  /// Bytes for the agent wait: the local service is the slow one.
  bool is_blocked() const noexcept { return !to_agent_.empty(); }

  /// Looks whether the visitor may be read from now.
  virtual void regulate() = 0;

  // Raw bytes both ways, each way ending by itself (TCP, TLS, an upgraded connection).
  /// The visitor's last byte came.
  void end_to_agent();
  /// The agent's last byte came.
  void end_to_visitor();
  /// Both ways have ended, and the agent's lane has taken everything.
  virtual void on_both_ended() = 0;

  /// To be called for every byte that on_data() delivered, whatever became of it.
  void owe(std::size_t count) noexcept { owed_ += count; }
  /// Gives back credit for what the visitor's socket has taken.
  void settle();

  edge_loop& home() noexcept { return home_; }
  net::channel& visitor() noexcept { return *channel_; }
  /// Leaves the loop; what the visitor has not taken yet still gets to him. @post has_left()
  void leave();
  /// Closes with a reset: what the visitor got is not all.
  void abort();
  /// Nothing may be done with the visitor any more.
  bool has_left() const noexcept { return gone_; }

private:
  void on_writable() override;
  outcome wait();
  void move(edge_loop& there);
  bool have_both_ended() const noexcept;

  edge_loop& home_;
  std::unique_ptr<net::channel> channel_;
  lane::core* core_ = nullptr;
  lane::stream_id stream_ = 0;
  lane::window_budget* budget_ = nullptr; // of the account that serves this visitor
  unsent_charge charge_;
  byte_queue to_agent_;
  std::size_t owed_ = 0;
  failure why_{};
  time_point waiting_since_{};
  bool finishing_ = false;
  bool forwarded_ = false;
  bool waiting_ = false;
  bool gone_ = false;
  bool visitor_ended_ = false;
  bool agent_ended_ = false;
};

} // namespace serverme::edge
