// An agent that has connected and not been let in yet: one HELLO, bounded in size and time.
#pragma once

#include "net/channel.hpp"
#include "nodes/edge/edge_loop.hpp"
#include "nodes/edge/stranger.hpp"

#include <memory>
#include <optional>

namespace serverme::edge {

class agent_greeting final : public resident, net::channel_user {
public:
  agent_greeting(edge_loop& home, std::unique_ptr<net::channel> agent);
  void start();

  void on_tick(time_point now) override;
  void on_shutdown() override;

private:
  void on_secured() override;
  void on_bytes(bytes_view bytes) override;
  void on_end() override { on_shutdown(); }
  void on_sent() override {}
  void on_closed(const failure&) override { on_shutdown(); }

  /// What its hello offered and we take.
  struct terms {
    std::uint16_t version = 0;
    std::uint32_t window = 0;
  };

  /// @errors those of the frame; false: more bytes are needed
  result<bool> read_hello(lane::hello& into) const;
  void ask(const lane::hello& hello);
  void let_in(const admission& who, terms agreed);
  void turn_away(const failure& why);
  /// No answer reaches this any more.
  void retire();

  edge_loop& home_;
  std::unique_ptr<net::channel> channel_;
  byte_queue received_;
  time_point began_;
  /// Answers come when this may be gone.
  std::shared_ptr<agent_greeting*> self_;
  std::optional<stranger> place_;
  bool asked_ = false;
};

} // namespace serverme::edge
