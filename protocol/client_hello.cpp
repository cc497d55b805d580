#include "protocol/client_hello.hpp"

#include "protocol/big_endian.hpp"
#include "protocol/endpoint.hpp"

#include <algorithm>

namespace serverme {

namespace {

constexpr std::size_t record_header_bytes = 5;
constexpr std::size_t record_bytes_max = 1UL << 14; // RFC 8446, section 5.1
constexpr std::byte handshake_record{22};
constexpr std::byte client_hello_message{1};
constexpr std::size_t message_header_bytes = 4;
constexpr std::byte version_major{3}; // SSL 3 to TLS 1.3; the minor one means nothing any more
constexpr std::size_t random_bytes = 32;
constexpr std::size_t session_id_bytes_max = 32;
constexpr std::uint16_t server_name_extension = 0;            // RFC 6066, section 3
constexpr std::uint16_t application_protocols_extension = 16; // RFC 7301, section 3.1
constexpr std::uint8_t host_name_type = 0;
/// Browsers offer two or three.
constexpr std::size_t protocols_max = 64;

failure not_tls() { return fail(errc::bad_request, "this is no TLS"); }
failure not_client_hello() { return fail(errc::bad_request, "this is no TLS ClientHello"); }
failure malformed() { return fail(errc::bad_request, "the TLS ClientHello is malformed"); }

/// Takes one piece after the other; once something was cut short, everything is empty.
class cursor {
public:
  explicit cursor(bytes_view bytes) : rest_{bytes} {}

  bytes_view take(std::size_t count) {
    if (count > rest_.size()) {
      broken_ = true;
      rest_ = {};
      return {};
    }
    auto piece = rest_.first(count);
    rest_ = rest_.subspan(count);
    return piece;
  }
  template <std::unsigned_integral Number>
  Number number() {
    auto piece = take(sizeof(Number));
    return piece.empty() ? Number{0} : read_big_endian<Number>(piece);
  }
  /// A vector with its length, of type Size, in front (RFC 8446, section 3.4).
  template <std::unsigned_integral Size>
  bytes_view vector() {
    return take(number<Size>());
  }

  bool empty() const { return rest_.empty(); }
  bool is_broken() const { return broken_; }

private:
  bytes_view rest_;
  bool broken_ = false;
};

/// The first byte that cannot be one of a ClientHello ends it.
result<done> check_message_start(bytes_view message) {
  if (!message.empty() && message[0] != client_hello_message)
    return not_client_hello();
  if (message.size() > message_header_bytes && message[message_header_bytes] != version_major)
    return not_client_hello();
  return done{};
}

/// Takes the records apart. `message` gets the handshake message as far as it has come.
/// @returns whether all of it is there
result<bool> join_records(bytes_view bytes, byte_queue& message) {
  while (!bytes.empty()) {
    if (bytes[0] != handshake_record || (bytes.size() > 1 && bytes[1] != version_major))
      return not_tls();
    if (bytes.size() < record_header_bytes)
      return false;
    std::size_t length = read_big_endian<std::uint16_t>(bytes.subspan(3));
    if (length == 0 || length > record_bytes_max)
      return not_tls();
    bytes = bytes.subspan(record_header_bytes);
    auto piece = bytes.first(std::min(length, bytes.size()));
    bytes = bytes.subspan(piece.size());
    message.append(piece);
    if (auto outcome = check_message_start(message.view()); !outcome)
      return fail(outcome.error());
    if (message.size() < message_header_bytes)
      continue;
    auto whole
      = message_header_bytes + (read_big_endian<std::uint32_t>(message.view()) & 0xff'ffffU);
    if (whole > client_hello_bytes_max)
      return fail(errc::bad_request, "the TLS ClientHello is too large");
    if (message.size() >= whole)
      return true;
  }
  return false;
}

result<std::string> read_server_name(bytes_view extension) {
  cursor outer{extension};
  cursor names{outer.vector<std::uint16_t>()};
  std::string found;
  while (!names.empty()) {
    auto type = names.number<std::uint8_t>();
    auto name = as_text(names.vector<std::uint16_t>());
    if (names.is_broken())
      return malformed();
    if (type != host_name_type)
      continue;
    // One name, and a name only: a port or brackets would be taken off elsewhere.
    if (!found.empty() || name.find_first_of(":[") != std::string_view::npos)
      return malformed();
    found = normalize_host(name);
    if (found.empty())
      return fail(errc::bad_request, "the TLS server name is no host name");
  }
  if (outer.is_broken() || !outer.empty() || found.empty())
    return malformed();
  return found;
}

result<std::vector<std::string>> read_protocols(bytes_view extension) {
  cursor outer{extension};
  cursor names{outer.vector<std::uint16_t>()};
  std::vector<std::string> found;
  while (!names.empty()) {
    auto name = names.vector<std::uint8_t>();
    if (name.empty() || found.size() >= protocols_max)
      return malformed();
    found.emplace_back(as_text(name));
  }
  if (outer.is_broken() || !outer.empty() || found.empty())
    return malformed();
  return found;
}

/// Two extensions of one kind could be understood in two ways (RFC 8446, section 4.2 forbids them).
result<done> read_extensions(cursor extensions, client_hello& into) {
  while (!extensions.empty()) {
    auto type = extensions.number<std::uint16_t>();
    auto content = extensions.vector<std::uint16_t>();
    if (extensions.is_broken())
      return malformed();
    if (type == server_name_extension) {
      auto name = into.server_name.empty() ? read_server_name(content) : malformed();
      if (!name)
        return fail(name.error());
      into.server_name = std::move(*name);
    } else if (type == application_protocols_extension) {
      auto names = into.alpn.empty() ? read_protocols(content) : malformed();
      if (!names)
        return fail(names.error());
      into.alpn = std::move(*names);
    }
  }
  return done{};
}

/// RFC 8446, section 4.1.2. `body` is the message without its header.
result<client_hello> read_body(bytes_view body) {
  cursor fields{body};
  fields.take(2); // legacy_version, looked at before
  fields.take(random_bytes);
  auto session_id = fields.vector<std::uint8_t>();
  auto cipher_suites = fields.vector<std::uint16_t>();
  auto compression_methods = fields.vector<std::uint8_t>();
  if (session_id.size() > session_id_bytes_max || cipher_suites.empty()
      || cipher_suites.size() % 2 != 0 || compression_methods.empty())
    return malformed();
  client_hello out;
  if (fields.empty())
    return fields.is_broken() ? result<client_hello>{malformed()} : out;
  cursor extensions{fields.vector<std::uint16_t>()};
  if (fields.is_broken() || !fields.empty())
    return malformed();
  if (auto outcome = read_extensions(extensions, out); !outcome)
    return fail(outcome.error());
  return out;
}

} // namespace

bool client_hello::offers(std::string_view protocol) const noexcept {
  return std::ranges::find(alpn, protocol) != alpn.end();
}

result<std::optional<client_hello>> parse_client_hello(bytes_view bytes) {
  byte_queue message;
  auto whole = join_records(bytes.first(std::min(bytes.size(), client_hello_bytes_max)), message);
  if (!whole)
    return fail(whole.error());
  if (!*whole) {
    if (bytes.size() >= client_hello_bytes_max)
      return fail(errc::bad_request, "the TLS ClientHello is too large");
    return std::optional<client_hello>{};
  }
  auto length = read_big_endian<std::uint32_t>(message.view()) & 0xff'ffffU;
  auto hello = read_body(message.view().subspan(message_header_bytes, length));
  if (!hello)
    return fail(hello.error());
  return std::optional{std::move(*hello)};
}

} // namespace serverme
