// Ids that cannot be mixed up.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace serverme {

/// A value of type T that means one thing only; `Tag` makes the type distinct.
template <class T, class Tag>
struct strong {
  T value{};
  friend auto operator<=>(const strong&, const strong&) = default;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, strong& x) {
    return f(x.value);
  }
};

/// Made by the server, never chosen by an agent. Random; not a secret.
using session_id = strong<std::uint64_t, struct session_tag>;
/// One endpoint while it is served. Random; never reused within a process.
using endpoint_id = strong<std::uint64_t, struct endpoint_tag>;
/// A row of table accounts.
using account_id = strong<std::int64_t, struct account_tag>;
/// A row of table api_keys.
using key_id = strong<std::int64_t, struct key_tag>;
/// One recorded exchange; counts up within an endpoint.
using capture_id = strong<std::uint64_t, struct capture_tag>;
/// Fencing token of a lease: a newer one always wins.
using generation = strong<std::uint64_t, struct generation_tag>;

/// One installation of a node: 128 random bits, made when it joined and written into its
/// certificate (as protocol/node.hpp spells it). All zero: none.
struct node_id {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const node_id&, const node_id&) = default;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, node_id& x) {
    return f(x.high, x.low);
  }
};

} // namespace serverme

template <class T, class Tag>
struct std::hash<serverme::strong<T, Tag>> {
  std::size_t operator()(const serverme::strong<T, Tag>& x) const noexcept {
    return std::hash<T>{}(x.value);
  }
};

template <>
struct std::hash<serverme::node_id> {
  // The bits are random already.
  std::size_t operator()(const serverme::node_id& x) const noexcept { return x.high ^ x.low; }
};
