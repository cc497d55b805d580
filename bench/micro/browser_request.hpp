// A request to measure with.
#pragma once

#include <string_view>

namespace serverme::bench {

/// As a browser sends it.
inline constexpr std::string_view browser_request{
  "GET /products/42?ref=home HTTP/1.1\r\n"
  "Host: shop.example.com\r\n"
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101\r\n"
  "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
  "Accept-Language: en-US,en;q=0.5\r\n"
  "Accept-Encoding: gzip, deflate, br\r\n"
  "Connection: keep-alive\r\n"
  "Cookie: session=0123456789abcdef0123456789abcdef\r\n"
  "Upgrade-Insecure-Requests: 1\r\n"
  "Cache-Control: max-age=0\r\n\r\n"};

} // namespace serverme::bench
