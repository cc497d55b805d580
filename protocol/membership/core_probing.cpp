// Who lives: questions, suspicions, and those who are asked for others.
#include "protocol/membership/core.hpp"

namespace serverme::membership {

void core::start_probes(time_point now) {
  auto targets = guarded();
  if (auto next = next_in_round(); next && std::ranges::count(targets, *next) == 0)
    targets.push_back(*next);
  for (const auto& target : targets)
    if (!is_probing(target))
      start_probe(target, now);
}

// The members that follow this one in the order of ids, up to the first that could take over from
// here. So each member is asked by one fixed neighbour in every period, and the time until a death
// is noticed has a bound; the shuffled list alone would leave that to chance.
std::vector<node_id> core::guarded() const {
  std::vector<node_id> out;
  constexpr node_roles only_worker{node_role::worker};
  const auto& all = roster_.all();
  auto at = all.upper_bound(self_.id);
  for (std::size_t seen = 0; seen < all.size(); ++seen, ++at) {
    if (at == all.end())
      at = all.begin();
    const auto& x = at->second;
    if (x.what.state != state::alive || !reaches(x))
      continue;
    out.push_back(at->first);
    if (x.what.about->roles != only_worker)
      break;
  }
  return out;
}

std::optional<node_id> core::next_in_round() {
  for (int tries = 0; tries < 2; ++tries) {
    while (!round_.empty()) {
      auto id = round_.back();
      round_.pop_back();
      const auto* known = roster_.find(id);
      if (known != nullptr && is_live(known->what.state) && reaches(*known))
        return id;
    }
    round_ = peers();
    dice_.shuffle(round_);
  }
  return std::nullopt;
}

void core::start_probe(const node_id& target, time_point now, const record* telling) {
  auto* known = roster_.find(target);
  if (known == nullptr)
    return;
  known->asked = now;
  auto sequence = ++sequence_;
  probes_[sequence] = {.target = target,
                       .run = known->what.run,
                       .ask_others_at = now + health_.stretch(bounds_.direct_timeout),
                       .ends = now + health_.stretch(bounds_.probe_timeout)};
  send(target, head(message_type::ping, sequence), telling);
}

bool core::is_probing(const node_id& target) const {
  return std::ranges::any_of(probes_,
                             [&](const auto& entry) { return entry.second.target == target; });
}

void core::ask_others(std::uint32_t sequence, probe& x) {
  x.asked_others = true;
  const auto* known = roster_.find(x.target);
  if (known == nullptr || !is_live(known->what.state))
    return;
  auto helpers = roster_.select([&](const member& other) {
    return other.what.state == state::alive && other.what.id != x.target && reaches(other)
           && can_reach(other.what.about->roles, known->what.about->roles);
  });
  dice_.draw(helpers, bounds_.helpers);
  x.helpers = helpers.size();
  auto request = head(message_type::ping_request, sequence);
  request.target = x.target;
  for (const auto& helper : helpers)
    send(helper, request);
}

void core::check_probes(time_point now) {
  std::vector<probe> unanswered;
  for (auto at = probes_.begin(); at != probes_.end();) {
    auto& [sequence, x] = *at;
    if (!x.asked_others && now >= x.ask_others_at)
      ask_others(sequence, x);
    if (now >= x.ends) {
      unanswered.push_back(x);
      at = probes_.erase(at);
    } else {
      ++at;
    }
  }
  for (const auto& x : unanswered)
    on_no_answer(x, now);
}

void core::on_no_answer(const probe& x, time_point now) {
  auto* known = roster_.find(x.target);
  if (known == nullptr || !is_live(known->what.state) || known->what.run != x.run)
    return;
  // Not even those answered who only had to say that they heard nothing.
  if (x.helpers > 0 && x.nacks == 0)
    health_.on_bad_sign();
  if (known->what.state == state::suspect)
    return confirm(*known, {self_.id});
  ++counters_.suspicions;
  auto accused = known->what;
  accused.state = state::suspect;
  accused.accusers = {self_.id};
  apply(*known, accused, now);
}

time_point core::suspicion_ends(const member& suspect) const {
  return suspect.doubt->ends(suspect.what.accusers.size(), 1 + health_.points());
}

void core::check_suspects(time_point now) {
  std::vector<node_id> over;
  std::vector<node_id> to_ask;
  for (const auto& id : suspects_) {
    const auto* known = roster_.find(id);
    if (known == nullptr || !known->doubt)
      over.push_back(id);
    else if (now >= suspicion_ends(*known))
      over.push_back(id);
    else if (reaches(*known) && now - known->asked >= ask_suspect_again && !is_probing(id))
      to_ask.push_back(id);
  }
  for (const auto& id : to_ask)
    start_probe(id, now);
  for (const auto& id : over) {
    suspects_.erase(id);
    auto* known = roster_.find(id);
    if (known == nullptr || known->what.state != state::suspect)
      continue;
    auto ended = known->what;
    ended.state = state::dead;
    ended.accusers.clear();
    apply(*known, ended, now);
  }
}

void core::on_ping_request(const node_id& from, const message& x, time_point now) {
  if (*x.target == self_.id)
    return send(from, head(message_type::ack, x.sequence));
  const auto* known = roster_.find(*x.target);
  if (known == nullptr || !reaches(*known)) {
    auto answer = head(message_type::nack, x.sequence);
    answer.target = x.target;
    return send(from, answer);
  }
  if (relays_.size() >= bounds_.relays_max) {
    ++counters_.dropped;
    return;
  }
  auto sequence = ++sequence_;
  relays_[sequence] = {.asker = from,
                       .sequence = x.sequence,
                       .target = *x.target,
                       .nack_at = now + bounds_.direct_timeout,
                       .ends = now + bounds_.probe_timeout};
  send(*x.target, head(message_type::ping, sequence));
}

void core::check_relays(time_point now) {
  for (auto at = relays_.begin(); at != relays_.end();) {
    auto& x = at->second;
    if (!x.nacked && now >= x.nack_at) {
      x.nacked = true;
      auto answer = head(message_type::nack, x.sequence);
      answer.target = x.target;
      send(x.asker, answer);
    }
    at = now >= x.ends ? relays_.erase(at) : std::next(at);
  }
}

void core::on_ack(const node_id& from, const message& x, time_point now) {
  if (on_identity_answer(from, x))
    return;
  auto answerer = x.target.value_or(from);
  if (auto passed_on = relays_.find(x.sequence);
      !x.target && passed_on != relays_.end() && passed_on->second.target == from) {
    auto answer = head(message_type::ack, passed_on->second.sequence);
    answer.target = from;
    answer.target_run = x.run;
    send(passed_on->second.asker, answer);
    relays_.erase(passed_on);
    return;
  }
  auto asked = probes_.find(x.sequence);
  if (asked == probes_.end() || asked->second.target != answerer
      || (x.target ? x.target_run : x.run) < asked->second.run)
    return;
  probes_.erase(asked);
  health_.on_good_sign();
  auto* known = roster_.find(answerer);
  if (known != nullptr && known->doubt)
    known->doubt->on_answer(now);
}

void core::on_nack(const message& x) {
  auto asked = probes_.find(x.sequence);
  if (asked != probes_.end() && asked->second.target == *x.target)
    ++asked->second.nacks;
}

void core::on_link_lost(const node_id& who, time_point now) {
  now = observe(now);
  const auto* known = roster_.find(who);
  if (phase_ != phase::running || known == nullptr || !is_live(known->what.state))
    return;
  if (!is_probing(who))
    start_probe(who, now);
  for (auto& [sequence, x] : probes_)
    if (x.target == who)
      x.ask_others_at = std::min(x.ask_others_at, now);
  promise();
}

// One who was declared dead may only have been cut off. It is told what is said of it, and
// contradicts.
void core::revive(time_point now) {
  auto gone
    = roster_.select([&](const member& x) { return x.what.state == state::dead && reaches(x); });
  dice_.draw(gone, 1);
  for (const auto& id : gone)
    if (!is_probing(id))
      start_probe(id, now);
}

} // namespace serverme::membership
