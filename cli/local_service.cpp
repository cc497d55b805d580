#include "cli/local_service.hpp"

#include <utility>

namespace serverme::cli {

namespace {

// Development servers sign for themselves, and the bytes do not leave this machine's owner: their
// certificates are not checked.
result<net::ssl_context> context_for(const local_target& where) {
  if (where.security == local_security::plain)
    return net::ssl_context{};
  return net::make_client_context({.alpn = {"http/1.1"}, .verify_peer = false});
}

} // namespace

local_service::local_service(net::event_loop& loop, local_target where)
  : loop_{loop}, where_{std::move(where)}, tls_{context_for(where_)} {}

std::unique_ptr<local_dial> local_service::dial(local_dial::on_done done) {
  return std::make_unique<local_dial>(loop_, where_, tls_, std::move(done));
}

} // namespace serverme::cli
