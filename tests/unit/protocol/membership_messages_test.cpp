// What members say, and the bytes that docs/membership.md shows.
#define CAF_SUITE membership_messages
#include "protocol/membership/message.hpp"
#include "tests/unit/protocol/hex.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::membership;
using serverme::tests::from_hex;
using serverme::tests::to_hex;

namespace {

const node_id some_id{0x0102030405060708, 0x090a0b0c0d0e0f10};
const node_id other_id{0xf0, 1};

const facts some_facts{.roles = {node_role::edge, node_role::control},
                       .name = "edge-1",
                       .cluster_address = "198.51.100.7:7946",
                       .lane_address = "198.51.100.7:8443",
                       .public_addresses = {"203.0.113.7:443", "[2001:db8::7]:443"},
                       .software = "0.1.0",
                       .protocol_min = 1,
                       .protocol_max = 3,
                       .load = 250,
                       .capacity = 10'000,
                       .draining = true,
                       .unknown = from_hex("63 0002 abcd")};

const record alive_record{.id = some_id,
                          .run = 0x1122,
                          .incarnation = 5,
                          .state = state::alive,
                          .started = 0x33,
                          .about = some_facts,
                          .accusers = {}};
const record suspect_record{.id = some_id,
                            .run = 0x1122,
                            .incarnation = 5,
                            .state = state::suspect,
                            .started = 0,
                            .about = {},
                            .accusers = {other_id, {7, 8}}};

message of_type(message_type type) {
  message out;
  out.type = type;
  out.sequence = 0x0a0b0c0d;
  out.run = 0x77;
  out.incarnation = 3;
  return out;
}

std::vector<message> one_of_each() {
  std::vector<message> out;
  for (auto type :
       {message_type::ping, message_type::ack, message_type::ping_request, message_type::nack,
        message_type::gossip, message_type::digest, message_type::table, message_type::correction,
        message_type::refusal, message_type::ask})
    out.push_back(of_type(type));
  out[1].target = other_id;
  out[1].target_run = 12;
  out[2].target = other_id;
  out[3].target = other_id;
  out[4].records = {alive_record, suspect_record};
  out[5].digest = 0xfeed;
  out[5].members = 12;
  out[6].page = id_range{{}, some_id};
  out[6].records = {alive_record};
  out[8].target_run = 99;
  out[8].refused = fail(errc::identity_in_use, "edge-1");
  return out;
}

template <class Value>
std::string bytes_of(const Value& x) {
  byte_queue out;
  append_to(out, x);
  return std::string{out.text()};
}

bool is_malformed(const std::string& bytes) {
  auto read = parse_message(as_bytes(bytes));
  return !read && read.error().code == errc::gossip_malformed;
}

std::string head_hex(std::string_view type) {
  return from_hex("534d4701") + from_hex(type) + from_hex("00 0a0b0c0d 0000000000000077 00000003");
}

std::string with_record(const std::string& bytes) {
  std::string size{static_cast<char>(bytes.size() >> 8), static_cast<char>(bytes.size() & 255)};
  return head_hex("05") + "\x01" + size + bytes;
}

const std::string record_head
  = from_hex("0102030405060708 090a0b0c0d0e0f10 0000000000001122 00000005");

} // namespace

CAF_TEST(every message comes back as it was) {
  for (const auto& x : one_of_each()) {
    auto back = parse_message(as_bytes(bytes_of(x)));
    CAF_REQUIRE(back);
    CAF_CHECK(*back == x);
  }
}

CAF_TEST(the bytes are those of the page) {
  CAF_CHECK_EQUAL(to_hex(bytes_of(of_type(message_type::ping))), "534d4701"
                                                                 "01"
                                                                 "00"
                                                                 "0a0b0c0d"
                                                                 "0000000000000077"
                                                                 "00000003");
  auto request = of_type(message_type::ping_request);
  request.target = some_id;
  CAF_CHECK_EQUAL(to_hex(bytes_of(request)), to_hex(head_hex("03"))
                                               + "02"
                                                 "0010"
                                                 "0102030405060708090a0b0c0d0e0f10");
  CAF_CHECK_EQUAL(to_hex(bytes_of(suspect_record)), to_hex(record_head)
                                                      + "02"
                                                        "02"
                                                        "0010"
                                                        "00000000000000f00000000000000001"
                                                        "02"
                                                        "0010"
                                                        "00000000000000070000000000000008");
  record small{.id = some_id,
               .run = 0x1122,
               .incarnation = 5,
               .state = state::alive,
               .started = 0x33,
               .about = facts{.roles = {node_role::worker}, .name = "w"},
               .accusers = {}};
  CAF_CHECK_EQUAL(to_hex(bytes_of(small)), to_hex(record_head)
                                             + "01"
                                               "01"
                                               "0008"
                                               "0000000000000033"
                                               "03"
                                               "0004"
                                               "00000002"
                                               "04"
                                               "0001"
                                               "77"
                                               "09"
                                               "0002"
                                               "0001"
                                               "0a"
                                               "0002"
                                               "0001"
                                               "0b"
                                               "0002"
                                               "0000"
                                               "0c"
                                               "0004"
                                               "00000000");
}

CAF_TEST(fields of a later version are carried on with a record) {
  auto unknown = from_hex("40 0003 616263");
  auto first = bytes_of(alive_record) + unknown;
  auto back = parse_record(as_bytes(first));
  CAF_REQUIRE(back && *back);
  CAF_CHECK_EQUAL(to_hex((*back)->about->unknown), to_hex(some_facts.unknown + unknown));
  CAF_CHECK(bytes_of(**back).ends_with(some_facts.unknown + unknown));
}

CAF_TEST(no more of them than the bag holds) {
  auto bytes = bytes_of(alive_record);
  for (int i = 0; i < 6; ++i)
    bytes += from_hex("41 0064") + std::string(100, 'x');
  auto back = parse_record(as_bytes(bytes));
  CAF_REQUIRE(back && *back);
  CAF_CHECK((*back)->about->unknown.size() <= unknown_bytes_max);
  CAF_CHECK_EQUAL((*back)->about->name, "edge-1");
}

CAF_TEST(a reader skips fields and states and types that it does not know) {
  auto longer = bytes_of(of_type(message_type::ping)) + from_hex("63 0003 616263");
  CAF_CHECK(*parse_message(as_bytes(longer)) == of_type(message_type::ping));
  auto later_state = with_record(record_head + from_hex("09"));
  auto back = parse_message(as_bytes(later_state));
  CAF_REQUIRE(back);
  CAF_CHECK(back->records.empty());
  CAF_CHECK(parse_message(as_bytes(head_hex("c8"))).has_value());
}

CAF_TEST(flags are ignored by a reader of this version) {
  auto bytes = bytes_of(of_type(message_type::ping));
  bytes[5] = '\x7f';
  CAF_CHECK(*parse_message(as_bytes(bytes)) == of_type(message_type::ping));
}

CAF_TEST(a message that ends early is malformed or a shorter one) {
  for (const auto& x : one_of_each()) {
    auto whole = bytes_of(x);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      auto read = parse_message(as_bytes(whole.substr(0, size)));
      CAF_REQUIRE(!read || bytes_of(*read).size() <= size);
    }
  }
}

CAF_TEST(what cannot be is malformed) {
  CAF_CHECK(is_malformed(""));
  CAF_CHECK(is_malformed(from_hex("534d4702") + head_hex("01").substr(4)));
  CAF_CHECK(is_malformed(head_hex("03")));                              // without a target
  CAF_CHECK(is_malformed(head_hex("06")));                              // a digest of nobody
  CAF_CHECK(is_malformed(head_hex("07")));                              // a table without a page
  CAF_CHECK(is_malformed(head_hex("09")));                              // a refusal of nothing
  CAF_CHECK(is_malformed(head_hex("01") + from_hex("02 0003 010203"))); // an id of three bytes
  CAF_CHECK(is_malformed(head_hex("01") + std::string(page_bytes_max, '\0')));
  CAF_CHECK(is_malformed(with_record(record_head)));                    // no state
  CAF_CHECK(is_malformed(with_record(record_head + from_hex("01"))));   // alive without facts
  CAF_CHECK(is_malformed(with_record(std::string(28, '\0') + "\x03"))); // nobody
}

CAF_TEST(a run beyond the largest is malformed) {
  auto x = suspect_record;
  x.run = run_max;
  CAF_CHECK(!is_malformed(with_record(bytes_of(x))));
  x.run = run_max + 1;
  CAF_CHECK(is_malformed(with_record(bytes_of(x))));
}

CAF_TEST(texts that would play with a terminal are malformed) {
  for (auto text : {"\x1b[2J", "a\nb", "\x7f"}) {
    auto x = alive_record;
    x.about->name = text;
    CAF_CHECK(is_malformed(with_record(bytes_of(x))));
  }
}

CAF_TEST(facts are checked before they are told) {
  CAF_CHECK(check(some_facts).has_value());
  auto wrong = [](auto change) {
    auto x = some_facts;
    change(x);
    return !check(x).has_value();
  };
  CAF_CHECK(wrong([](facts& x) { x.name.assign(name_bytes_max + 1, 'n'); }));
  CAF_CHECK(wrong([](facts& x) { x.name = "a\tb"; }));
  CAF_CHECK(wrong([](facts& x) { x.cluster_address.assign(address_bytes_max + 1, 'a'); }));
  CAF_CHECK(wrong([](facts& x) { x.public_addresses.resize(public_addresses_max + 1, "a"); }));
  CAF_CHECK(wrong([](facts& x) {
    x.public_addresses.assign(public_addresses_max, std::string(address_bytes_max, 'a'));
  }));
  CAF_CHECK(wrong([](facts& x) { x.protocol_min = 4; }));
}

CAF_TEST(a record that has no room for accusers is malformed) {
  auto x = alive_record;
  x.about->unknown.clear();
  x.about->public_addresses.assign(3, std::string(address_bytes_max, 'a'));
  x.about->lane_address.assign(100, 'a');
  CAF_CHECK(!check(*x.about));
  auto bytes = bytes_of(x);
  CAF_CHECK(bytes.size() <= record_bytes_max);
  CAF_CHECK(is_malformed(with_record(bytes)));
  x.about->public_addresses.pop_back();
  CAF_CHECK(!is_malformed(with_record(bytes_of(x))));
}

CAF_TEST(a writer takes as many records as have room) {
  byte_queue out;
  message_writer writer{out, of_type(message_type::gossip), gossip_bytes_max};
  std::size_t taken = 0;
  while (writer.add(alive_record))
    ++taken;
  CAF_CHECK(taken > 5);
  CAF_CHECK(out.size() <= gossip_bytes_max);
  CAF_CHECK_EQUAL(parse_message(out.view())->records.size(), taken);
}

CAF_TEST(a newer run wins and then a newer incarnation and then the worse state) {
  record x{.id = some_id, .run = 5, .incarnation = 5, .state = state::suspect};
  auto with = [&](std::uint64_t run, std::uint32_t incarnation, state is) {
    auto out = x;
    out.run = run;
    out.incarnation = incarnation;
    out.state = is;
    return out;
  };
  CAF_CHECK(supersedes(with(6, 0, state::alive), x));
  CAF_CHECK(!supersedes(with(4, 9, state::left), x));
  CAF_CHECK(supersedes(with(5, 6, state::alive), x));
  CAF_CHECK(!supersedes(with(5, 4, state::dead), x));
  CAF_CHECK(supersedes(with(5, 5, state::dead), x));
  CAF_CHECK(supersedes(with(5, 5, state::left), with(5, 5, state::dead)));
  CAF_CHECK(!supersedes(with(5, 5, state::alive), x));
  CAF_CHECK(!supersedes(x, x));
}
