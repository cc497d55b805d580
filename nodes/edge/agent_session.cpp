#include "nodes/edge/agent_session.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace serverme::edge {

namespace {

// An agent that goes by itself has this long to end its streams.
constexpr milliseconds goodbye_time{2'000};
// An agent that is sent to another edge moves first, and then says goodbye here.
constexpr milliseconds move_time{3'000};
// A lane in doubt has this long to answer: more than a bad mobile connection needs, less than the
// silence that makes any lane count as lost.
constexpr milliseconds doubt_time{3'000};

lane::core_limits core_limits_of(const edge_limits& limits) {
  lane::core_limits out;
  out.streams_max = limits.streams_per_lane;
  return out;
}

// Later than the agent, whose pings prove both to each other: see protocol/heartbeat.hpp.
constexpr heartbeat_limits liveness{.ping_after = milliseconds{6'000},
                                    .dead_after = milliseconds{9'000}};

} // namespace

agent_lane::agent_lane(agent_session& session, std::uint64_t serial,
                       std::unique_ptr<net::channel> connection, const lane::welcome& greeting,
                       std::uint32_t peer_window)
  : session_{session},
    serial_{serial},
    budget_{session.home().limits().lane_window_bytes, &session.home().budget_of(session.owner())},
    link_{std::move(connection),
          lane::side::edge,
          core_limits_of(session.home().limits()),
          liveness,
          budget_,
          *this} {
  link_.core().set_peer_window(peer_window);
  byte_queue payload;
  append_to(payload, greeting);
  link_.send_control(lane::frame_type::hello, payload);
}

agent_lane::~agent_lane() = default;

void agent_lane::doubt() {
  doubted_at_ = session_.home().now();
  link_.doubt(doubt_time);
}

void agent_lane::say_goodbye(const lane::goaway& why, milliseconds time) {
  byte_queue payload;
  append_to(payload, why);
  link_.send_control(lane::frame_type::goaway, payload);
  leaving_ = true;
  auto now = session_.home().now();
  close_at_ = std::min(close_at_, now + time);
  if (!why.prefer.empty())
    idle_until_ = now + move_time;
}

void agent_lane::on_tick(time_point now) {
  link_.on_tick(now);
  if (!leaving_ && link_.core().is_used_up())
    say_goodbye({.code = errc::draining, .detail = "this connection is used up"}, goodbye_time);
  auto is_done = link_.core().streams() == 0 && now >= idle_until_;
  if (leaving_ && (now >= close_at_ || is_done))
    on_shutdown();
}

void agent_lane::on_shutdown() {
  link_.close_gently();
  session_.lane_gone(*this);
}

lane::stream_handler* agent_lane::on_stream(lane::stream_id, const lane::open&, bytes_view) {
  return nullptr; // agents open no streams
}

void agent_lane::on_control(lane::frame_type type, bytes_view payload) {
  if (auto outcome = take_control(type, payload); !outcome)
    link_.reject(outcome.error());
}

result<done> agent_lane::take_control(lane::frame_type type, bytes_view payload) {
  switch (type) {
    case lane::frame_type::bind: {
      auto wish = lane::parse_bind(payload);
      if (!wish)
        return fail(wish.error());
      session_.ask_to_bind(serial_, *wish);
      return done{};
    }
    case lane::frame_type::unbind: {
      auto what = lane::parse_unbind(payload);
      if (!what)
        return fail(what.error());
      session_.home().deciders().unbind(session_.id(), what->endpoint);
      return done{};
    }
    case lane::frame_type::goaway: {
      auto why = lane::parse_goaway(payload);
      if (!why)
        return fail(why.error());
      // One lane less, whose streams may take their time, or the whole agent: it says which.
      leaving_ = true;
      idle_until_ = time_point::min();
      if (why->code != errc::closed_by_owner)
        return done{};
      session_.home().deciders().leave(session_.id());
      close_at_ = session_.home().now() + goodbye_time;
      return done{};
    }
    default: return fail(errc::protocol_violation, "an agent does not send this frame");
  }
}

void agent_lane::on_lane_closed(const failure&) { session_.lane_gone(*this); }

agent_session::agent_session(edge_loop& home, session_id id, account_id owner)
  : home_{home}, id_{id}, owner_{owner} {}

agent_session::~agent_session() = default;

void agent_session::add_lane(std::unique_ptr<net::channel> connection,
                             const lane::welcome& greeting, std::uint32_t peer_window) {
  make_room();
  for (auto* lane : lanes_)
    lane->doubt();
  auto& lane = home_.admit(std::make_unique<agent_lane>(*this, ++lanes_ever_, std::move(connection),
                                                        greeting, peer_window));
  lanes_.push_back(&lane);
  lane.start();
  home_.deciders().lanes_changed(id_, lanes_.size());
  home_.announce_change();
}

void agent_session::make_room() {
  if (lanes_.size() < home_.limits().lanes_per_session)
    return;
  auto stalest = std::ranges::min_element(lanes_, {},
                                          [](agent_lane* lane) { return lane->link().heard_at(); });
  ++home_.counters().lanes_replaced;
  (*stalest)->link().reject(fail(errc::lane_limit));
}

void agent_session::lane_gone(agent_lane& lane) {
  if (std::erase(lanes_, &lane) == 0)
    return;
  home_.retire(lane);
  home_.deciders().lanes_changed(id_, lanes_.size());
  if (lanes_.empty())
    home_.forget_session(id_);
}

agent_lane* agent_session::pick_lane(time_point now) noexcept {
  agent_lane* best = nullptr;
  std::tuple<bool, bool, double> least;
  for (auto* lane : lanes_) {
    if (!lane->takes_streams())
      continue;
    std::tuple load{!lane->core().has_room(), lane->is_doubtful(), lane->link().recent_bytes(now)};
    if (best == nullptr || load < least) {
      best = lane;
      least = load;
    }
  }
  return best;
}

agent_lane* agent_session::find_lane(std::uint64_t serial) noexcept {
  auto found = std::ranges::find(lanes_, serial, &agent_lane::serial);
  return found == lanes_.end() ? nullptr : *found;
}

void agent_session::ask_to_bind(std::uint64_t serial, const lane::bind& wish) {
  auto answer = [loop = home_.weak_from_this(), id = id_, serial,
                 request = wish.request](result<served_endpoint> outcome) {
    auto there = loop.lock();
    if (!there)
      return; // the node has stopped
    auto& home = *there;
    home.loop().post([&home, id, serial, request, outcome = std::move(outcome)] {
      auto* session = home.find_session(id);
      auto* lane = session != nullptr ? session->find_lane(serial) : nullptr;
      if (lane == nullptr)
        return; // it will ask again when it is back
      lane::bound reply{.request = request};
      if (outcome) {
        reply.endpoint = outcome->endpoint;
        reply.name = outcome->name;
        reply.port = outcome->port;
        reply.urls = outcome->urls;
      } else {
        reply.error = outcome.error();
      }
      byte_queue payload;
      append_to(payload, reply);
      lane->link().send_control(lane::frame_type::bound, payload);
    });
  };
  home_.deciders().bind(id_, wish.endpoint, std::move(answer));
}

void agent_session::say_goodbye(const lane::goaway& why, milliseconds time) {
  for (auto* lane : lanes_)
    lane->say_goodbye(why, time);
}

void agent_session::tell_edges() {
  byte_queue payload;
  append_to(payload, lane::edges{.others = home_.other_edges().pick(id_)});
  send_control(lane::frame_type::edges, payload);
}

void agent_session::send_control(lane::frame_type type, const byte_queue& payload) {
  auto living = std::ranges::find_if(lanes_, &agent_lane::takes_streams);
  if (living != lanes_.end())
    (*living)->link().send_control(type, payload);
}

} // namespace serverme::edge
