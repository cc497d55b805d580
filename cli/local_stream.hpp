// A stream of a lane on one side, a local connection on the other, and the back-pressure between.
// What the bytes mean is up to those who derive from it.
#pragma once

#include "cli/agent.hpp"
#include "cli/local_service.hpp"
#include "net/channel.hpp"
#include "protocol/http1/head.hpp"
#include "protocol/lane/core.hpp"

#include <memory>

namespace serverme::cli {

class local_stream;

/// Where streams live.
class stream_home {
public:
  virtual net::event_loop& loop() noexcept = 0;
  /// The stream is over: it is destroyed at the end of the turn.
  virtual void retire(local_stream& stream) = 0;
  virtual agent_counters& counters() noexcept = 0;
  virtual void on_exchange(const request_line& exchange) = 0;
  /// Memory that all streams use in turn.
  virtual http1::response_head& scratch() noexcept = 0;

protected:
  ~stream_home() = default;
};

class local_stream : public lane::stream_handler, protected net::channel_user {
public:
  /// `core` outlives the stream, or calls on_reset().
  local_stream(stream_home& home, lane::core& core, lane::stream_id id, local_service& service);
  virtual ~local_stream();
  local_stream(const local_stream&) = delete;
  local_stream& operator=(const local_stream&) = delete;

protected:
  stream_home& home() noexcept { return home_; }
  local_service& service() noexcept { return service_; }
  time_point now() noexcept { return home_.loop().now(); }

  // Towards the visitor.
  /// What the lane does not take waits here, and the local connection is not read meanwhile.
  void send(bytes_view bytes);
  /// FIN, after what waits.
  void finish_sending();
  /// RST: the visitor's side learns `why`; the local connection is closed. The stream is over.
  void reset(errc why);

  // Towards the local service.
  /// Connects; on_connected() or reset() follows.
  void dial();
  virtual void on_connected() = 0;
  /// The connection could not be made; resets the stream.
  virtual void on_unreachable(const failure& why);
  void attach(std::unique_ptr<net::channel> connection);
  bool is_connected() const noexcept { return channel_ != nullptr; }
  net::channel& connection() noexcept { return *channel_; }
  std::unique_ptr<net::channel> take_connection() noexcept { return std::move(channel_); }
  void drop_connection() noexcept { channel_.reset(); }
  /// Bytes came that the lane wants credit for.
  void owe(std::size_t count);
  /// Gives credit for what the connection has taken.
  void settle();
  /// Gives credit for everything: nobody waits for it any more.
  void settle_all();

  /// The visitor's side sent its last byte.
  void note_end_of_visitor() noexcept { visitor_ended_ = true; }
  bool has_visitor_ended() const noexcept { return visitor_ended_; }
  /// Both sides have finished and nothing waits here: the stream is over.
  void end_if_over();

private:
  void on_sent() override { settle(); }
  void on_writable() override;
  void on_reset(errc why) override;
  /// How a local connection ends when the visitor is gone.
  virtual void hang_up() noexcept = 0;
  void leave();

  stream_home& home_;
  lane::core* core_; // nullptr once the stream is over there
  lane::stream_id id_;
  local_service& service_;
  std::unique_ptr<local_dial> dial_;
  std::unique_ptr<net::channel> channel_;
  byte_queue to_visitor_;
  std::size_t owed_ = 0;
  bool finishing_ = false;
  bool visitor_ended_ = false;
  bool gone_ = false;
};

} // namespace serverme::cli
