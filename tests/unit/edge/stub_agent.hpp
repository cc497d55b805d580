// An agent of a few lines, and deciders of a few more, to try an edge in one process.
#pragma once

#include "net/lane_link.hpp"
#include "nodes/edge/edge_node.hpp"
#include "tests/unit/support/loopback.hpp"
#include "tests/unit/support/test_certificate.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace serverme::tests {

/// Lets everybody with the key "good" in, and gives every name to whoever asks.
class easy_decisions final : public edge::decisions {
public:
  explicit easy_decisions(actors::edge_doors& edge) : edge_{edge} {}

  void greet(const lane::hello& greeting, const std::string& agent_address,
             std::function<void(result<edge::admission>)> reply) override;
  void lanes_changed(session_id session, std::size_t lanes) override;
  void bind(session_id session, const endpoint_request& wanted,
            std::function<void(result<edge::served_endpoint>)> reply) override;
  void unbind(session_id session, endpoint_id endpoint) override;
  void leave(session_id session) override;
  std::shared_ptr<const capture> captured(std::unique_ptr<capture> exchange) override;
  void used(const std::vector<edge::endpoint_usage>& report) override;

  /// Who comes with the key "slow" is answered only now.
  void answer_the_slow();
  std::size_t slow();
  std::uint64_t visits();

  /// A name that leads to a session without lanes.
  void promise(const std::string& host, session_id session);
  /// A route as another edge told it.
  void put(route entry);
  std::vector<std::shared_ptr<const capture>> captures();
  std::size_t lanes_of(session_id session);
  const route* find(const std::string& host);

private:
  actors::edge_doors& edge_;
  std::mutex mutex_;
  route_map routes_;
  std::map<session_id, std::size_t> lanes_;
  std::vector<std::shared_ptr<const capture>> captures_;
  std::vector<std::function<void(result<edge::admission>)>> unanswered_;
  std::uint64_t last_id_ = 0;
  std::uint64_t visits_ = 0;
};

/// One certificate for every name.
class one_certificate final : public edge::certificate_source {
public:
  explicit one_certificate(const net::certificate_pem& certificate);
  net::ssl_context find(std::string_view server_name) override;

  std::atomic<bool> has_any{true};

private:
  net::ssl_context context_;
};

class stub_agent;

/// One stream at the agent. What it got is in `received`; a test answers with send().
class stub_stream final : public lane::stream_handler {
public:
  stub_stream(stub_agent& agent, lane::stream_id id, lane::open message, bytes_view first);

  void on_data(bytes_view bytes) override;
  void on_finish() override;
  void on_writable() override;
  void on_reset(errc why) override;

  void send(const std::string& bytes);
  void finish();
  void reset(errc why);
  /// What came is given back only from now on: until then the edge may send one window.
  void hold_back() { holds_back_ = true; }
  void give_back();

  lane::open opened;
  std::string received;
  bool ended = false;
  bool answered = false; // for tests: nothing else looks at it
  std::optional<errc> reset_by_peer;

private:
  stub_agent& agent_;
  lane::stream_id id_;
  byte_queue waiting_;
  std::size_t held_back_ = 0;
  bool holds_back_ = false;
  bool finishing_ = false;
};

class stub_agent final : public net::lane_user {
public:
  /// Connects to an edge's TLS address on the test's own loop. With `resumed` it is one more lane
  /// of that session.
  stub_agent(net::event_loop& loop, const net::address& edge, const net::ssl_context& trust,
             std::string key = "good", std::optional<session_id> resumed = {});
  ~stub_agent();

  void bind(const endpoint_request& wanted);
  void say_goodbye(errc why);
  lane::core& core() noexcept { return link_->core(); }
  net::lane_link& link() noexcept { return *link_; }
  void drop_connection() { link_->connection().abort(); }
  /// As a network that swallows everything: nothing is read, nothing answered.
  void fall_silent() { link_->connection().pause_reading(); }

  /// Called whenever a stream got something, once it is there.
  std::function<void(stub_stream&)> on_request;
  std::vector<std::unique_ptr<stub_stream>> streams;
  std::optional<lane::welcome> welcome;
  std::vector<lane::bound> bound;
  std::optional<lane::goaway> goaway;
  std::vector<endpoint_id> unbound;
  std::vector<lane::edges> edges;
  std::optional<failure> closed;

private:
  void on_lane_ready() override;
  lane::stream_handler* on_stream(lane::stream_id id, const lane::open& message,
                                  bytes_view first) override;
  void on_control(lane::frame_type type, bytes_view payload) override;
  void on_lane_closed(const failure& why) override;

  std::string key_;
  std::optional<session_id> resumed_;
  lane::window_budget budget_{1UL << 30};
  std::unique_ptr<net::lane_link> link_;
  std::uint32_t requests_ = 0;
};

/// A port of 127.0.0.1 that nobody listens on now.
std::uint16_t free_port(net::event_loop& loop);

/// A socket that is connected to `where`.
net::stream_socket connect_to(net::event_loop& loop, const net::address& where);

} // namespace serverme::tests
