// Many lanes with many streams, run on a virtual clock from a seed: what must hold whatever
// happens.
//
// An edge and an agent are joined by a path with a delay and a bandwidth, which delivers in pieces
// of random size. Both sides of each stream write random amounts, end half-way or reset, and read
// fast, slowly or not at all. A failure names its seed.
#define CAF_SUITE lane_simulation
#include "protocol/lane/core.hpp"
#include "tests/unit/test.hpp"

#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>

using namespace serverme;

namespace {

using rng = std::mt19937_64;

std::size_t up_to(rng& random, std::size_t most) { return random() % (most + 1); }
bool one_in(rng& random, std::size_t count) { return random() % count == 0; }

/// The byte that stands at `at` of a direction: whoever receives knows what to expect.
char byte_at(lane::stream_id id, lane::side from, std::size_t at) {
  return static_cast<char>(id * 7 + (from == lane::side::edge ? 3 : 0) + at + at / 256);
}

enum class appetite : std::uint8_t { fast, slow, none };

class participant;

/// One side of a stream: what it wants to say, and what it has heard.
class talker final : public lane::stream_handler {
public:
  talker(participant& owner, lane::side me, std::size_t to_send, appetite hunger)
    : owner_{owner}, me_{me}, to_send_{to_send}, hunger_{hunger} {}

  void on_data(bytes_view bytes) override;
  void on_finish() override;
  void on_writable() override { write_more(); }
  void on_reset(errc) override { over = true; }

  void write_more();
  void step(rng& random, time_point now);
  bool is_done() const { return over || (sent_fin_ && heard_fin_); }
  bool is_stalled() const { return hunger_ == appetite::none; }
  void wake() { hunger_ = appetite::fast; }

  lane::stream_id id = 0;
  bool over = false;
  std::size_t heard = 0;
  std::size_t said = 0;
  std::size_t unread = 0;
  std::size_t reset_after = SIZE_MAX;

private:
  participant& owner_;
  lane::side me_;
  std::size_t to_send_;
  appetite hunger_;
  bool sent_fin_ = false;
  bool heard_fin_ = false;
};

/// One end of the lane.
class participant final : public lane::lane_handler {
public:
  participant(lane::side which, lane::core_limits limits, std::size_t budget, rng& random)
    : me{which},
      bounds{limits},
      windows{budget},
      core{which, limits, *this, windows},
      random_{random} {
    core.set_peer_window(limits.window_initial);
  }

  lane::stream_handler* on_open(lane::stream_id id, const lane::open&, bytes_view first) override {
    if (one_in(random_, 40))
      return nullptr;
    auto& who = add();
    who.id = id;
    who.on_data(first);
    return &who;
  }
  void on_control(lane::frame_type, bytes_view) override {}
  void on_pong(microseconds) override {}
  void on_output() override {}

  talker& add() {
    auto hunger = one_in(random_, 6)   ? appetite::none
                  : one_in(random_, 3) ? appetite::slow
                                       : appetite::fast;
    auto size = one_in(random_, 5) ? up_to(random_, 300'000) : up_to(random_, 3'000);
    auto& made = *talkers.emplace_back(std::make_unique<talker>(*this, me, size, hunger));
    if (one_in(random_, 10))
      made.reset_after = up_to(random_, 20'000);
    return made;
  }

  void open_one() {
    auto& who = add();
    std::string first;
    for (std::size_t i = 0; i < up_to(random_, 600); ++i)
      first += byte_at(next_id, me, i);
    std::size_t taken = 0;
    auto id = core.open_stream({.endpoint = {1}}, as_bytes(first), taken, who);
    if (!id) {
      talkers.pop_back();
      return;
    }
    who.id = *id;
    who.said = taken;
    next_id = *id + 2;
    who.write_more();
  }

  std::size_t held() const {
    std::size_t sum = 0;
    for (const auto& who : talkers)
      sum += who->is_done() ? 0 : who->unread; // the core has let go of those
    return sum;
  }

  lane::side me;
  lane::core_limits bounds;
  lane::window_budget windows;
  lane::core core;
  std::vector<std::unique_ptr<talker>> talkers;
  lane::stream_id next_id = 2;
  bool all_in_order = true;

private:
  rng& random_;
};

void talker::on_data(bytes_view bytes) {
  auto from = me_ == lane::side::edge ? lane::side::agent : lane::side::edge;
  for (auto byte : as_text(bytes))
    owner_.all_in_order = owner_.all_in_order && byte == byte_at(id, from, heard++);
  unread += bytes.size();
}

void talker::on_finish() {
  owner_.all_in_order = owner_.all_in_order && !heard_fin_;
  heard_fin_ = true;
}

void talker::write_more() {
  while (!over && !sent_fin_) {
    if (said >= to_send_) {
      sent_fin_ = true;
      owner_.core.finish(id);
      return;
    }
    std::string piece(std::min<std::size_t>(to_send_ - said, 8192), '\0');
    for (std::size_t i = 0; i < piece.size(); ++i)
      piece[i] = byte_at(id, me_, said + i);
    auto taken = owner_.core.write(id, as_bytes(piece));
    said += taken;
    if (taken < piece.size())
      return;
  }
}

void talker::step(rng& random, time_point now) {
  if (over)
    return;
  if (heard + said > reset_after) {
    over = true;
    return owner_.core.reset(id, errc::stream_reset);
  }
  if (said == 0 && !sent_fin_)
    write_more();
  auto count = hunger_ == appetite::fast   ? unread
               : hunger_ == appetite::slow ? std::min(unread, up_to(random, 2'000))
                                           : 0;
  unread -= count;
  if (!heard_fin_ || !sent_fin_)
    owner_.core.consumed(id, count, now);
}

/// One direction: bytes arrive after a delay, as fast as the path allows, cut anywhere.
class path {
public:
  path(milliseconds delay, std::size_t bytes_per_tick) : delay_{delay}, rate_{bytes_per_tick} {}

  bool has_room() const { return waiting_.size() < 64 * 1024 + rate_; }
  void send(bytes_view bytes) { waiting_.append(bytes); }
  bool empty() const { return waiting_.empty() && flying_.empty(); }

  void tick(time_point now) {
    auto count = std::min(waiting_.size(), rate_);
    if (count == 0)
      return;
    flying_.push_back({now + delay_, std::string{waiting_.text().substr(0, count)}});
    waiting_.consume(count);
  }
  bool deliver(lane::core& to, time_point now, rng& random) {
    for (; !flying_.empty() && flying_.front().due <= now; flying_.pop_front()) {
      std::string_view rest = flying_.front().bytes;
      while (!rest.empty()) {
        auto piece = rest.substr(0, 1 + up_to(random, one_in(random, 4) ? 20 : 40'000));
        rest.remove_prefix(piece.size());
        if (!to.on_bytes(as_bytes(piece), now))
          return false;
      }
    }
    return true;
  }

private:
  struct flight {
    time_point due;
    std::string bytes;
  };
  milliseconds delay_;
  std::size_t rate_;
  byte_queue waiting_;
  std::deque<flight> flying_;
};

struct world {
  explicit world(std::uint64_t seed)
    : random{seed},
      limits{.streams_max = 1 + up_to(random, 20),
             .window_initial = static_cast<std::uint32_t>(1'000 + up_to(random, 60'000)),
             .window_max = static_cast<std::uint32_t>(61'000 + up_to(random, 500'000)),
             .stream_queue_max = 500 + up_to(random, 60'000),
             .batch_bytes = 200 + up_to(random, 60'000)},
      budget{up_to(random, 2'000'000)},
      edge{lane::side::edge, limits, budget, random},
      agent{lane::side::agent, limits, budget, random},
      to_agent{milliseconds{up_to(random, 40)}, 2'000 + up_to(random, 100'000)},
      to_edge{milliseconds{up_to(random, 40)}, 2'000 + up_to(random, 100'000)} {}

  bool pump(participant& from, path& out) {
    while (from.core.has_output() && out.has_room()) {
      byte_queue frames;
      from.core.fill(frames, 1 + up_to(random, 60'000));
      if (frames.empty())
        return false; // it promised something
      out.send(frames.view());
    }
    return true;
  }

  /// @returns what went wrong
  const char* tick() {
    now += milliseconds{1};
    for (auto* side : {&edge, &agent})
      for (std::size_t i = 0; i < side->talkers.size(); ++i)
        side->talkers[i]->step(random, now);
    if (!pump(edge, to_agent) || !pump(agent, to_edge))
      return "a core that promised output had none";
    to_agent.tick(now);
    to_edge.tick(now);
    if (!to_agent.deliver(agent.core, now, random) || !to_edge.deliver(edge.core, now, random))
      return "a side broke the protocol";
    if (!edge.all_in_order || !agent.all_in_order)
      return "a byte out of order";
    return is_bounded(edge) && is_bounded(agent) ? nullptr : "a bound exceeded";
  }

  /// Only the first windows may go beyond the budget, and what waits for a reader is within them.
  static bool is_bounded(const participant& side) {
    auto first_windows = side.core.streams() * std::size_t{side.bounds.window_initial};
    return side.windows.used() <= side.windows.limit() + first_windows
           && side.held() <= side.windows.used();
  }

  bool is_quiet() {
    return edge.core.streams() + agent.core.streams() == 0 && to_agent.empty() && to_edge.empty()
           && !edge.core.has_output() && !agent.core.has_output();
  }

  /// Runs until every stream that no reader holds up has ended. @returns what went wrong
  const char* run(std::size_t streams) {
    for (int ticks = 0; ticks < 100'000; ++ticks) {
      if (streams > 0 && one_in(random, 3)) {
        edge.open_one();
        --streams;
      }
      if (const auto* wrong = tick())
        return wrong;
      if (streams == 0 && only_stalled_are_left())
        return finish();
    }
    return "streams that nobody held up did not end";
  }

  bool only_stalled_are_left() {
    std::map<lane::stream_id, bool> stalled;
    for (auto* side : {&edge, &agent})
      for (const auto& who : side->talkers)
        stalled[who->id] = stalled[who->id] || who->is_stalled();
    for (auto* side : {&edge, &agent})
      for (const auto& who : side->talkers)
        if (!who->is_done() && !stalled[who->id])
          return false;
    return true;
  }

  const char* finish() {
    for (auto* side : {&edge, &agent})
      for (const auto& who : side->talkers)
        who->wake();
    for (int ticks = 0; ticks < 100'000; ++ticks) {
      if (const auto* wrong = tick())
        return wrong;
      if (is_quiet())
        return edge.windows.used() + agent.windows.used() == 0 && counts_agree()
                 ? nullptr
                 : "a budget or a count that is not what it was";
    }
    return "the lane did not fall silent";
  }

  /// What one side said and the other did not hear was cut by a reset.
  bool counts_agree() {
    std::map<lane::stream_id, const talker*> at_agent;
    for (const auto& who : agent.talkers)
      at_agent[who->id] = who.get();
    for (const auto& who : edge.talkers) {
      const auto* other = at_agent[who->id];
      if (other == nullptr || who->over || other->over)
        continue;
      if (who->said != other->heard || other->said != who->heard || !other->is_done())
        return false;
    }
    return true;
  }

  rng random;
  lane::core_limits limits;
  std::size_t budget;
  participant edge;
  participant agent;
  path to_agent;
  path to_edge;
  time_point now{seconds{1}};
};

} // namespace

CAF_TEST(whatever happens bytes arrive once and in order and everything is given back) {
  std::string wrong;
  for (std::uint64_t seed = 1; seed <= 300 && wrong.empty(); ++seed)
    if (const auto* what = world{seed}.run(30))
      wrong = "seed " + std::to_string(seed) + ": " + what;
  CAF_CHECK_EQUAL(wrong, "");
}

CAF_TEST(a window follows the bandwidth and delay of its path) {
  struct bulk_user final : lane::lane_handler, lane::stream_handler {
    lane::stream_handler* on_open(lane::stream_id id, const lane::open&, bytes_view) override {
      opened = id;
      return this;
    }
    void on_control(lane::frame_type, bytes_view) override {}
    void on_pong(microseconds) override {}
    void on_output() override {}
    void on_data(bytes_view bytes) override { heard += bytes.size(); }
    void on_finish() override {}
    void on_writable() override {}
    void on_reset(errc) override {}
    lane::stream_id opened = 0;
    std::size_t heard = 0;
  } reader, writer;
  lane::window_budget budget{1UL << 40};
  lane::core edge{lane::side::edge, {}, reader, budget};
  lane::core agent{lane::side::agent, {}, writer, budget};
  edge.set_peer_window(lane::core_limits{}.window_initial);
  agent.set_peer_window(lane::core_limits{}.window_initial);
  // 100 ms there and back, 100 MB/s: 10 MB are on their way.
  path to_agent{milliseconds{50}, 100'000};
  path to_edge{milliseconds{50}, 100'000};
  rng random{1};
  auto offer = [](lane::core& from, path& out) {
    while (from.has_output() && out.has_room()) {
      byte_queue frames;
      from.fill(frames, 256 * 1024);
      out.send(frames.view());
    }
  };
  std::size_t taken = 0;
  auto id = *edge.open_stream({.endpoint = {1}}, {}, taken, reader);
  const std::string piece(64 * 1024, 'x');
  time_point now{seconds{1}};
  std::size_t before = 0;
  auto well = true;
  for (int ticks = 0; ticks < 3'000 && well; ++ticks, now += milliseconds{1}) {
    if (ticks == 2'000)
      before = reader.heard;
    while (writer.opened == id && agent.write(id, as_bytes(piece)) == piece.size()) {
    }
    offer(edge, to_agent);
    offer(agent, to_edge);
    to_agent.tick(now);
    to_edge.tick(now);
    auto heard = reader.heard;
    well = to_agent.deliver(agent, now, random) && to_edge.deliver(edge, now, random);
    edge.consumed(id, reader.heard - heard, now);
  }
  CAF_CHECK(well);
  CAF_CHECK_GREATER_OR_EQUAL(budget.used(), 8U * 1024 * 1024);
  CAF_CHECK_GREATER(reader.heard - before, 80'000'000u); // of 100 MB in the last second
}
