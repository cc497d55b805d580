// A small site to open a first tunnel to: shows how a request arrived, and a clock that streams.
#pragma once

#include "net/event_loop.hpp"
#include "net/listener.hpp"
#include "protocol/http1/head.hpp"

#include <memory>
#include <string>

namespace serverme::servermed {

class demo_site {
public:
  /// On `loop`, which outlives it.
  /// @errors listen_failed
  static result<std::unique_ptr<demo_site>> open(net::event_loop& loop, const net::address& where);
  ~demo_site();

  net::address address() const;

  struct state; // what its visitors share

private:
  explicit demo_site(std::shared_ptr<state> made);
  std::shared_ptr<state> state_;
};

/// The page for a request: HTML that has its head in it, escaped.
std::string demo_page(const http1::request_head& head);

} // namespace serverme::servermed
