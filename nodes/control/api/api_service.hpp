// From a request line and a key to a resource's answer.
#pragma once

#include "nodes/control/api/key_check.hpp"
#include "nodes/control/api/router.hpp"

#include <span>
#include <string_view>

namespace serverme::control {

/// What a connection read.
struct received_request {
  std::string_view method;
  /// "/path?query".
  std::string_view target;
  /// Empty: it was not sent.
  std::string_view authorization;
  bool is_upgrade = false;
};

struct served_answer {
  api_answer answer;
  key_owner owner;
};

class api_service {
public:
  explicit api_service(api_context& context);

  /// `reply` is called exactly once, on the loop.
  void answer(const received_request& what, std::function<void(served_answer)> reply);

private:
  void run(const resource& found, api_request request, std::function<void(served_answer)> reply);

  api_context& context_;
  const std::span<const resource> resources_;
  key_check keys_;
};

} // namespace serverme::control
