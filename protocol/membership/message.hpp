// What members send each other, and its bytes. docs/membership.md has the fields.
//
//   0               4      5       6              10        18              22
//   +---------------+------+-------+--------------+---------+---------------+----------
//   | "SMG" | 1     | type | flags | sequence     | run     | incarnation   | fields
//   +---------------+------+-------+--------------+---------+---------------+----------
//
// Who sent it is not in it: the carrier knows that from the peer's certificate. A message of a
// type, and a field of a tag, that the reader does not know is skipped.
#pragma once

#include "protocol/membership/record.hpp"

namespace serverme::membership {

enum class message_type : std::uint8_t {
  ping = 1,         // answer me: ack with the same sequence
  ack = 2,          // this node lives; with `target`: that one answered me
  ping_request = 3, // ask `target` for me: answered by ack or nack
  nack = 4,         // `target` has not answered me yet
  gossip = 5,       // records, nothing else
  digest = 6,       // my table in one number; who has another one answers with table
  table = 7,        // all records of ids in `page`; what is newer comes back as correction
  correction = 8,   // records that were older, or missing, in a table
  refusal = 9,      // the run `target_run` of you is not let in
  ask = 10,         // your record, please: answered by gossip
};

/// Ids above `after` up to `until`.
struct id_range {
  node_id after;
  node_id until;

  bool holds(const node_id& id) const { return after < id && id <= until; }
  friend bool operator==(const id_range&, const id_range&) = default;
};

struct message {
  message_type type{};
  /// Chosen by who asks; comes back in the answer.
  std::uint32_t sequence = 0;
  /// Of the sender.
  std::uint64_t run = 0;
  std::uint32_t incarnation = 0;

  std::vector<record> records;
  /// ping_request, nack, ack of another one.
  std::optional<node_id> target;
  /// ack of another one: its run; refusal: which run is refused.
  std::uint64_t target_run = 0;
  /// digest, over the living members; how many they are, with the sender.
  std::uint64_t digest = 0;
  std::uint32_t members = 0;
  /// table
  std::optional<id_range> page;
  /// refusal
  std::optional<failure> refused;

  friend bool operator==(const message&, const message&) = default;
};

inline constexpr std::size_t message_head_bytes = 22;
/// One IP packet, with room for what the carrier adds.
inline constexpr std::size_t gossip_bytes_max = 1400;
/// A table comes in pages: one TLS record each, as the frames of a lane.
inline constexpr std::size_t page_bytes_max = 16UL * 1024;

/// Writes a message piece by piece, so that as many records go along as have room.
class message_writer {
public:
  message_writer(byte_queue& out, const message& head, std::size_t bytes_max);

  /// False when there is no room for it any more.
  bool add(const record& x);

private:
  byte_queue& out_;
  std::size_t bytes_max_;
};

/// Everything at once. @pre it fits into page_bytes_max
void append_to(byte_queue& out, const message& x);

/// Is it a message of this format at all? One that is not may be of a later version.
bool has_known_format(bytes_view bytes);

/// A type of a later version comes back with what of its fields is known.
/// @errors gossip_malformed
result<message> parse_message(bytes_view bytes);

} // namespace serverme::membership
