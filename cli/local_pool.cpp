#include "cli/local_pool.hpp"

#include <utility>

namespace serverme::cli {

local_pool::kept::kept(local_pool& owner, std::unique_ptr<net::channel> connection)
  : pool{owner}, channel{std::move(connection)}, since{channel->loop().now()} {
  channel->set_user(*this);
  channel->resume_reading();
}

std::unique_ptr<net::channel> local_pool::take() {
  while (!kept_.empty()) {
    auto last = std::move(kept_.back().channel);
    kept_.pop_back();
    if (last->is_open())
      return last;
  }
  return nullptr;
}

std::unique_ptr<net::channel> local_pool::take_checked() {
  while (auto last = take())
    if (!last->has_news())
      return last;
  return nullptr;
}

void local_pool::put(std::unique_ptr<net::channel> connection) {
  kept_.emplace_back(*this, std::move(connection));
  if (kept_.size() > limits_.kept_max)
    kept_.pop_front();
}

void local_pool::on_tick(time_point now) {
  while (!kept_.empty() && now - kept_.front().since >= limits_.idle_timeout)
    kept_.pop_front();
}

void local_pool::drop(const kept& which) {
  kept_.remove_if([&](const kept& entry) { return &entry == &which; });
}

} // namespace serverme::cli
