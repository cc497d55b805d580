// Where visitors find an endpoint: its host, and the URLs that are shown for it.
#pragma once

#include "protocol/endpoint.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace serverme {

/// How the outside reaches this edge; behind a port forwarding these are not the ports it listens
/// on.
struct public_addresses {
  std::string domain = "localhost";
  std::uint16_t http_port = 80;
  /// HTTPS and TLS passthrough.
  std::uint16_t https_port = 443;
};

/// The host that visitors of an http or tls endpoint name.
inline std::string host_of(std::string_view name, const public_addresses& edge) {
  return std::string{name} + "." + edge.domain;
}

/// The one to show first is the first. `name`: of http and tls; `port`: of tcp.
inline std::vector<std::string> urls_of(endpoint_kind kind, std::string_view name,
                                        std::uint16_t port, const public_addresses& edge) {
  auto with_port = [](std::string url, std::uint16_t number, std::uint16_t usual) {
    return number == usual ? url : url + ":" + std::to_string(number);
  };
  switch (kind) {
    case endpoint_kind::http:
      return {with_port("http://" + host_of(name, edge), edge.http_port, 80),
              with_port("https://" + host_of(name, edge), edge.https_port, 443)};
    case endpoint_kind::tcp: return {"tcp://" + edge.domain + ":" + std::to_string(port)};
    case endpoint_kind::tls:
      return {"tls://" + host_of(name, edge) + ":" + std::to_string(edge.https_port)};
  }
  return {};
}

} // namespace serverme
