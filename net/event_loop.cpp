#include "net/event_loop.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <utility>

namespace serverme::net {

namespace asio = boost::asio;

turn_task::turn_task(event_loop& loop, std::function<void()> run)
  : loop_{loop}, run_{std::move(run)} {}

turn_task::~turn_task() {
  if (!requested_)
    return;
  auto* gone = static_cast<turn_task*>(nullptr);
  std::replace(loop_.turn_.begin(), loop_.turn_.end(), this, gone);
  std::replace(loop_.ending_.begin(), loop_.ending_.end(), this, gone);
}

void turn_task::request() {
  if (std::exchange(requested_, true))
    return;
  loop_.turn_.push_back(this);
  if (!std::exchange(loop_.turn_posted_, true))
    asio::post(loop_.context_, [&loop = loop_] { loop.end_turn(); });
}

void event_loop::end_turn() {
  turn_posted_ = false;
  ending_.swap(turn_);
  // A task may destroy others (their entry becomes null) or ask again (for the next turn).
  for (std::size_t i = 0; i < ending_.size(); ++i) {
    auto* task = std::exchange(ending_[i], nullptr);
    if (task == nullptr)
      continue;
    task->requested_ = false;
    task->run_();
  }
  ending_.clear();
}

struct ticker::state : std::enable_shared_from_this<state> {
  state(event_loop& on, milliseconds every, std::function<void(time_point)> call)
    : timer{on.context()}, loop{on}, period{every}, tick{std::move(call)} {}

  void wait() {
    timer.expires_after(period);
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (error || self->stopped)
        return;
      self->tick(self->loop.now());
      if (!self->stopped)
        self->wait();
    });
  }

  asio::steady_timer timer;
  event_loop& loop;
  milliseconds period;
  std::function<void(time_point)> tick;
  bool stopped = false;
};

ticker::ticker(event_loop& loop, milliseconds period, std::function<void(time_point)> tick)
  : state_{std::make_shared<state>(loop, period, std::move(tick))} {
  state_->wait();
}

ticker::~ticker() {
  // A callback that is queued already, or runs right now, holds the state.
  state_->stopped = true;
  state_->timer.cancel();
}

event_loop::event_loop() : work_{asio::make_work_guard(context_)} {}
event_loop::~event_loop() = default;

void event_loop::end_delivery() {
  delivering_ = false;
  for (const auto& who : delivered_)
    who->on_delivery_end();
  delivered_.clear();
}

void event_loop::run() { context_.run(); }

void event_loop::stop() {
  asio::post(context_, [this] { context_.stop(); });
}

void event_loop::post(std::function<void()> task) { asio::post(context_, std::move(task)); }

void event_loop::after(milliseconds delay, std::function<void()> task) {
  auto timer = std::make_shared<asio::steady_timer>(context_, delay);
  timer->async_wait([timer, task = std::move(task)](const boost::system::error_code& error) {
    if (!error)
      task();
  });
}

} // namespace serverme::net
