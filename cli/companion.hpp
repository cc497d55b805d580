// A lane to a second edge (docs/adr/0015): for the visitors who come there, and so that there is an
// edge that knows the session on the day when the first one is lost.
//
// Of the edges that the home told of two are asked at random, and the one that answers first is
// kept: a thousand agents spread over all of them, and each has a near one.
#pragma once

#include "cli/agent_lane.hpp"
#include "protocol/backoff.hpp"

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace serverme::cli {

/// What the owner of a companion is told. Calls come from the loop.
class companion_user {
public:
  virtual lane::stream_handler* on_companion_stream(agent_lane& lane, lane::stream_id id,
                                                    const lane::open& message, bytes_view first)
    = 0;
  /// The node's name; empty: there is none now.
  virtual void on_companion_changed(const std::string& node) = 0;

protected:
  ~companion_user() = default;
};

/// What lanes to all edges have in common.
struct lane_terms {
  net::ssl_context tls;
  /// Of the certificate.
  std::string name;
};

class companion final : lane_owner {
public:
  /// `budget` and `user` outlive it.
  companion(net::event_loop& loop, lane::window_budget& budget, companion_user& user);
  ~companion();

  /// The session lives at `home`, which told of these others. Lanes of another session end; so does
  /// one to `home`, which is none to a second edge any more. Their streams go on.
  void begin(const lane_terms& terms, lane::hello greeting, const net::address& home,
             std::vector<net::address> edges);
  /// The home told of these.
  void set_edges(std::vector<net::address> edges);
  /// No new edge is looked for while the session has no home: the one that there is may become it.
  void hold() noexcept { is_held_ = true; }
  void go_on() noexcept { is_held_ = false; }

  /// Where there is a lane now.
  std::optional<net::address> where() const;

  void on_tick(time_point now);
  /// The machine slept: do the edges still know us?
  void on_wake();
  /// The whole session ends.
  void say_goodbye();
  void close();

private:
  using lanes = std::vector<std::unique_ptr<agent_lane>>;

  void on_lane_up(agent_lane& lane, const lane::welcome& welcome) override;
  lane::stream_handler* on_lane_stream(agent_lane& lane, lane::stream_id id,
                                       const lane::open& message, bytes_view first) override;
  result<done> on_lane_bound(agent_lane& lane, const lane::bound& answer) override;
  void on_lane_unbound(agent_lane&, const lane::unbind&) override {}
  void on_lane_edges(agent_lane&, const lane::edges&) override {}
  void on_lane_goaway(agent_lane& lane, const lane::goaway& why) override;
  void on_lane_round_trip(agent_lane&, microseconds) override {}
  void on_lane_over(agent_lane& lane, const failure& why) override;

  void choose();
  void look_later(milliseconds pause);
  double chance() { return std::uniform_real_distribution<double>{0, 1}(random_); }
  /// Takes no new streams from now on.
  void let_go();
  template <class Call>
  void for_each_lane(Call call);

  net::event_loop& loop_;
  lane::window_budget& budget_;
  companion_user& user_;
  std::mt19937_64 random_;
  backoff backoff_;

  lane_terms terms_;
  lane::hello greeting_;
  net::address home_;
  std::vector<net::address> edges_;
  /// The last one that did not want us.
  net::address avoided_;

  std::unique_ptr<agent_lane> lane_;
  lanes asked_;
  /// Those that carry what they carried before.
  lanes former_;
  time_point due_ = time_point::max();
  time_point up_since_{};
  bool is_held_ = true;
};

} // namespace serverme::cli
