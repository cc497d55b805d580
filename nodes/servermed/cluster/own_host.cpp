#include "nodes/servermed/cluster/own_host.hpp"

#include "net/address.hpp"
#include "nodes/control/postgres/descriptor.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace serverme::servermed {

namespace {

constexpr std::size_t name_length_max = 63;

bool is_plain(char each) {
  return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z')
         || (each >= '0' && each <= '9');
}

} // namespace

std::string own_address() {
  // Documentation addresses (RFC 5737): connecting a datagram socket asks for the route only.
  sockaddr_in far{};
  far.sin_family = AF_INET;
  far.sin_port = htons(9);
  ::inet_pton(AF_INET, "192.0.2.1", &far.sin_addr);
  control::descriptor probe{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  sockaddr_in own{};
  socklen_t size = sizeof own;
  if (::connect(probe.value(), reinterpret_cast<const sockaddr*>(&far), sizeof far) != 0
      || ::getsockname(probe.value(), reinterpret_cast<sockaddr*>(&own), &size) != 0)
    return "127.0.0.1";
  return net::address_of(reinterpret_cast<const sockaddr*>(&own), size).host;
}

std::string own_name() {
  std::array<char, 256> text{};
  if (::gethostname(text.data(), text.size() - 1) != 0)
    return "node";
  std::string name;
  for (const char* at = text.data(); *at != '\0' && name.size() < name_length_max; ++at)
    if (is_plain(*at) || (!name.empty() && (*at == '-' || *at == '.')))
      name += *at;
  return name.empty() ? "node" : name;
}

} // namespace serverme::servermed
