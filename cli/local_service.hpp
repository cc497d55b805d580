// What a tunnel leads to: how to reach it, and the connections to it that are warm.
#pragma once

#include "cli/local_dial.hpp"
#include "cli/local_pool.hpp"

#include <memory>

namespace serverme::cli {

class local_service {
public:
  local_service(net::event_loop& loop, local_target where);

  local_pool& pool() noexcept { return pool_; }
  std::unique_ptr<local_dial> dial(local_dial::on_done done);

private:
  net::event_loop& loop_;
  local_target where_;
  result<net::ssl_context> tls_;
  local_pool pool_;
};

} // namespace serverme::cli
