// What a proxy changes in a head on its way through: hop-by-hop fields go, X-Forwarded-* and
// Forwarded are ours (RFC 9110 section 7.6, RFC 7239), everything else stays as it came.
#pragma once

#include "protocol/http1/head.hpp"

#include <string>

namespace serverme::http1 {

/// Where a request came in.
struct visit {
  std::string_view visitor_address; // "203.0.113.7", "2001:db8::1"
  std::string_view scheme;          // "http", "https"
  /// Replaces Host towards the local service; empty: kept.
  std::string_view host_header;
};

/// Appends the head that goes to the local service. Fields that a stranger may not set
/// (X-Forwarded-*, Forwarded, X-Real-IP) are dropped; X-Forwarded-For, -Proto, -Host and Forwarded
/// are ours. Connection and what it names, Keep-Alive, Proxy-*, TE (but for "trailers") are
/// dropped; Upgrade is kept only when the request asks for one. The version becomes HTTP/1.1, an
/// absolute target a path.
void append_request(byte_queue& out, const request_head& head, const visit& from);

/// How the answer goes to this visitor.
struct answer_rules {
  http1::version visitor_version{};
  /// The visitor may keep the connection.
  bool keep_alive = true;
  /// A 101 to a request that asked for it: Connection and Upgrade stay.
  bool upgraded = false;
};

/// Appends the head that goes to the visitor; hop-by-hop fields go. A chunked body towards an
/// HTTP/1.0 visitor loses Transfer-Encoding: the caller sends the content and closes.
void append_response(byte_queue& out, const response_head& head, const answer_rules& rules);

} // namespace serverme::http1
