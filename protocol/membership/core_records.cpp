// What a node believes of what it is told.
#include "protocol/membership/core.hpp"

namespace serverme::membership {

void core::on_record(const record& x, const node_id& from, source where, time_point now) {
  if (phase_ == phase::ended)
    return;
  if (x.id == self_.id)
    return on_own_record(x);
  if (banned_.contains(x.id)) {
    ++counters_.refused;
    return;
  }
  auto* known = roster_.find(x.id);
  if (known == nullptr)
    return on_stranger(x, from, now);
  if (known->what.run != x.run)
    return on_other_run(*known, x, from, now);
  on_same_run(*known, x, where, now);
}

// Nobody else knows this node better: what is wrong is contradicted, under a higher incarnation.
void core::on_own_record(const record& x) {
  if (phase_ != phase::running || x.run < self_.run)
    return;
  if (x.run > self_.run) {
    // An earlier life of this node, whose clock was ahead, cannot be alive unless it is a rival.
    auto is_rival = is_live(x.state) && x.about && x.started != self_.started;
    if ((is_rival && x.started < self_.started) || x.run >= run_max)
      return end(fail(errc::identity_in_use, to_string(self_.id)));
    return take_run(x.run + 1);
  }
  if (x.incarnation < self_.incarnation)
    return;
  if (x.state != state::alive) {
    ++counters_.refutations;
    health_.on_bad_sign();
    return contradict(x.incarnation);
  }
  if (x.incarnation > self_.incarnation || x.about != self_.about)
    contradict(x.incarnation);
}

void core::contradict(std::uint32_t incarnation) {
  if (incarnation == UINT32_MAX)
    return take_run(self_.run + 1);
  self_.incarnation = incarnation + 1;
  rumours_.add(self_.id);
}

void core::take_run(std::uint64_t run) {
  if (run >= run_max)
    return end(fail(errc::identity_in_use, "no run is left for " + to_string(self_.id)));
  self_.run = run;
  self_.incarnation = 0;
  rumours_.add(self_.id);
}

void core::on_stranger(const record& x, const node_id& from, time_point now) {
  if (!is_live(x.state) || !x.about || x.id == node_id{})
    return;
  if (!versions_overlap(*x.about, *self_.about)) {
    ++counters_.refused;
    if (from == x.id)
      refuse(x, errc::version_unsupported);
    return;
  }
  std::optional<node_id> evicted;
  auto* made = roster_.add(x, now, evicted);
  if (evicted) {
    rumours_.forget(*evicted);
    emit(event_kind::forgotten, *evicted);
  }
  if (made == nullptr) {
    ++counters_.full;
    if (from == x.id)
      refuse(x, errc::cluster_full);
    return;
  }
  rumours_.add(x.id);
  emit(event_kind::joined, x.id);
  if (x.state == state::suspect) {
    suspects_.insert(x.id);
    made->doubt.emplace(bounds_, roster_.live() - 1, now);
  }
}

// A newer life wins at once, unless the older one still lives: then the identity is used twice, and
// who came later has to go. What third parties say of a newer life was checked by whom it joined.
void core::on_other_run(member& known, const record& x, const node_id& from, time_point now) {
  auto is_newcomer = from == x.id && x.about && is_live(x.state) && x.started > known.what.started
                     && is_live(known.what.state);
  if (is_newcomer)
    return check_identity(known, x, now);
  if (x.run > known.what.run && x.about && versions_overlap(*x.about, *self_.about))
    apply(known, x, now);
}

void core::on_same_run(member& known, const record& x, source where, time_point now) {
  if (!supersedes(x, known.what)) {
    if (x.state == state::suspect && known.what.state == state::suspect
        && x.incarnation == known.what.incarnation && where == source::news)
      confirm(known, x.accusers);
    return;
  }
  // What others believed during a partition is no news: asked, a living member contradicts.
  auto is_accusation = x.state == state::suspect || x.state == state::dead;
  if (where == source::table && is_accusation && is_live(known.what.state) && reaches(known)) {
    if (!is_probing(x.id))
      start_probe(x.id, now, &x);
    return;
  }
  apply(known, x, now);
}

void core::confirm(member& known, const std::vector<node_id>& accusers) {
  auto before = known.what.accusers.size();
  for (const auto& accuser : accusers)
    if (known.what.accusers.size() < accusers_max
        && std::ranges::count(known.what.accusers, accuser) == 0)
      known.what.accusers.push_back(accuser);
  if (known.what.accusers.size() > before)
    rumours_.add(known.what.id);
}

/// @pre x wins over what is known
void core::apply(member& known, const record& x, time_point now) {
  auto was = known.what;
  roster_.replace(known, x, now);
  rumours_.add(x.id);
  if (x.state == state::suspect) {
    suspects_.insert(x.id);
    known.doubt.emplace(bounds_, roster_.live() - 1, now);
  } else {
    suspects_.erase(x.id);
  }
  announce_change(was, known);
  if (x.state == state::suspect && reaches(known) && !is_probing(x.id))
    start_probe(x.id, now);
  if (!is_live(was.state) && is_live(x.state))
    // A partition may have healed: there is more to learn.
    sync_due_ = std::min(sync_due_, now + jitter(bounds_.probe_period));
}

void core::announce_change(const record& was, const member& is) {
  const auto& id = is.what.id;
  if (is.what.run != was.run)
    emit(event_kind::restarted, id);
  if (is.what.state != was.state) {
    switch (is.what.state) {
      case state::alive: emit(event_kind::returned, id); break;
      case state::suspect: emit(event_kind::suspected, id); break;
      case state::dead: emit(event_kind::died, id); break;
      case state::left: emit(event_kind::left, id); break;
    }
  }
  if (is.what.about != was.about)
    emit(event_kind::changed, id);
}

void core::refuse(const record& newcomer, errc why) {
  auto x = head(message_type::refusal);
  x.target_run = newcomer.run;
  x.refused = fail(why, to_string(newcomer.id));
  send(newcomer.id, x);
}

void core::check_identity(const member& known, const record& newcomer, time_point now) {
  if (identity_checks_.contains(newcomer.id)
      || identity_checks_.size() >= bounds_.identity_checks_max)
    return;
  auto sequence = ++sequence_;
  identity_checks_[newcomer.id] = {.newcomer = newcomer,
                                   .known_run = known.what.run,
                                   .sequence = sequence,
                                   .ends = now + health_.stretch(bounds_.probe_timeout)};
  send(newcomer.id, head(message_type::ping, sequence));
  // Its link may have gone to the newcomer: others may still have one.
  auto request = head(message_type::ping_request, sequence);
  request.target = newcomer.id;
  auto helpers = peers();
  std::erase(helpers, newcomer.id);
  dice_.draw(helpers, bounds_.helpers);
  for (const auto& helper : helpers)
    send(helper, request);
}

/// @returns whether the answer was one to such a check
bool core::on_identity_answer(const node_id& from, const message& x) {
  auto id = x.target.value_or(from);
  auto entry = identity_checks_.find(id);
  if (entry == identity_checks_.end() || entry->second.sequence != x.sequence)
    return false;
  auto run = x.target ? x.target_run : x.run;
  if (run != entry->second.known_run)
    return true;
  refuse(entry->second.newcomer, errc::identity_in_use);
  emit(event_kind::impersonated, id);
  identity_checks_.erase(entry);
  return true;
}

// The older life did not answer: it is over.
void core::expire_identity_checks(time_point now) {
  std::vector<identity_check> over;
  for (const auto& [id, check] : identity_checks_)
    if (now >= check.ends)
      over.push_back(check);
  for (const auto& check : over) {
    const auto& id = check.newcomer.id;
    identity_checks_.erase(id);
    auto* known = roster_.find(id);
    if (known == nullptr || known->what.run != check.known_run)
      continue;
    if (check.newcomer.run > check.known_run) {
      apply(*known, check.newcomer, now);
    } else {
      // Its clock went back. It takes a higher run when it hears of this one.
      auto ended = known->what;
      ended.state = state::dead;
      apply(*known, ended, now);
    }
    if (is_live(known->what.state))
      send_table(id, now);
    else
      send_digest(id);
  }
}

} // namespace serverme::membership
