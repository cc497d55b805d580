// Hosts and names as strangers write them: what was understood once is understood the same again.
#include "protocol/endpoint.hpp"
#include "tests/fuzz/require.hpp"

using namespace serverme;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  auto host = normalize_host(text);
  require(host.size() <= 253 && host.find_first_of("/@ \r\n\t%[]") == std::string::npos);
  if (host.find(':') != std::string::npos)
    require(normalize_host("[" + host + "]") == host);
  else if (!host.empty())
    require(normalize_host(host) == host && normalize_host(host + ".:443") == host);
  if (auto name = parse_endpoint_name(text)) {
    require(*parse_endpoint_name(*name) == *name);
    require(normalize_host(*name + ".example.com") == *name + ".example.com");
    is_system_name(*name);
  }
  return 0;
}
