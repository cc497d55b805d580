// An agent that serves nothing: its lane, kept alive as any agent keeps its own. A few KB beside
// TLS.
#pragma once

#include "net/dialer.hpp"
#include "net/lane_link.hpp"

#include <memory>
#include <optional>
#include <string>

namespace serverme::load {

class idle_agent;

/// What the owner of agents is told. Calls come from the loop, or from within drop().
class agent_owner {
public:
  /// Let in, and bound what it shall bind.
  virtual void on_agent_up(idle_agent& agent) = 0;
  /// It never came in, or was up and is lost: connect() again, or leave it.
  virtual void on_agent_down(idle_agent& agent, const failure& why, bool was_up) = 0;

protected:
  ~agent_owner() = default;
};

/// What all agents of a fleet have in common.
struct agent_setup {
  net::address server;
  net::ssl_context tls;
  /// Nothing: a session without a tunnel.
  std::optional<endpoint_request> wanted;
};

class idle_agent final : net::lane_user {
public:
  /// `setup` and `owner` outlive the agent.
  idle_agent(net::event_loop& loop, const agent_setup& setup, std::size_t number,
             std::string api_key, agent_owner& owner);

  /// The owner's.
  std::size_t number() const noexcept { return number_; }

  /// Returns to its session, if it had one. @pre it is neither up nor connecting
  void connect();
  /// As if the network broke: the edge sees a reset.
  void drop();
  bool is_up() const noexcept { return stage_ == stage::up; }
  /// Call about twice a second.
  void on_tick(time_point now);

private:
  enum class stage : unsigned char { down, dialing, greeting, binding, up };

  void on_dialed(result<net::stream_socket> outcome);
  void on_lane_ready() override;
  lane::stream_handler* on_stream(lane::stream_id id, const lane::open& message,
                                  bytes_view first) override;
  void on_control(lane::frame_type type, bytes_view payload) override;
  void on_lane_closed(const failure& why) override;
  result<done> take_control(lane::frame_type type, bytes_view payload);
  result<done> take_welcome(bytes_view payload);
  result<done> take_bound(bytes_view payload);
  void be_up();
  void be_down(const failure& why);

  net::event_loop& loop_;
  const agent_setup& setup_;
  agent_owner& owner_;
  std::size_t number_;
  std::string api_key_;
  lane::window_budget budget_;
  std::unique_ptr<net::dialer> dialer_;
  std::unique_ptr<net::lane_link> link_;
  stage stage_ = stage::down;
  time_point greeted_by_ = time_point::max();
  std::optional<session_id> session_;
  std::string resume_token_;
  /// What was bound, to ask for it again.
  std::string name_;
  /// What the edge said when it sent us away.
  std::optional<failure> told_;
};

} // namespace serverme::load
