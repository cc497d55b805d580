// Both sides of a lane, fed by a hostile peer, with users who do something at every turn.
//
// The first byte says which side listens (bit 0) and how the bytes are cut (the rest).
#include "protocol/lane/core.hpp"
#include "tests/fuzz/require.hpp"

#include <algorithm>
#include <memory>
#include <vector>

using namespace serverme;

namespace {

constexpr lane::core_limits limits{.streams_max = 8,
                                   .window_initial = 20'000,
                                   .window_max = 100'000,
                                   .stream_queue_max = 4'000,
                                   .batch_bytes = 3'000,
                                   .control_queue_max = 4'000};

struct user final : lane::lane_handler {
  explicit user(lane::side which) : core{which, limits, *this, budget} {
    core.set_peer_window(10'000);
  }

  /// What it does follows from the stream's number.
  struct talker final : lane::stream_handler {
    talker(user& who, lane::stream_id number) : owner{who}, id{number} {}
    void on_data(bytes_view bytes) override {
      require(!is_over && !ended && !bytes.empty());
      heard += bytes.size();
      switch (id / 2 % 4) {
        case 0: owner.core.consumed(id, bytes.size(), owner.now); break;
        case 1: owner.core.write(id, bytes); break;
        case 2: owner.core.consumed(id, heard, owner.now); break;
        default:
          if (heard > 100) {
            is_over = true;
            owner.core.reset(id, errc::stream_reset);
          }
      }
    }
    void on_finish() override {
      require(!is_over && !ended);
      ended = true;
      owner.core.finish(id);
    }
    void on_writable() override {
      require(!is_over);
      owner.core.write(id, as_bytes("more"));
    }
    void on_reset(errc) override {
      require(!is_over);
      is_over = true;
    }
    user& owner;
    lane::stream_id id;
    std::size_t heard = 0;
    bool ended = false;
    bool is_over = false;
  };

  lane::stream_handler* on_open(lane::stream_id id, const lane::open&, bytes_view first) override {
    if (id % 14 == 0)
      return nullptr;
    auto& made = *talkers.emplace_back(std::make_unique<talker>(*this, id));
    core.consumed(id, first.size(), now);
    core.write(id, first);
    return &made;
  }
  void on_control(lane::frame_type, bytes_view payload) override {
    require(payload.size() <= lane::payload_bytes_max);
  }
  void on_pong(microseconds) override {}
  void on_output() override {}

  void open_streams() {
    for (lane::stream_id id = 2; id <= 8; id += 2) {
      auto& made = *talkers.emplace_back(std::make_unique<talker>(*this, id));
      std::size_t taken = 0;
      require(core.open_stream({}, as_bytes("first"), taken, made).has_value());
    }
    core.ping(now);
  }

  void take_output(byte_queue& out) {
    out.clear();
    auto promised = core.has_output();
    core.fill(out, 1'000);
    require(promised == !out.empty());
    while (out.size() >= lane::header_bytes) {
      auto header = lane::read_header(out.view());
      require(header && out.size() >= lane::header_bytes + header->length);
      out.consume(lane::header_bytes + header->length);
    }
    require(out.empty());
  }

  time_point now{seconds{1}};
  lane::window_budget budget{300'000};
  std::vector<std::unique_ptr<talker>> talkers;
  lane::core core;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  auto which = (data[0] & 1) != 0 ? lane::side::edge : lane::side::agent;
  auto cut = std::size_t{data[0]} / 2 + 1;
  user who{which};
  if (which == lane::side::edge)
    who.open_streams();
  byte_queue out;
  bytes_view rest{reinterpret_cast<const std::byte*>(data) + 1, size - 1};
  while (!rest.empty()) {
    auto piece = rest.first(std::min(cut, rest.size()));
    rest = rest.subspan(piece.size());
    if (!who.core.on_bytes(piece, who.now))
      break;
    // A peer that reads only now and then.
    if (who.core.counters().frames_in % 3 == 0)
      who.take_output(out);
    who.now += microseconds{300};
    require(who.core.streams() <= limits.streams_max);
  }
  who.core.abandon(errc::agent_lost);
  require(who.core.streams() == 0 && who.budget.used() == 0 && !who.core.has_output());
  return 0;
}
