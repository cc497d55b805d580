// A member of a cluster whose peers send anything, at any time.
//
// Chunks of a header and bytes: what happens (u8), how many bytes (u8, times four). Happenings:
// 0-3 a message of one of four peers, 4 one of somebody with this node's own identity, 5 time goes
// by, 6 a link is lost, 7 the owner does something.
#include "protocol/membership/core.hpp"
#include "tests/fuzz/require.hpp"

using namespace serverme;
using namespace serverme::membership;

namespace {

constexpr node_id self{0x50, 0};
constexpr limits bounds{.members_max = 6, .relays_max = 4, .identity_checks_max = 2};

node_id peer(unsigned number) { return {0x10 * (number + 1), 0}; }

/// What can be read can be written and read again.
void round_trip(bytes_view bytes) {
  auto first = parse_message(bytes);
  if (!first)
    return;
  byte_queue out;
  append_to(out, *first);
  auto second = parse_message(out.view());
  require(second.has_value());
  byte_queue again;
  append_to(again, *second);
  require(out.text() == again.text());
}

void take_out(core& node) {
  outgoing x;
  while (node.poll(x)) {
    require(x.bytes.size() <= page_bytes_max);
    auto read = parse_message(x.bytes.view());
    require(read.has_value());
    require(read->run <= node.self().run);
  }
  event e;
  while (node.poll(e))
    require(e.who != node_id{});
}

void check(const core& node) {
  auto digest = node.digest();
  std::size_t live = 0;
  for (const auto& [id, x] : node.others()) {
    require(id != self && id == x.what.id && id != node_id{});
    require(x.what.about.has_value());
    require(x.what.accusers.size() <= accusers_max);
    require(x.doubt.has_value() == (x.what.state == state::suspect));
    if (is_live(x.what.state)) {
      ++live;
      digest ^= digest_of(x.what);
    }
  }
  require(live == node.live() && node.others().size() <= bounds.members_max);
  require(digest == (is_live(node.self().state) ? digest_of(node.self()) : 0));
  require(node.self().run < run_max);
}

void act(core& node, bytes_view bytes, time_point now) {
  auto choice = bytes.empty() ? 0U : std::to_integer<unsigned>(bytes[0]);
  auto about = *node.self().about;
  switch (choice % 5) {
    case 0: node.contact(peer(choice / 5 % 4), now); break;
    case 1:
      about.draining = !about.draining;
      about.load = static_cast<std::uint16_t>(choice * 3);
      require(node.update(about, now).has_value());
      break;
    case 2: node.leave(now); break;
    case 3: require(node.ban(peer(choice / 5 % 4), now).has_value()); break;
    default: node.unban(peer(choice / 5 % 4));
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bytes_view rest{reinterpret_cast<const std::byte*>(data), size};
  round_trip(rest);
  time_point now{seconds{100}};
  core node{self, 1000, {.roles = {node_role::edge}, .name = "me"}, bounds, 1, now};
  while (rest.size() >= 2) {
    auto what = std::to_integer<unsigned>(rest[0]) % 8;
    auto count = std::min(std::to_integer<std::size_t>(rest[1]) * 4, rest.size() - 2);
    auto bytes = rest.subspan(2, count);
    rest = rest.subspan(2 + count);
    if (what < 5) {
      round_trip(bytes);
      node.handle(what == 4 ? self : peer(what), bytes, now);
    } else if (what == 5) {
      // Up to a quarter of an hour, in steps that are due.
      for (std::size_t i = 0; i <= count; ++i) {
        now = std::max(now, node.next_due()) + milliseconds{count > 200 ? 1000 : 0};
        node.tick(now);
        take_out(node);
      }
    } else if (what == 6) {
      node.on_link_lost(peer(static_cast<unsigned>(count) % 4), now);
    } else {
      act(node, bytes, now);
    }
    take_out(node);
    check(node);
  }
  return 0;
}
