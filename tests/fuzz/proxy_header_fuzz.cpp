// PROXY headers made of addresses that a peer sent: always whole, and never more than addresses.
//
// Two lines: the visitor's address and the server's.
#include "protocol/proxy_header.hpp"
#include "tests/fuzz/require.hpp"

#include <algorithm>

using namespace serverme;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  auto cut = std::min(text.find('\n'), text.size());
  proxied_connection from{text.substr(0, cut), 65535, text.substr(std::min(cut + 1, text.size())),
                          65535};
  byte_queue out;
  append_proxy_header(out, proxy_protocol::v1, from);
  require(out.text().starts_with("PROXY ") && out.size() <= 107); // as its specification says
  require(out.text().find_first_of("\r\n") == out.size() - 2);
  auto is_unknown = out.text() == "PROXY UNKNOWN\r\n";
  out.clear();
  append_proxy_header(out, proxy_protocol::v2, from);
  require(is_unknown ? out.size() == 16 : out.size() == 28 || out.size() == 52);
  return 0;
}
