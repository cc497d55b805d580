#include "nodes/edge/actor_gate.hpp"

#include "actors/probed.hpp"

#include <utility>

namespace serverme::edge {

namespace {

using call_counter = std::shared_ptr<std::atomic<std::size_t>>;

/// An answer that is owed: given exactly once, by its destructor if nobody else does, and counted
/// until then.
template <class Answer>
class owed_answer {
public:
  owed_answer(call_counter open, std::function<void(result<Answer>)> reply)
    : open_{std::move(open)}, reply_{std::move(reply)} {}
  ~owed_answer() {
    give(fail(errc::control_unavailable, "the decision was lost"));
    open_->fetch_sub(1, std::memory_order_relaxed);
  }
  owed_answer(const owed_answer&) = delete;
  owed_answer& operator=(const owed_answer&) = delete;

  void give(result<Answer> outcome) {
    if (auto reply = std::exchange(reply_, nullptr))
      reply(std::move(outcome));
  }

private:
  call_counter open_;
  std::function<void(result<Answer>)> reply_;
};

/// @returns nullptr, and the reply is given, when as many as allowed are open
template <class Answer>
std::shared_ptr<owed_answer<Answer>> owe(const call_counter& open, std::size_t open_max,
                                         std::function<void(result<Answer>)> reply) {
  if (open->fetch_add(1, std::memory_order_relaxed) >= open_max) {
    open->fetch_sub(1, std::memory_order_relaxed);
    reply(fail(errc::too_busy, "too many agents ask at once"));
    return nullptr;
  }
  return std::make_shared<owed_answer<Answer>>(open, std::move(reply));
}

} // namespace

actor_gate::actor_gate(caf::actor_system& system, const actors::edge_actors& there,
                       actors::world outside, gate_limits limits)
  : clerk_{system},
    desk_{there.all_doors().desk},
    exchange_{there.all_doors().exchange},
    reception_{there.all_doors().reception},
    captures_{there.captures()},
    outside_{std::move(outside)},
    limits_{limits} {}

void actor_gate::greet(const lane::hello& greeting, const std::string& agent_address,
                       std::function<void(result<admission>)> reply) {
  auto owed = owe<admission>(greetings_, limits_.greetings_max, std::move(reply));
  if (!owed) {
    refused_greetings_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  auto digest_of = [this](const std::string& secret) {
    return secret.empty() ? std::string{} : outside_.sha256(secret);
  };
  greet_agent ask{.key_hash = digest_of(greeting.api_key),
                  .token_hash = digest_of(greeting.resume_token),
                  .session = greeting.session.value_or(session_id{}),
                  .agent = greeting.agent,
                  .address = agent_address,
                  .purpose = greeting.companion ? lane_purpose::companion : lane_purpose::home};
  clerk_.ask<agent_admitted>(
    reception_.as<actors::reception_actor>(), limits_.greeting_timeout, std::move(ask),
    [owed, token = greeting.resume_token](result<agent_admitted> outcome) {
      if (!outcome)
        return owed->give(fail(outcome.error()));
      auto resumed = outcome->resume_token.empty();
      owed->give(admission{.session = outcome->session,
                           .owner = outcome->owner,
                           .resume_token = resumed ? token : outcome->resume_token,
                           .resumed = resumed});
    });
}

// Never missed, whatever the queue: at most one for each lane that an agent was let in with.
void actor_gate::lanes_changed(session_id session, std::size_t lanes) {
  caf::anon_send(reception_.as<actors::reception_actor>(),
                 serverme::lanes_changed{session, static_cast<std::uint32_t>(lanes)});
}

void actor_gate::bind(session_id session, const endpoint_request& wanted,
                      std::function<void(result<served_endpoint>)> reply) {
  auto owed = owe<served_endpoint>(binds_, limits_.binds_max, std::move(reply));
  if (!owed) {
    refused_binds_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  clerk_.ask<endpoint_bound>(reception_.as<actors::reception_actor>(), limits_.bind_timeout,
                             bind_endpoint{session, wanted},
                             [owed](result<endpoint_bound> outcome) {
                               if (!outcome)
                                 return owed->give(fail(outcome.error()));
                               owed->give(served_endpoint{.endpoint = outcome->endpoint,
                                                          .name = outcome->name,
                                                          .port = outcome->port,
                                                          .urls = outcome->urls});
                             });
}

void actor_gate::unbind(session_id session, endpoint_id endpoint) {
  if (!is_behind(reception_))
    caf::anon_send(reception_.as<actors::reception_actor>(), unbind_endpoint{session, endpoint});
}

void actor_gate::leave(session_id session) {
  if (!is_behind(reception_))
    caf::anon_send(reception_.as<actors::reception_actor>(), agent_left{session});
}

std::shared_ptr<const capture> actor_gate::captured(std::unique_ptr<capture> exchange) {
  return captures_->give(std::move(exchange));
}

void actor_gate::used(const std::vector<endpoint_usage>& report) {
  if (is_behind(desk_))
    return;
  usage_report news;
  news.used.reserve(report.size());
  for (const auto& each : report)
    news.used.push_back({each.endpoint, each.visits, each.bytes_in, each.bytes_out});
  // Each takes what is his: endpoints have their home here, or on another edge.
  if (exchange_.leads_to() && !is_behind(exchange_))
    caf::anon_send(exchange_.as<actors::edge_exchange_actor>(), news);
  caf::anon_send(desk_.as<actors::tunnel_desk_actor>(), std::move(news));
}

gate_refusals actor_gate::refusals() const noexcept {
  return {refused_greetings_.load(std::memory_order_relaxed),
          refused_binds_.load(std::memory_order_relaxed),
          missed_facts_.load(std::memory_order_relaxed)};
}

bool actor_gate::is_behind(const actors::front_door& door) {
  const auto whom = door.leads_to();
  const auto* signs = actors::vital_signs_of(whom);
  if (signs == nullptr || signs->queued() <= limits_.queued_max)
    return false;
  missed_facts_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

} // namespace serverme::edge
