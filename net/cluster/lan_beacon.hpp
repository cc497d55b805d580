// Calls out to the nodes on this network where this one is, and hears them (multicast, IPv4).
#pragma once

#include "net/address.hpp"
#include "net/cluster/beacon_seal.hpp"
#include "net/event_loop.hpp"

#include <functional>
#include <memory>
#include <string>

namespace serverme::net {

struct lan_beacon_options {
  /// Of those that stay within a site (RFC 2365, section 6.1).
  address group{"239.255.83.77", 7947};
  /// An address of the interface on which to call; empty: as the routes say.
  std::string interface;
  /// Quickly after the start, then seldom: who has just started is heard by everybody.
  milliseconds first_period{500};
  milliseconds period{10'000};
  int first_calls = 4;
  /// Datagrams that are looked at closely, of one source: as many at once, so many a second.
  double checks_burst = 16;
  double checks_per_second = 2;
};

struct beacon_counts {
  std::uint64_t sent = 0;
  std::uint64_t send_failed = 0;
  std::uint64_t heard = 0;
  /// Not of a node of this cluster, or too many.
  std::uint64_t refused = 0;
};

/// On its loop, like all of it.
class lan_beacon {
public:
  using on_heard = std::function<void(const node_certificate& who, const address& where)>;

  /// `port`: where this node listens; 0: it does not, and only hears. This node's own calls are not
  /// told.
  /// @errors listen_failed
  static result<std::unique_ptr<lan_beacon>> open(event_loop& loop, beacon_seal seal,
                                                  std::uint16_t port, lan_beacon_options options,
                                                  on_heard heard);
  ~lan_beacon();
  lan_beacon(const lan_beacon&) = delete;
  lan_beacon& operator=(const lan_beacon&) = delete;

  void renew(beacon_seal seal);
  const beacon_counts& counts() const noexcept;

private:
  struct state;
  explicit lan_beacon(std::shared_ptr<state> made) noexcept;
  std::shared_ptr<state> state_;
};

} // namespace serverme::net
