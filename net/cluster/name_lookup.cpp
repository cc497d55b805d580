#include "net/cluster/name_lookup.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace serverme::net {

namespace {

using addresses = std::vector<std::string>;

bool is_numeric(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  return ::inet_pton(AF_INET, host.c_str(), ignored.data()) == 1
         || ::inet_pton(AF_INET6, host.c_str(), ignored.data()) == 1;
}

} // namespace

result<addresses> name_lookup::ask_system(const std::string& name) {
  addrinfo hints{}, *list = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  if (auto code = ::getaddrinfo(name.c_str(), nullptr, &hints, &list); code != 0)
    return fail(errc::server_unreachable, name + ": " + ::gai_strerror(code));
  std::unique_ptr<addrinfo, decltype([](addrinfo* all) { ::freeaddrinfo(all); })> owner{list};
  addresses out;
  for (const auto* each = list; each != nullptr; each = each->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(each->ai_addr, each->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST)
        == 0)
      out.emplace_back(text.data());
  }
  return out;
}

/// Shared with threads that may outlive everything else.
struct name_lookup::state : std::enable_shared_from_this<state> {
  struct question {
    std::string name;
    on_found found;
  };

  void begin(question asked) {
    ++running;
    // The call is copied into the loop's task only: it must not die on the other thread.
    auto call = std::make_shared<on_found>(std::move(asked.found));
    try {
      std::thread{[self = shared_from_this(), name = asked.name, call]() mutable {
        auto outcome = self->ask(name);
        self->post([self, call = std::move(call), outcome = std::move(outcome)]() mutable {
          self->end(*call, std::move(outcome));
        });
      }}.detach();
    } catch (const std::system_error& why) {
      std::string text = why.what();
      post([self = shared_from_this(), call, text] {
        self->end(*call, fail(errc::server_unreachable, "no thread to look a name up: " + text));
      });
    }
  }

  void post(std::function<void()> task) {
    std::lock_guard guard{mutex};
    if (loop)
      loop->post(std::move(task));
  }

  void end(const on_found& found, result<addresses> outcome) {
    --running;
    if (!waiting.empty()) {
      auto next = std::move(waiting.front());
      waiting.pop_front();
      begin(std::move(next));
    }
    found(std::move(outcome));
  }

  std::mutex mutex; // for `loop`
  event_loop* loop = nullptr;
  resolver ask;
  std::size_t at_once_max = 0;
  // Of the loop.
  std::size_t running = 0;
  std::deque<question> waiting;
};

name_lookup::name_lookup(event_loop& loop, resolver ask, std::size_t at_once_max)
  : state_{std::make_shared<state>()} {
  state_->loop = &loop;
  state_->ask = std::move(ask);
  state_->at_once_max = at_once_max;
}

name_lookup::~name_lookup() {
  std::lock_guard guard{state_->mutex};
  state_->loop = nullptr;
  state_->waiting.clear();
}

void name_lookup::find(std::string name, on_found found) {
  if (is_numeric(name) || name == "localhost") // which the dialer knows (RFC 6761)
    return state_->post([name, found = std::move(found)] { found(addresses{name}); });
  if (state_->running < state_->at_once_max)
    return state_->begin({std::move(name), std::move(found)});
  state_->waiting.push_back({std::move(name), std::move(found)});
}

} // namespace serverme::net
