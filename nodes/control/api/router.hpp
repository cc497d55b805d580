// Which resource a request is for: a small table of methods and patterns.
#pragma once

#include "nodes/control/api/api_call.hpp"

#include <span>
#include <string_view>

namespace serverme::control {

enum class access { anyone, any_key, admins };

struct resource {
  std::string_view method;
  /// "/api/v1/tunnels/{}": {} stands for any one segment.
  std::string_view pattern;
  access needed;
  void (*answer)(api_context& context, const api_request& request, answer_with reply);
  /// Those that the query may have.
  std::span<const std::string_view> parameters = {};
};

/// Every call of the API.
std::span<const resource> api_resources() noexcept;
/// What a node tells whoever watches it.
std::span<const resource> health_resources() noexcept;

struct routed {
  /// nullptr: there is no such resource, or not with this method.
  const resource* found = nullptr;
  std::vector<std::string> ids;
  /// The methods that it has, when only the method is wrong: "GET, DELETE".
  std::string allow;
};

/// `path` without its query. HEAD is GET without a body.
routed find_resource(std::span<const resource> table, std::string_view method,
                     std::string_view path);

/// "a=1&b=x%20y". @errors api_bad_request: an escape that is none, or a name that comes twice
result<std::map<std::string, std::string>> parse_query(std::string_view text);

/// One that is misspelt would silently not be there. @errors api_bad_request: names it
result<done> check_parameters(const resource& what,
                              const std::map<std::string, std::string>& query);

} // namespace serverme::control
