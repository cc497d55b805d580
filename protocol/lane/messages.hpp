// What the control frames of a lane say: plain structs and their bytes.
//
// A payload is a list of fields: tag (u8), length (u16), value. A reader skips tags that it
// does not know, so either side may be newer. OPEN puts its fields behind a u16 length, and the
// visitor's first bytes after them.
#pragma once

#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"
#include "protocol/lane/frame.hpp"
#include "protocol/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace serverme::lane {

inline constexpr std::uint16_t version_min = 1;
inline constexpr std::uint16_t version_max = 1;

/// Bits of what a side can do beyond version 1. Unknown bits are ignored.
enum class capability : std::uint64_t {
  none = 0,
  /// Edge: knows hello.companion, and what it means that a session comes from another edge.
  companions = 1,
};

constexpr bool has(std::uint64_t bits, capability what) noexcept {
  return (bits & static_cast<std::uint64_t>(what)) != 0;
}

/// Agent to edge, on every new lane. Either a key (a new session), or a resume token (one more
/// lane, or a return); with both, the key is used when the token is no longer good.
struct hello {
  std::uint16_t version_min = lane::version_min;
  std::uint16_t version_max = lane::version_max;
  std::uint64_t capabilities = 0;
  std::string api_key;
  std::optional<session_id> session;
  std::string resume_token;
  /// "serverme/0.1.0 linux": shown to the owner.
  std::string agent;
  /// How many bytes the edge may send on a new stream before the first WINDOW.
  std::uint32_t window = 0;
  /// One more lane of a session that goes on where it lives. Otherwise a session that lives on
  /// another edge moves to this one. Only to edges that can do so (capability::companions).
  bool companion = false;

  friend bool operator==(const hello&, const hello&) = default;
};

/// Edge to agent: the answer to a hello that was accepted. One that was not is answered with
/// goaway.
struct welcome {
  std::uint16_t version = 0;
  std::uint64_t capabilities = 0;
  session_id session;
  /// Secret: whoever has it is this session. Valid for the whole session.
  std::string resume_token;
  /// True when endpoints of this session are still bound from before.
  bool resumed = false;
  /// Name of the node, for the terminal.
  std::string node;
  /// The agent pings when it has heard nothing for this long.
  milliseconds ping_after{0};
  /// How many lanes this session may have.
  std::uint16_t lanes_max = 1;
  std::uint32_t window = 0;
  /// Other edges, HOST:PORT, for a companion or when this one is lost.
  std::vector<std::string> edges;

  friend bool operator==(const welcome&, const welcome&) = default;
};

/// Agent to edge. `request` is chosen by the agent and comes back in `bound`: answers may
/// overtake each other and are never matched by order.
struct bind {
  std::uint32_t request = 0;
  endpoint_request endpoint;

  friend bool operator==(const bind&, const bind&) = default;
};

/// Edge to agent: the endpoint is served, or why not.
struct bound {
  std::uint32_t request = 0;
  /// Set when it worked.
  endpoint_id endpoint;
  std::string name;
  std::uint16_t port = 0;
  std::vector<std::string> urls;
  /// Set when it did not.
  std::optional<failure> error;

  friend bool operator==(const bound&, const bound&) = default;
};

struct unbind {
  endpoint_id endpoint;
  /// Why, when the edge says so.
  std::optional<failure> reason;

  friend bool operator==(const unbind&, const unbind&) = default;
};

/// The first frame of a stream.
struct open {
  endpoint_id endpoint;
  endpoint_kind kind = endpoint_kind::http;
  /// "203.0.113.7" and 55123; what the visitor connected to, for the PROXY protocol.
  std::string visitor_address;
  std::uint16_t visitor_port = 0;
  std::string server_address;
  std::uint16_t server_port = 0;
  /// Between edges only: whose stream it is, since a lane there is nobody's in particular.
  std::optional<session_id> session;
  account_id account;

  friend bool operator==(const open&, const open&) = default;
};

struct goaway {
  errc code{};
  std::string detail;
  /// Do not come back before this.
  milliseconds retry_after{0};
  /// Edges to prefer, HOST:PORT; empty: the same one.
  std::vector<std::string> prefer;

  friend bool operator==(const goaway&, const goaway&) = default;
};

/// Edge to agent, when what `welcome` said of them is no longer true.
struct edges {
  /// The edge has more sessions than its share: this one should move to one of the others.
  bool please_move = false;
  std::vector<std::string> others;

  friend bool operator==(const edges&, const edges&) = default;
};

void append_to(byte_queue& out, const hello& x);
void append_to(byte_queue& out, const welcome& x);
void append_to(byte_queue& out, const bind& x);
void append_to(byte_queue& out, const bound& x);
void append_to(byte_queue& out, const unbind& x);
/// With the u16 length in front; first bytes follow directly.
void append_to(byte_queue& out, const open& x);
void append_to(byte_queue& out, const goaway& x);
void append_to(byte_queue& out, const edges& x);

/// Each @errors protocol_violation: a field is cut short or of the wrong size, or one that is
/// needed is missing.
result<hello> parse_hello(bytes_view payload);
result<welcome> parse_welcome(bytes_view payload);
result<bind> parse_bind(bytes_view payload);
result<bound> parse_bound(bytes_view payload);
result<unbind> parse_unbind(bytes_view payload);
result<goaway> parse_goaway(bytes_view payload);
result<edges> parse_edges(bytes_view payload);

struct open_parts {
  open message;
  bytes_view first_bytes;
};
/// `first_bytes` points into `payload`.
result<open_parts> parse_open(bytes_view payload);

} // namespace serverme::lane
