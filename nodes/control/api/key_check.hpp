// Whose key is this? Asked with every request, and remembered for a moment.
#pragma once

#include "nodes/control/api/api_call.hpp"

#include <string_view>
#include <unordered_map>

namespace serverme::control {

class key_check {
public:
  explicit key_check(api_context& context) : context_{context} {}

  /// `authorization`: the header's value, "Bearer sm_live_...".
  /// @errors api_unauthorized, key_invalid, database_unavailable, control_unavailable
  void find_owner(std::string_view authorization, std::function<void(result<key_owner>)> answered);

private:
  struct known_key {
    key_owner owner;
    time_point until{};
  };

  void remember(const std::string& hash, const key_owner& owner, time_point until);

  api_context& context_;
  /// By hash: no key stays in memory.
  std::unordered_map<std::string, known_key> known_;
};

} // namespace serverme::control
