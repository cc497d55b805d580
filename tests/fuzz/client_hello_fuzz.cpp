// The first bytes of a stranger: a ClientHello, or what only looks like one.
//
// What was refused once stays refused whatever follows, and what was understood stays so.
#include "protocol/client_hello.hpp"
#include "protocol/endpoint.hpp"
#include "tests/fuzz/require.hpp"

using namespace serverme;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bytes_view bytes{reinterpret_cast<const std::byte*>(data), size};
  auto whole = parse_client_hello(bytes);
  auto part = parse_client_hello(bytes.first(size / 2));
  if (!part)
    require(!whole);
  else if (*part)
    require(whole && *whole && (*whole)->server_name == (*part)->server_name
            && (*whole)->alpn == (*part)->alpn);
  if (whole && *whole && !(*whole)->server_name.empty())
    require(normalize_host((*whole)->server_name) == (*whole)->server_name);
  if (whole && !*whole)
    require(size < client_hello_bytes_max);
  return 0;
}
