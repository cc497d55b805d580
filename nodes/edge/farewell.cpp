#include "nodes/edge/farewell.hpp"

#include <utility>

namespace serverme::edge {

namespace {

// For the visitor to close too, after he has everything.
constexpr milliseconds linger{2'000};

} // namespace

farewell::farewell(edge_loop& home, std::unique_ptr<net::channel> visitor, unsent_charge charge)
  : home_{home}, channel_{std::move(visitor)}, charge_{std::move(charge)}, moved_{home.now()} {}

void farewell::start() {
  channel_->set_user(*this);
  channel_->finish();
  // What he still says is dropped; left unread, it would turn our end into a reset.
  channel_->resume_reading();
}

void farewell::on_sent() {
  moved_ = home_.now();
  charge_.shrink_to(channel_->unsent());
  if (channel_->unsent() > 0)
    return;
  channel_->close_gently(linger);
  home_.retire(*this);
}

void farewell::on_tick(time_point now) {
  if (now - moved_ >= home_.limits().stalled_timeout)
    on_shutdown();
}

void farewell::on_shutdown() {
  channel_->abort();
  home_.retire(*this);
}

void say_farewell(edge_loop& home, std::unique_ptr<net::channel> visitor, unsent_charge charge) {
  if (!visitor->is_open() || visitor->unsent() == 0)
    visitor->close_gently(linger);
  else if (home.has_ended())
    visitor->abort(); // a plain end would look as if it were all
  else
    home.admit(std::make_unique<farewell>(home, std::move(visitor), std::move(charge))).start();
}

} // namespace serverme::edge
