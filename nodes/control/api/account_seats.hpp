// So many of something at once, for each account and for all: who keeps calls open leaves room for
// others. Used on one thread, apart from what is counted.
#pragma once

#include "protocol/ids.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>

namespace serverme::control {

class account_seats {
public:
  /// Given back when the last copy goes.
  using seat = std::shared_ptr<const void>;

  account_seats(std::size_t each_max, std::size_t all_max)
    : each_max_{each_max}, all_max_{all_max} {}

  /// false: there is none left for him, which is counted.
  bool take(account_id who) {
    auto found = taken_->by_account.find(who.value);
    auto his = found == taken_->by_account.end() ? 0 : found->second;
    if (his >= each_max_ || taken_->all >= all_max_) {
      ++refused_;
      return false;
    }
    ++taken_->by_account[who.value];
    ++taken_->all;
    return true;
  }

  /// Of one that was taken before, once. Apart from take(), for what is handed to another thread
  /// must not hold a seat.
  seat hold(account_id who) const {
    return {nullptr, [taken = taken_, who](const void*) {
              --taken->all;
              if (--taken->by_account[who.value] == 0)
                taken->by_account.erase(who.value);
            }};
  }

  std::uint64_t refused() const noexcept { return refused_; }

private:
  struct count {
    std::map<std::int64_t, std::size_t> by_account;
    std::size_t all = 0;
  };

  const std::size_t each_max_;
  const std::size_t all_max_;
  std::atomic<std::uint64_t> refused_ = 0;
  /// Shared: a connection may end after us.
  std::shared_ptr<count> taken_ = std::make_shared<count>();
};

} // namespace serverme::control
