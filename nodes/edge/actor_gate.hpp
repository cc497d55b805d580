// The door from the loops to the actors: implements `decisions` over the tree of actors.
//
// A loop never waits here. A mailbox has no watermark, so what waits behind it is counted, and what
// would be too much is refused at once.
#pragma once

#include "actors/clerk.hpp"
#include "actors/edge_actors.hpp"
#include "nodes/edge/decisions.hpp"

#include <atomic>
#include <cstddef>
#include <memory>

namespace serverme::edge {

struct gate_limits {
  /// Questions without an answer yet.
  std::size_t greetings_max = 1024;
  std::size_t binds_max = 4096;
  /// Messages that wait for one actor, before facts that may be missed are.
  std::size_t queued_max = 16384;
  /// Longer than the decision takes when the store does not answer.
  milliseconds greeting_timeout{8'000};
  milliseconds bind_timeout{9'000};
};

/// What did not get through.
struct gate_refusals {
  std::uint64_t greetings = 0;
  std::uint64_t binds = 0;
  std::uint64_t facts = 0;
};

class actor_gate final : public decisions {
public:
  /// `there` and the system outlive this, and this the edge that uses it. Replies to the edge may
  /// come until the system has ended: the edge's loops live longer than that.
  actor_gate(caf::actor_system& system, const actors::edge_actors& there, actors::world outside,
             gate_limits limits = {});

  void greet(const lane::hello& greeting, const std::string& agent_address,
             std::function<void(result<admission>)> reply) override;
  void lanes_changed(session_id session, std::size_t lanes) override;
  void bind(session_id session, const endpoint_request& wanted,
            std::function<void(result<served_endpoint>)> reply) override;
  void unbind(session_id session, endpoint_id endpoint) override;
  void leave(session_id session) override;
  std::shared_ptr<const capture> captured(std::unique_ptr<capture> exchange) override;
  void used(const std::vector<endpoint_usage>& report) override;

  gate_refusals refusals() const noexcept;

private:
  using counter = std::shared_ptr<std::atomic<std::size_t>>;

  bool is_behind(const actors::front_door& door);

  const actors::clerk clerk_;
  const actors::front_door desk_;
  const actors::front_door exchange_;
  const actors::front_door reception_;
  const std::shared_ptr<actors::capture_intake> captures_;
  const actors::world outside_;
  const gate_limits limits_;
  // Shared with answers that may come after this object's end.
  const counter greetings_ = std::make_shared<std::atomic<std::size_t>>(0);
  const counter binds_ = std::make_shared<std::atomic<std::size_t>>(0);
  std::atomic<std::uint64_t> refused_greetings_{0};
  std::atomic<std::uint64_t> refused_binds_{0};
  std::atomic<std::uint64_t> missed_facts_{0};
};

} // namespace serverme::edge
