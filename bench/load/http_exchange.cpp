#include "bench/load/http_exchange.hpp"

#include "protocol/http1/head.hpp"

namespace serverme::load {

std::optional<http_connection::head> http_connection::receive_head() {
  http1::response_head parsed;
  std::size_t filled = 0;
  std::size_t scanned = 0;
  for (;;) {
    auto received = socket_.receive(std::span{room_}.subspan(filled));
    if (received == 0)
      return {};
    filled += received;
    auto complete = http1::parse_response({room_.data(), filled}, {}, scanned, "GET", parsed);
    if (!complete)
      return {};
    if (!*complete)
      continue;
    auto body = filled - parsed.size;
    // The load asks for files and sinks only, which always say how long they are.
    if (parsed.body != http1::framing::length || body > parsed.content_length)
      return {};
    return head{parsed.status, parsed.content_length, body};
  }
}

std::string get_request(const std::string& host, const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
}

} // namespace serverme::load
