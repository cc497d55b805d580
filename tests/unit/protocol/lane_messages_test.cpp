// What control frames say, and the bytes that docs/lane-protocol.md shows.
#define CAF_SUITE lane_messages
#include "protocol/lane/messages.hpp"
#include "tests/unit/protocol/hex.hpp"
#include "tests/unit/test.hpp"

#include <functional>

using namespace serverme;
using namespace serverme::lane;
using serverme::tests::from_hex;
using serverme::tests::to_hex;

namespace {

const hello some_hello{.version_min = 1,
                       .version_max = 3,
                       .capabilities = 0x0102030405060708,
                       .api_key = "sm_live_key",
                       .session = session_id{0xfedcba9876543210},
                       .resume_token = "token",
                       .agent = "serverme/0.1.0 linux",
                       .window = 262'144,
                       .companion = true};
const welcome some_welcome{.version = 1,
                           .capabilities = 5,
                           .session = {77},
                           .resume_token = "secret",
                           .resumed = true,
                           .node = "dev",
                           .ping_after = milliseconds{4000},
                           .lanes_max = 4,
                           .window = 262'144,
                           .edges = {"edge-1.test:8443", "[2001:db8::1]:8443"}};
const edges some_edges{.please_move = true, .others = {"edge-1.test:8443", "edge-2.test:8443"}};
const bind some_bind{.request = 9,
                     .endpoint = {.kind = endpoint_kind::tcp,
                                  .name = "shop",
                                  .port = 10'022,
                                  .inspect = inspection::off,
                                  .basic_auth = "user:password",
                                  .host_header = "local.test",
                                  .local_label = "localhost:3000"}};
const bound some_bound{.request = 9,
                       .endpoint = {0xabcdef},
                       .name = "shop",
                       .port = 10'022,
                       .urls = {"http://shop.localhost:8080", "https://shop.localhost:8443"}};
const bound refused{.request = 10, .error = failure{errc::name_taken, "name shop"}};
const unbind some_unbind{.endpoint = {4}, .reason = failure{errc::closed_by_owner, "by owner"}};
const open some_open{.endpoint = {0x1122334455667788},
                     .kind = endpoint_kind::tls,
                     .visitor_address = "203.0.113.7",
                     .visitor_port = 55'123,
                     .server_address = "198.51.100.1",
                     .server_port = 8443};
const open open_between_edges{.endpoint = {7},
                              .visitor_address = "203.0.113.7",
                              .visitor_port = 55'123,
                              .session = session_id{0xfedcba9876543210},
                              .account = {42}};
const goaway some_goaway{.code = errc::draining,
                         .detail = "restart",
                         .retry_after = milliseconds{2500},
                         .prefer = {"edge-1.test:8443", "edge-2.test:8443"}};

template <class Message>
std::string bytes_of(const Message& x) {
  byte_queue out;
  append_to(out, x);
  return std::string{out.text()};
}

template <class Message>
using parser = result<Message> (*)(bytes_view);

/// As parse_open() for a message that has nothing behind it.
result<open> parse_whole_open(bytes_view payload) {
  auto parts = parse_open(payload);
  if (!parts)
    return fail(parts.error());
  return parts->message;
}

/// Calls `check(message, parser)` for one of each kind.
template <class Check>
void for_each_message(Check check) {
  check(some_hello, parser<hello>{parse_hello});
  check(some_welcome, parser<welcome>{parse_welcome});
  check(some_bind, parser<bind>{parse_bind});
  check(some_bound, parser<bound>{parse_bound});
  check(refused, parser<bound>{parse_bound});
  check(some_unbind, parser<unbind>{parse_unbind});
  check(some_open, parser<open>{parse_whole_open});
  check(open_between_edges, parser<open>{parse_whole_open});
  check(some_goaway, parser<goaway>{parse_goaway});
  check(some_edges, parser<edges>{parse_edges});
}

/// The fields of a payload, each with its header.
std::vector<std::string> fields_of(std::string_view payload) {
  std::vector<std::string> out;
  while (payload.size() >= 3) {
    auto size = 3 + static_cast<std::size_t>(static_cast<unsigned char>(payload[1])) * 256
                + static_cast<unsigned char>(payload[2]);
    out.emplace_back(payload.substr(0, size));
    payload.remove_prefix(size);
  }
  return out;
}

/// OPEN has a length in front of its fields.
template <class Message>
std::string framed(const std::string& fields) {
  if constexpr (!std::is_same_v<Message, open>)
    return fields;
  return std::string{static_cast<char>(fields.size() >> 8), static_cast<char>(fields.size() & 255)}
         + fields;
}

template <class Message>
std::string fields_text(const Message& x) {
  return std::is_same_v<Message, open> ? bytes_of(x).substr(2) : bytes_of(x);
}

} // namespace

CAF_TEST(every message comes back as it was) {
  for_each_message([](const auto& message, auto parse) {
    auto back = parse(as_bytes(bytes_of(message)));
    CAF_REQUIRE(back);
    CAF_CHECK(*back == message);
  });
}

CAF_TEST(defaults come back too) {
  CAF_CHECK(*parse_hello(as_bytes(bytes_of(hello{}))) == hello{});
  CAF_CHECK(*parse_welcome(as_bytes(bytes_of(welcome{}))) == welcome{});
  CAF_CHECK(*parse_bind(as_bytes(bytes_of(bind{}))) == bind{});
  CAF_CHECK(*parse_bound(as_bytes(bytes_of(bound{}))) == bound{});
  CAF_CHECK(*parse_unbind(as_bytes(bytes_of(unbind{}))) == unbind{});
  CAF_CHECK(*parse_whole_open(as_bytes(bytes_of(open{}))) == open{});
  CAF_CHECK(*parse_goaway(as_bytes(bytes_of(goaway{}))) == goaway{});
  CAF_CHECK(*parse_edges(as_bytes(bytes_of(edges{}))) == edges{});
}

CAF_TEST(fields of a newer version are skipped wherever they stand) {
  auto unknown = from_hex("63 0003 616263") + from_hex("ff 0000");
  for_each_message([&](const auto& message, auto parse) {
    using type = std::decay_t<decltype(message)>;
    auto fields = fields_of(fields_text(message));
    for (std::size_t at = 0; at <= fields.size(); ++at) {
      std::string longer;
      for (std::size_t i = 0; i <= fields.size(); ++i)
        longer += (i == at ? unknown : "") + (i < fields.size() ? fields[i] : "");
      auto back = parse(as_bytes(framed<type>(longer)));
      CAF_REQUIRE(back);
      CAF_REQUIRE(*back == message);
    }
  });
}

CAF_TEST(a message that was cut is refused or lacks whole fields) {
  for_each_message([](const auto& message, auto parse) {
    auto whole = bytes_of(message);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      auto back = parse(as_bytes(std::string_view{whole}.substr(0, size)));
      CAF_REQUIRE(!back || !(*back == message));
      if (!back)
        CAF_REQUIRE(back.error().code == errc::protocol_violation);
    }
  });
}

CAF_TEST(numbers have one size each) {
  for_each_message([](const auto& message, auto parse) {
    using type = std::decay_t<decltype(message)>;
    auto first = fields_of(fields_text(message)).front(); // a number in every message
    auto longer = first + std::string(1, 'x');
    ++longer[2];
    auto shorter = first.substr(0, first.size() - 1);
    --shorter[2];
    CAF_CHECK(!parse(as_bytes(framed<type>(longer + fields_text(message)))));
    CAF_CHECK(!parse(as_bytes(framed<type>(shorter + fields_text(message)))));
  });
}

CAF_TEST(what is needed must be there) {
  auto without = [](const auto& message, auto parse, std::initializer_list<char> needed) {
    using type = std::decay_t<decltype(message)>;
    for (char tag : needed) {
      std::string rest;
      for (const auto& field : fields_of(fields_text(message)))
        rest += field[0] == tag ? "" : field;
      CAF_CHECK(!parse(as_bytes(framed<type>(rest))));
    }
  };
  without(some_hello, parse_hello, {1, 2, 8});
  without(some_welcome, parse_welcome, {1, 3, 9});
  without(some_bind, parse_bind, {1, 2});
  without(some_bound, parse_bound, {1});
  without(some_unbind, parse_unbind, {1});
  without(some_open, parse_whole_open, {1, 2});
  without(some_goaway, parse_goaway, {1});
  without(some_edges, parse_edges, {1});
}

CAF_TEST(a kind of endpoint that nobody knows is refused) {
  CAF_CHECK(!parse_bind(as_bytes(from_hex("01 0004 00000001 02 0001 04"))));
  CAF_CHECK(!parse_bind(as_bytes(from_hex("01 0004 00000001 02 0001 00"))));
  CAF_CHECK(parse_bind(as_bytes(from_hex("01 0004 00000001 02 0001 03"))));
}

CAF_TEST(long texts are cut when written and refused when read) {
  auto cut = parse_goaway(as_bytes(bytes_of(goaway{.detail = std::string(5000, 'x')})));
  CAF_REQUIRE(cut);
  CAF_CHECK_EQUAL(cut->detail.size(), 4096u);
  auto large = bytes_of(goaway{}) + from_hex("02 1001") + std::string(4097, 'x');
  CAF_CHECK(!parse_goaway(as_bytes(large)));
}

CAF_TEST(times that do not fit are as long as can be) {
  auto back = parse_goaway(as_bytes(bytes_of(goaway{.retry_after = seconds{10'000'000'000}})));
  CAF_CHECK_EQUAL(back->retry_after.count(), 0xffff'ffff);
  back = parse_goaway(as_bytes(bytes_of(goaway{.retry_after = milliseconds{-5}})));
  CAF_CHECK_EQUAL(back->retry_after.count(), 0);
}

CAF_TEST(the first bytes of OPEN follow its fields) {
  auto payload = bytes_of(some_open) + "GET / HTTP/1.1\r\n";
  auto parts = parse_open(as_bytes(payload));
  CAF_REQUIRE(parts);
  CAF_CHECK(parts->message == some_open);
  CAF_CHECK_EQUAL(as_text(parts->first_bytes), "GET / HTTP/1.1\r\n");
}

// The next two are the examples of docs/lane-protocol.md, byte for byte.

CAF_TEST(the HELLO of the specification) {
  byte_queue payload;
  append_to(payload, hello{.version_min = 1,
                           .version_max = 1,
                           .capabilities = 0,
                           .api_key = "sm_live_k",
                           .agent = "demo",
                           .window = 262'144});
  byte_queue wire;
  append_header(wire,
                {.type = frame_type::hello, .length = static_cast<std::uint16_t>(payload.size())});
  wire.append(payload.view());
  CAF_CHECK_EQUAL(to_hex(wire.text()), to_hex(from_hex("01 00 002f 00000000"
                                                       "01 0002 0001"
                                                       "02 0002 0001"
                                                       "03 0008 0000000000000000"
                                                       "04 0009 736d5f6c6976655f6b"
                                                       "07 0004 64656d6f"
                                                       "08 0004 00040000")));
}

CAF_TEST(the OPEN of the specification) {
  byte_queue payload;
  append_to(payload, open{.endpoint = {0x2a},
                          .kind = endpoint_kind::http,
                          .visitor_address = "192.0.2.1",
                          .visitor_port = 55'123,
                          .server_address = "192.0.2.9",
                          .server_port = 8080});
  payload.append("GET / HTTP/1.1\r\n\r\n");
  byte_queue wire;
  append_header(wire, {.type = frame_type::open,
                       .flags = flag_fin,
                       .length = static_cast<std::uint16_t>(payload.size()),
                       .stream = 2});
  wire.append(payload.view());
  CAF_CHECK_EQUAL(to_hex(wire.text()), to_hex(from_hex("02 01 0045 00000002"
                                                       "0031"
                                                       "01 0008 000000000000002a"
                                                       "02 0001 01"
                                                       "03 0009 3139322e302e322e31"
                                                       "04 0002 d753"
                                                       "05 0009 3139322e302e322e39"
                                                       "06 0002 1f90"
                                                       "474554202f20485454502f312e310d0a0d0a")));
}
