// One connection between nodes: a stranger until TLS and greeting have proven who it is, then a
// wire that carries BASP.
#pragma once

#include "net/channel.hpp"
#include "net/cluster/peer_options.hpp"
#include "net/cluster/wire_buffers.hpp"
#include "protocol/cluster/link_greeting.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace serverme::net {

class peer_connection;

/// Who knows all connections. Calls come from the loop.
class peer_judge {
public:
  /// The certificate is of our CA. @returns why it may still not be a peer
  virtual std::optional<peer_refusal> on_secured(peer_connection& who) = 0;
  /// He was accepted and said which run he is. Nothing: answer() is called later.
  virtual std::optional<link_greeting::verdict> on_greeting(peer_connection& who) = 0;
  /// From now on it is a wire.
  virtual void on_proven(peer_connection& who) = 0;
  /// It never was a wire. The last call.
  virtual void on_refused(peer_connection& who, peer_refusal why, const failure& what) = 0;
  /// It is a wire no longer. The last call.
  virtual void on_lost(peer_connection& who, peer_loss why, const failure& what) = 0;

protected:
  ~peer_judge() = default;
};

/// What both ends of a connection are told before it begins.
struct peer_setup {
  event_loop& loop;
  peer_judge& judge;
  const peer_limits& limits;
  node_identity self;
  process_start began;
};

class peer_connection final : public peer_wire,
                              channel_user,
                              public std::enable_shared_from_this<peer_connection> {
public:
  /// `dialed` is our side: whether he was dialed, or dials.
  peer_connection(const peer_setup& setup, stream_socket socket, basp_side dialed);

  // -- from the loop ----------------------------------------------------------

  void begin(tls_session tls);
  void on_tick(time_point now, wall_time date);
  /// The verdict on who was accepted. @pre awaits_verdict()
  void answer(link_greeting::verdict says);
  void refuse(peer_refusal why, const failure& what);
  void lose(peer_loss why, const failure& what);

  /// Whether he was dialed by us.
  bool was_dialed() const noexcept { return dialed_ == basp_side::dialed; }
  bool is_proven() const noexcept { return stage_ == stage::proven; }
  /// He has been asked whether he wants this connection.
  bool is_greeting() const noexcept { return stage_ == stage::greeting; }
  bool awaits_verdict() const noexcept { return stage_ == stage::judged; }
  const node_certificate& certificate() const noexcept { return certificate_; }
  const address& where() const noexcept { return where_; }
  time_point since() const noexcept { return since_; }
  const process_start& peer_began() const noexcept { return peer_began_; }
  /// When the last bytes came.
  time_point last_sign() const noexcept { return last_sign_; }
  std::uint64_t left_out() const noexcept { return gate_ ? gate_->left_out() : 0; }

  // -- peer_wire --------------------------------------------------------------

  const node_identity& peer() const noexcept override { return certificate_.identity; }
  run_number peer_run() const noexcept override { return peer_began_.run; }
  std::string peer_address() const override { return to_string(where_); }
  void start(std::function<void()> news) override { buffers_.start(std::move(news)); }
  bool take(byte_queue& into) override;
  void send(bytes_view bytes) override;
  void close() override;

  /// Any thread.
  std::uint64_t bytes_in() const noexcept { return bytes_in_; }
  std::uint64_t bytes_out() const noexcept { return bytes_out_; }

private:
  enum class stage : unsigned char { securing, greeting, judged, proven, ended };

  void on_secured() override;
  void on_bytes(bytes_view bytes) override;
  void on_end() override;
  void on_sent() override;
  void on_closed(const failure& why) override;

  void greet(link_greeting::verdict says);
  void hear_greeting();
  void obey(link_greeting::verdict says);
  void refuse_namesake();
  void prove();
  void hear_basp(bytes_view bytes);
  void send_out();
  void go(milliseconds linger);

  peer_setup setup_; // what it refers to is gone before the last wire: of the loop alone
  const std::size_t unsent_bytes_max_;
  basp_side dialed_;
  std::unique_ptr<channel> channel_; // of the loop alone; gone before the loop
  address where_;
  node_certificate certificate_;
  process_start peer_began_;
  stage stage_ = stage::securing;
  time_point since_, heard_, last_sign_;
  byte_queue greeting_;
  std::optional<basp_gate> gate_;
  byte_queue sending_;
  wire_buffers buffers_;
  bool paused_ = false;
  std::atomic<bool> wants_room_{false};
  std::atomic<std::size_t> unsent_{0};
  std::atomic<std::uint64_t> bytes_in_{0}, bytes_out_{0};
};

} // namespace serverme::net
