#include "net/address.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <charconv>
#include <cstring>

namespace serverme::net {

namespace asio = boost::asio;

address address_of(const sockaddr* from, std::size_t size) {
  if (from->sa_family != AF_INET && from->sa_family != AF_INET6)
    return {};
  asio::ip::tcp::endpoint ip;
  ip.resize(size);
  std::memcpy(ip.data(), from, size);
  auto host = ip.address();
  // A visitor who came by IPv4 to a dual-stack listener is an IPv4 visitor.
  if (host.is_v6() && host.to_v6().is_v4_mapped())
    host = asio::ip::make_address_v4(asio::ip::v4_mapped, host.to_v6());
  return {host.to_string(), ip.port()};
}

bool is_multicast_ipv4(const std::string& host) {
  boost::system::error_code failed;
  auto parsed = asio::ip::make_address_v4(host, failed);
  return !failed && parsed.is_multicast();
}

result<address> parse_address(const std::string& text) {
  auto colon = text.rfind(':');
  if (colon == std::string::npos)
    return fail(errc::listen_failed, "'" + text + "' is not HOST:PORT");
  address out{text.substr(0, colon), 0};
  const auto* end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data() + colon + 1, end, out.port);
  if (error != std::errc{} || at != end)
    return fail(errc::listen_failed, "'" + text + "' has no valid port");
  if (out.host.size() >= 2 && out.host.front() == '[' && out.host.back() == ']')
    out.host = out.host.substr(1, out.host.size() - 2);
  else if (out.host.find(':') != std::string::npos)
    return fail(errc::listen_failed, "'" + text + "': write an IPv6 address in brackets");
  return out;
}

std::string to_string(const address& where) {
  auto is_v6 = where.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + where.host + "]" : where.host) + ":" + std::to_string(where.port);
}

} // namespace serverme::net
