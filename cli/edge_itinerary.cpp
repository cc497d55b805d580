#include "cli/edge_itinerary.hpp"

#include <algorithm>
#include <utility>

namespace serverme::cli {

namespace {

// What an edge says is bounded whatever it says.
constexpr std::size_t others_max = 16;
constexpr std::size_t preferred_max = 8;

bool contains(const auto& list, const net::address& edge) {
  return std::ranges::find(list, edge) != list.end();
}

} // namespace

std::vector<net::address> edges_of(const std::vector<std::string>& texts, std::size_t most) {
  std::vector<net::address> out;
  for (const auto& each : texts) {
    auto where = net::parse_address(each);
    if (where && !where->host.empty() && where->port != 0 && out.size() < most
        && !contains(out, *where))
      out.push_back(std::move(*where));
  }
  return out;
}

void edge_itinerary::learn(const std::vector<std::string>& edges) {
  others_ = edges_of(edges, others_max);
}

void edge_itinerary::begin(const std::optional<net::address>& first, const net::address& lost,
                           std::mt19937_64& random) {
  left_.clear();
  asked_.clear();
  // Whoever has a lane of the session already has it in the least time, if it is among those that
  // are recommended, or none are.
  if (first && (preferred_.empty() || contains(preferred_, *first)))
    ask_later(*first);
  for (const auto& edge : std::exchange(preferred_, {}))
    ask_later(edge);
  if (first)
    ask_later(*first);
  auto rest = others_;
  std::ranges::shuffle(rest, random);
  for (const auto& edge : rest)
    if (edge != lost)
      ask_later(edge);
  if (!others_.empty() && lost != configured_)
    ask_later(lost);
}

void edge_itinerary::prefer(const std::vector<std::string>& edges) {
  preferred_ = edges_of(edges, preferred_max);
  for (auto edge = preferred_.rbegin(); edge != preferred_.rend(); ++edge) {
    if (contains(asked_, *edge))
      continue;
    std::erase(left_, *edge);
    left_.push_front(*edge);
  }
}

std::optional<net::address> edge_itinerary::next() {
  if (left_.empty())
    return std::nullopt;
  auto edge = std::move(left_.front());
  left_.pop_front();
  asked_.push_back(edge);
  preferred_.clear();
  return edge;
}

void edge_itinerary::ask_later(const net::address& edge) {
  if (!contains(left_, edge))
    left_.push_back(edge);
}

} // namespace serverme::cli
