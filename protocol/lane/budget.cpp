#include "protocol/lane/budget.hpp"

#include <algorithm>

namespace serverme::lane {

bool window_budget::try_take(std::size_t bytes) noexcept {
  if (used_ + bytes > limit_)
    return false;
  if (parent_ != nullptr && !parent_->try_take(bytes))
    return false;
  used_ += bytes;
  return true;
}

void window_budget::take(std::size_t bytes) noexcept {
  used_ += bytes;
  if (parent_ != nullptr)
    parent_->take(bytes);
}

void window_budget::give_back(std::size_t bytes) noexcept {
  used_ -= std::min(used_, bytes);
  if (parent_ != nullptr)
    parent_->give_back(bytes);
}

} // namespace serverme::lane
