// A visitor of another edge and his agent here: a stream of each one's lane, joined.
#pragma once

#include "nodes/edge/resident.hpp"
#include "protocol/bytes.hpp"
#include "protocol/lane/core.hpp"
#include "protocol/time.hpp"

#include <cstddef>

namespace serverme::edge {

class edge_loop;

/// Bytes pass from one lane to the other as the other's window takes them, and only then is the
/// first one's given back: what waits here is a window at most. Each way ends by itself, a reset
/// passes with its reason. While the agent is away the stream waits, as a visitor here would; to
/// another edge it never goes on.
class relay_stream final : public resident {
public:
  /// `message` names the session, whose home loop this is.
  relay_stream(edge_loop& home, lane::core& peer, lane::stream_id id, lane::open message);
  ~relay_stream() override;

  /// What came with OPEN. It may be over when this returns.
  void begin(bytes_view first);
  lane::stream_handler* peer_side() noexcept { return &peer_; }

  void on_tick(time_point now) override;
  void on_change() override;
  void on_endpoint_gone(endpoint_id endpoint) override;
  void on_drain() override;
  bool is_busy() const override { return true; }
  void on_shutdown() override;

private:
  /// One of the two streams, and what still has to go out there.
  class end_of final : public lane::stream_handler {
  public:
    end_of(relay_stream& whole, end_of& other) : whole_{whole}, other_{other} {}

    void on_data(bytes_view bytes) override;
    void on_finish() override;
    void on_writable() override;
    void on_reset(errc why) override;

    bool is_open() const noexcept { return core_ != nullptr; }
    void attach(lane::core& core, lane::stream_id id) noexcept;
    /// It is not ours any more.
    void detach() noexcept { core_ = nullptr; }
    void reset(errc why);
    /// The other end has taken so many of ours.
    void give_back(std::size_t count);
    /// Bytes of the other end. @returns how many have gone out at once; the rest waits
    std::size_t send(bytes_view bytes);
    /// The other end will send no more.
    void finish();
    bool has_finished() const noexcept { return finished_ && unsent_.empty(); }

    byte_queue& unsent() noexcept { return unsent_; }

  private:
    relay_stream& whole_;
    end_of& other_;
    lane::core* core_ = nullptr;
    lane::stream_id id_ = 0;
    byte_queue unsent_;
    bool finished_ = false;
  };

  void connect();
  void wait();
  void stop_waiting();
  /// Both ways have ended, and both lanes have everything.
  void end_if_over();
  void cut(errc why);
  void retire();

  edge_loop& home_;
  lane::open message_;
  end_of peer_{*this, agent_};
  end_of agent_{*this, peer_};
  time_point waiting_since_{};
  bool waiting_ = false;
  bool over_ = false;
};

} // namespace serverme::edge
