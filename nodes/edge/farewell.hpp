// A visitor who has been answered and still has to take the end of it.
#pragma once

#include "net/channel.hpp"
#include "nodes/edge/edge_loop.hpp"
#include "nodes/edge/unsent_charge.hpp"

#include <memory>

namespace serverme::edge {

/// Closes gently once everything has left; with a reset when the visitor takes nothing for long.
class farewell final : public resident, net::channel_user {
public:
  /// `visitor` has unsent bytes, which `charge` counts.
  farewell(edge_loop& home, std::unique_ptr<net::channel> visitor, unsent_charge charge);
  void start();

  void on_tick(time_point now) override;
  bool is_busy() const override { return true; }
  void on_shutdown() override;

private:
  void on_bytes(bytes_view) override {}
  void on_end() override {}
  void on_sent() override;
  void on_closed(const failure&) override { home_.retire(*this); }

  edge_loop& home_;
  std::unique_ptr<net::channel> channel_;
  unsent_charge charge_;
  time_point moved_;
};

/// At once when nothing waits, else through a farewell. `visitor` is the caller's no more.
void say_farewell(edge_loop& home, std::unique_ptr<net::channel> visitor, unsent_charge charge);

} // namespace serverme::edge
