#include "protocol/http1/forward.hpp"

#include "protocol/http1/syntax.hpp"

#include <array>
#include <charconv>

namespace serverme::http1 {

namespace {

/// What Connection names (RFC 9110, section 7.6.1).
class connection_options {
public:
  /// @pre the head was parsed: it has at most `connection_options_max`
  explicit connection_options(const std::vector<field>& fields) {
    for (const auto& field : fields)
      if (same_name(field.name, "connection"))
        add(field.value);
  }

  bool name(std::string_view field) const noexcept {
    for (std::size_t at = 0; at < count_; ++at)
      if (same_name(options_[at], field))
        return true;
    return false;
  }

private:
  void add(std::string_view list) noexcept {
    while (!list.empty() && count_ < options_.size())
      options_[count_++] = take_element(list);
  }

  std::array<std::string_view, connection_options_max> options_;
  std::size_t count_ = 0;
};

bool begins_with(std::string_view name, std::string_view prefix) noexcept {
  return same_name(name.substr(0, prefix.size()), prefix);
}

/// Nobody can have these dropped by naming them in Connection: the body would end elsewhere, or the
/// request be for someone else.
bool is_fixed(std::string_view name) noexcept {
  return same_name(name, "content-length") || same_name(name, "transfer-encoding")
         || same_name(name, "host");
}

/// Ends here, whether Connection names it or not. `Proxy` is what CGI turns into HTTP_PROXY.
bool is_hop_by_hop(std::string_view name) noexcept {
  return same_name(name, "connection") || same_name(name, "keep-alive") || same_name(name, "te")
         || same_name(name, "upgrade") || same_name(name, "proxy") || begins_with(name, "proxy-");
}

/// Only we say where a visitor comes from. CGI and its heirs read `_` as `-`.
bool is_about_visitor(std::string_view name) noexcept {
  constexpr std::string_view prefix = "x-forwarded-", address = "x-real-ip";
  auto matches = [name](std::string_view wanted) {
    for (std::size_t at = 0; at < wanted.size(); ++at)
      if (lower(name[at] == '_' ? '-' : name[at]) != wanted[at])
        return false;
    return true;
  };
  return same_name(name, "forwarded") || (name.size() > prefix.size() && matches(prefix))
         || (name.size() == address.size() && matches(address));
}

bool wants_trailers(const field& te) noexcept {
  for (auto list = te.value; !list.empty();)
    if (same_name(take_element(list), "trailers"))
      return true;
  return false;
}

void append_field(byte_queue& out, std::string_view name, std::string_view value) {
  out.append(name);
  out.append(": ");
  out.append(value);
  out.append("\r\n");
}

/// A token, or quoted (RFC 7239, section 4: "[2001:db8::1]", "shop.example:8080").
void append_parameter(byte_queue& out, std::string_view value) {
  if (!value.empty() && token_length(value) == value.size())
    return out.append(value);
  out.append("\"");
  for (auto c : value) {
    if (c == '"' || c == '\\')
      out.append("\\");
    out.append(std::string_view{&c, 1});
  }
  out.append("\"");
}

void append_visit(byte_queue& out, const request_head& head, const visit& from) {
  append_field(out, "X-Forwarded-For", from.visitor_address);
  append_field(out, "X-Forwarded-Proto", from.scheme);
  append_field(out, "X-Forwarded-Host", head.host);
  out.append("Forwarded: for=");
  auto is_ipv6 = from.visitor_address.find(':') != std::string_view::npos;
  if (is_ipv6) {
    out.append("\"[");
    out.append(from.visitor_address);
    out.append("]\"");
  } else {
    append_parameter(out, from.visitor_address);
  }
  out.append(";host=");
  append_parameter(out, head.host);
  out.append(";proto=");
  append_parameter(out, from.scheme);
  out.append("\r\n");
}

/// In origin form (RFC 9112, section 3.2.1).
void append_target(byte_queue& out, const request_head& head) {
  auto [authority, rest] = split_absolute(head.target);
  if (authority.empty())
    return out.append(head.target);
  if (!rest.starts_with('/'))
    out.append(rest.empty() && head.method == "OPTIONS" ? "*" : "/");
  out.append(rest);
}

void append_status(byte_queue& out, const response_head& head) {
  std::array<char, 3> digits{};
  std::to_chars(digits.data(), digits.data() + digits.size(), head.status);
  out.append("HTTP/1.1 ");
  out.append(std::string_view{digits.data(), digits.size()});
  out.append(" ");
  out.append(head.reason);
  out.append("\r\n");
}

/// Whether the connection can carry another answer: not when only its end tells where this one
/// ends.
bool is_kept(const response_head& head, const answer_rules& rules) noexcept {
  auto loses_chunks = head.body == framing::chunked && rules.visitor_version == version::http_1_0;
  return rules.keep_alive && head.body != framing::until_close && !loses_chunks;
}

/// A 426 says what to upgrade to, so Upgrade is named there too.
void append_connection(byte_queue& out, const response_head& head, const answer_rules& rules) {
  if (rules.upgraded)
    return append_field(out, "Connection", "Upgrade");
  auto kept = is_kept(head, rules);
  if (head.status == 426)
    append_field(out, "Connection", kept ? "Upgrade" : "close, Upgrade");
  else if (!kept)
    append_field(out, "Connection", "close");
  else if (rules.visitor_version == version::http_1_0)
    append_field(out, "Connection", "keep-alive");
}

} // namespace

void append_request(byte_queue& out, const request_head& head, const visit& from) {
  const connection_options options{head.fields};
  auto asks_upgrade = !head.upgrade.empty();
  bool te = false;
  auto host = from.host_header.empty() ? head.host : from.host_header;

  out.append(head.method);
  out.append(" ");
  append_target(out, head);
  out.append(" HTTP/1.1\r\n");
  if (find(head.fields, "host") == nullptr) // HTTP/1.0 with an absolute target
    append_field(out, "Host", host);
  for (const auto& field : head.fields) {
    const auto& [name, value] = field;
    if (same_name(name, "host")) {
      append_field(out, name, host);
    } else if (same_name(name, "te")) {
      te = te || wants_trailers(field);
    } else if (same_name(name, "upgrade")) {
      if (asks_upgrade)
        append_field(out, name, value);
    } else if (is_fixed(name)
               || !(is_hop_by_hop(name) || is_about_visitor(name) || options.name(name))) {
      append_field(out, name, value);
    }
  }
  append_visit(out, head, from);
  if (te)
    append_field(out, "TE", "trailers");
  if (te || asks_upgrade) // each must be named: RFC 9110, sections 7.8 and 10.1.4
    append_field(out, "Connection", !te ? "Upgrade" : asks_upgrade ? "Upgrade, TE" : "TE");
  out.append("\r\n");
}

void append_response(byte_queue& out, const response_head& head, const answer_rules& rules) {
  const connection_options options{head.fields};
  auto upgrade = rules.upgraded || head.status == 426;
  // RFC 9110, section 8.6, and RFC 9112, section 6.1: these have no body and must not speak of one.
  auto bodyless = head.status < 200 || head.status == 204;
  auto chunks = !bodyless && rules.visitor_version == version::http_1_1;

  append_status(out, head);
  for (const auto& [name, value] : head.fields) {
    bool stays = !is_hop_by_hop(name) && !options.name(name);
    if (same_name(name, "upgrade"))
      stays = upgrade;
    else if (same_name(name, "transfer-encoding"))
      stays = chunks;
    else if (same_name(name, "content-length"))
      stays = !bodyless;
    if (stays)
      append_field(out, name, value);
  }
  append_connection(out, head, rules);
  out.append("\r\n");
}

} // namespace serverme::http1
