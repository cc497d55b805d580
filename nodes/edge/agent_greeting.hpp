// An agent that has connected and not been let in yet: one HELLO, bounded in size and time.
#pragma once

#include "net/channel.hpp"
#include "nodes/edge/edge_loop.hpp"

#include <memory>

namespace serverme::edge {

class agent_greeting final : public resident, net::channel_user {
public:
  agent_greeting(edge_loop& home, std::unique_ptr<net::channel> agent);
  void start();

  void on_tick(time_point now) override;
  void on_shutdown() override;

private:
  void on_bytes(bytes_view bytes) override;
  void on_end() override { on_shutdown(); }
  void on_sent() override {}
  void on_closed(const failure&) override;

  /// @errors those of the frame; false: more bytes are needed
  result<bool> read_hello(lane::hello& into) const;
  void ask(const lane::hello& hello);
  void let_in(const admission& who, const lane::hello& hello);
  void turn_away(const failure& why);

  edge_loop& home_;
  std::unique_ptr<net::channel> channel_;
  byte_queue received_;
  time_point began_;
  /// Answers come when this may be gone.
  std::shared_ptr<agent_greeting*> self_;
};

} // namespace serverme::edge
