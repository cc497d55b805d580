// What a member of the cluster learns about the others, one thing at a time.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/result.hpp"

#include <cstdint>
#include <optional>

namespace serverme::membership {

/// Travels between nodes: never renumber one.
enum class event_kind : std::uint8_t {
  joined = 1,
  /// New facts.
  changed = 2,
  /// The same identity, a new life: what was known of sessions and links to it is void.
  restarted = 3,
  suspected = 4,
  /// Alive after all, or again.
  returned = 5,
  died = 6,
  left = 7,
  /// No longer in the table: removed, or gone for long.
  forgotten = 8,
  /// Somebody came with this member's identity while it lives, and was refused.
  impersonated = 9,
  /// This node itself has no place here: `why`. After a permanent one it says nothing any more; it
  /// has to end.
  refused = 10,
};

struct event {
  event_kind kind{};
  node_id who;
  std::optional<failure> why;

  friend bool operator==(const event&, const event&) = default;
};

} // namespace serverme::membership
