// In which order edges are asked to take the session. No I/O: whoever dials asks what is next.
//
// In rounds. In one round each edge is asked once: the edge where the session has a lane already,
// those that its edge recommended, the others that are known, and, as the last one, the server that
// was configured. A round is gone through at once, without pauses; the pause is before that last
// one, and grows from round to round.
#pragma once

#include "net/address.hpp"

#include <deque>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace serverme::cli {

/// What of these is HOST:PORT, in order; no more than `most`.
std::vector<net::address> edges_of(const std::vector<std::string>& texts, std::size_t most);

class edge_itinerary {
public:
  explicit edge_itinerary(net::address configured) : configured_{std::move(configured)} {}

  /// The other edges, by the one that the session is on.
  void learn(const std::vector<std::string>& edges);
  const std::vector<net::address>& others() const noexcept { return others_; }

  /// A new round begins, with `first` if there is one. Whoever was lost is asked after the others.
  void begin(const std::optional<net::address>& first, const net::address& lost,
             std::mt19937_64& random);
  /// An edge said so; they are next, unless this round has asked them already. Also counts for the
  /// round that begins next.
  void prefer(const std::vector<std::string>& edges);

  /// Before the configured server. Nothing: this round has no other.
  std::optional<net::address> next();
  bool has_next() const noexcept { return !left_.empty(); }
  const net::address& configured() const noexcept { return configured_; }

private:
  void ask_later(const net::address& edge);

  net::address configured_;
  std::vector<net::address> others_;
  std::vector<net::address> preferred_;
  std::deque<net::address> left_;
  std::vector<net::address> asked_;
};

} // namespace serverme::cli
