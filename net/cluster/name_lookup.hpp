// Looks names up without holding anybody up: getaddrinfo blocks for as long as a resolver likes.
//
// Asio looks up one name at a time, and waits for it when it ends. Here each has a thread of its
// own, so many at once, which nobody waits for at the end.
#pragma once

#include "net/event_loop.hpp"
#include "protocol/result.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace serverme::net {

class name_lookup {
public:
  /// Numeric addresses of a name, in the order in which to try them. Blocks; called on any thread.
  using resolver = std::function<result<std::vector<std::string>>(const std::string& name)>;
  using on_found = std::function<void(result<std::vector<std::string>>)>;

  /// @errors server_unreachable
  static result<std::vector<std::string>> ask_system(const std::string& name);

  explicit name_lookup(event_loop& loop, resolver ask = ask_system, std::size_t at_once_max = 16);
  ~name_lookup();
  name_lookup(const name_lookup&) = delete;
  name_lookup& operator=(const name_lookup&) = delete;

  /// From the loop. `found` is called from it, later, unless this is destroyed before. Numeric
  /// addresses are not looked up. What is beyond `at_once_max` waits.
  void find(std::string name, on_found found);

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace serverme::net
