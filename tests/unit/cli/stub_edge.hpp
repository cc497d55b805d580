// An edge of a few lines, the visitors behind it and the services behind the agent, on one loop.
#pragma once

#include "cli/agent.hpp"
#include "net/lane_link.hpp"
#include "net/listener.hpp"
#include "tests/unit/support/loopback.hpp"
#include "tests/unit/support/test_certificate.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace serverme::tests {

class stub_edge;

/// One stream, seen from the edge.
class stub_visitor final : public lane::stream_handler {
public:
  stub_visitor(lane::core& core, endpoint_id endpoint, endpoint_kind kind, std::string_view first);

  void on_data(bytes_view bytes) override;
  void on_finish() override { ended = true; }
  void on_writable() override;
  void on_reset(errc why) override { reset_by_agent = why; }

  void send(std::string_view bytes);
  void finish();
  void reset(errc why = errc::stream_reset) { core_.reset(id_, why); }
  bool is_over() const noexcept { return ended || reset_by_agent.has_value(); }

  std::string received;
  /// Off: credit is not given back, as for a visitor who stops reading.
  bool reads = true;
  bool ended = false;
  std::optional<errc> reset_by_agent;

private:
  lane::core& core_;
  lane::stream_id id_ = 0;
  byte_queue waiting_;
  bool finishing_ = false;
};

/// One lane of the agent's.
class stub_lane final : public net::lane_user {
public:
  stub_lane(stub_edge& edge, std::unique_ptr<net::channel> connection);

  lane::core& core() noexcept { return link_.core(); }
  void drop() { link_.connection().abort(); }
  /// As the edge does after a goodbye.
  void drop_after_sending() { link_.close_gently(); }
  template <class Message>
  void say(lane::frame_type type, const Message& message) {
    byte_queue payload;
    append_to(payload, message);
    link_.send_control(type, payload);
  }

  std::optional<lane::hello> hello;
  std::optional<lane::goaway> goodbye;
  bool closed = false;

private:
  void on_lane_ready() override {}
  lane::stream_handler* on_stream(lane::stream_id, const lane::open&, bytes_view) override;
  void on_control(lane::frame_type type, bytes_view payload) override;
  void on_lane_closed(const failure&) override { closed = true; }

  stub_edge& edge_;
  lane::window_budget budget_{1UL << 30};
  net::lane_link link_;
};

class stub_edge {
public:
  stub_edge(net::event_loop& loop, const net::certificate_pem& certificate);
  ~stub_edge();

  const net::address& where() const noexcept { return listener_->where(); }
  stub_lane& lane() { return *lanes.back(); }
  /// A visitor of the endpoint that was bound as number `which`.
  std::unique_ptr<stub_visitor> visit(std::string_view first, std::size_t which = 0);
  void drop_lanes();
  /// The newest living one that was greeted so; nullptr: there is none.
  stub_lane* lane_of(bool companion);

  /// What a hello is answered with; a failure becomes a goaway.
  std::function<result<lane::welcome>(const lane::hello&)> admit;
  /// What a wish is answered with; nothing: not yet.
  std::function<std::optional<lane::bound>(const lane::bind&)> answer;
  milliseconds retry_after{0};
  /// A goodbye does not end a lane whose streams go on.
  bool keeps_lanes = false;

  std::vector<std::unique_ptr<stub_lane>> lanes; // every one there ever was
  std::vector<lane::bind> wishes;
  std::vector<lane::bound> bound;

private:
  friend class stub_lane;
  void on_hello(stub_lane& from, const lane::hello& hello);
  void on_bind(stub_lane& from, const lane::bind& wish);

  net::event_loop& loop_;
  net::ssl_context context_;
  std::unique_ptr<net::listener> listener_;
};

/// Remembers what it was told.
struct recording_observer final : cli::agent_observer {
  void on_connected(const std::string& node, bool resumed) override;
  void on_tunnel_ready(std::size_t tunnel, const std::vector<std::string>& urls) override;
  void on_tunnel_refused(std::size_t tunnel, const failure& why) override;
  void on_disconnected(const failure& why) override { disconnected.push_back(why); }
  void on_reconnecting(milliseconds pause) override { pauses.push_back(pause); }
  void on_round_trip(microseconds) override { ++round_trips; }
  void on_companion_changed(const std::string& node) override { companions.push_back(node); }
  void on_request(const cli::request_line& line) override { requests.push_back(line); }
  void on_visitors_changed(std::size_t open) override { visitors = open; }
  void on_stopped(const std::optional<failure>& why) override;

  std::string connected_to;
  std::vector<bool> connections; // whether each was resumed
  std::vector<std::pair<std::size_t, std::vector<std::string>>> ready;
  std::vector<std::pair<std::size_t, failure>> refused;
  std::vector<failure> disconnected;
  std::vector<milliseconds> pauses;
  std::vector<std::string> companions; // as they came; empty: lost
  std::vector<cli::request_line> requests;
  std::size_t visitors = 0;
  int round_trips = 0;
  bool stopped = false;
  std::optional<failure> stopped_for;
};

/// A local service: every connection is kept and can be looked at.
class stub_service {
public:
  struct connection {
    recording_user user;
    std::unique_ptr<net::channel> channel;
    void send(std::string_view bytes) { channel->write(as_bytes(bytes)); }
    bool got(std::string_view text) const { return user.received.find(text) != std::string::npos; }
    /// Forgets what came: the next request is looked at alone.
    void answer(std::string_view bytes);
  };

  /// `tls`: speaks it, with this certificate.
  explicit stub_service(net::event_loop& loop, net::ssl_context tls = nullptr);

  cli::local_target target() const;
  std::uint16_t port() const noexcept { return listener_->where().port; }
  /// Called when a connection got bytes.
  std::function<void(connection&)> on_request;
  std::vector<std::unique_ptr<connection>> connections;

private:
  net::ssl_context tls_;
  std::unique_ptr<net::listener> listener_;
};

/// An edge, an agent that it knows, and one service.
struct agent_world {
  agent_world();
  ~agent_world();

  /// One tunnel to `service`.
  cli::tunnel_plan plan(endpoint_kind kind, const std::string& name = "shop") const;
  /// Starts an agent with these tunnels.
  void start(std::vector<cli::tunnel_plan> tunnels);
  /// And waits until all of them are ready.
  void start_ready(std::vector<cli::tunnel_plan> tunnels);
  bool await(const std::function<bool()>& condition) { return run_until(loop, condition); }

  net::event_loop loop;
  net::certificate_pem certificate = make_certificate("edge.test");
  ca_file ca{certificate};
  stub_edge edge{loop, certificate};
  stub_service service{loop};
  recording_observer seen;
  std::unique_ptr<cli::agent> agent;
};

} // namespace serverme::tests
