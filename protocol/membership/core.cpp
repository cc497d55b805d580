#include "protocol/membership/core.hpp"

namespace serverme::membership {

namespace {

constexpr seconds sweep_period{60};

} // namespace

core::core(node_id self, std::uint64_t started, facts about, const limits& bounds,
           std::uint64_t seed, time_point now)
  : bounds_{bounds},
    dice_{seed ^ self.high ^ self.low},
    self_{.id = self,
          .run = std::clamp<std::uint64_t>(started, 1, run_max - 1),
          .incarnation = 0,
          .state = state::alive,
          .started = started,
          .about = std::move(about),
          .accusers = {}},
    load_{self_.about->load},
    load_told_{now},
    roster_{bounds.members_max},
    health_{bounds.health_max},
    sequence_{static_cast<std::uint32_t>(dice_.next())},
    now_{now},
    promised_{now},
    probe_due_{now + jitter(bounds.probe_period)},
    gossip_due_{now},
    sync_due_{now + jitter(bounds.sync_period)},
    revive_due_{now + jitter(bounds.revive_period)},
    contact_due_{now},
    sweep_due_{now + sweep_period} {
  promise();
}

verdict core::handle(const node_id& from, bytes_view bytes, time_point now) {
  now = observe(now);
  auto out = take(from, bytes, now);
  promise();
  return out;
}

verdict core::take(const node_id& from, bytes_view bytes, time_point now) {
  ++counters_.messages_in;
  counters_.bytes_in += bytes.size();
  if (phase_ == phase::ended || banned_.contains(from)) {
    ++counters_.refused;
    return verdict::refused;
  }
  if (!has_known_format(bytes)) {
    ++counters_.unknown;
    return verdict::unknown;
  }
  auto read = parse_message(bytes);
  if (!read) {
    ++counters_.malformed;
    return verdict::malformed;
  }
  if (read->type < message_type::ping || read->type > message_type::ask) {
    ++counters_.unknown;
    return verdict::unknown;
  }
  auto where = read->type == message_type::table || read->type == message_type::correction
                 ? source::table
                 : source::news;
  for (const auto& record : read->records)
    on_record(record, from, where, now);
  // Somebody else with this identity: its records have said all there is to know.
  if (from != self_.id && phase_ != phase::ended) {
    note_sender(from, *read);
    dispatch(from, *read, now);
  } else if (read->type == message_type::refusal) {
    on_refusal(*read);
  }
  return verdict::taken;
}

void core::dispatch(const node_id& from, const message& x, time_point now) {
  switch (x.type) {
    case message_type::ping: send(from, head(message_type::ack, x.sequence)); break;
    case message_type::ack: on_ack(from, x, now); break;
    case message_type::ping_request: on_ping_request(from, x, now); break;
    case message_type::nack: on_nack(x); break;
    case message_type::digest: on_digest(from, x, now); break;
    case message_type::table: on_table(from, x, now); break;
    case message_type::refusal: on_refusal(x); break;
    case message_type::ask: send_own_record(from); break;
    case message_type::correction: settled_ = true; break;
    case message_type::gossip: break;
  }
}

// Each message says which life and incarnation of its sender wrote it: what was missed is asked
// for, and a life that is over is told so.
void core::note_sender(const node_id& from, const message& x) {
  if (x.type == message_type::digest || x.type == message_type::table
      || identity_checks_.contains(from))
    return;
  const auto* known = roster_.find(from);
  if (known == nullptr)
    return send_digest(from);
  const auto& what = known->what;
  if (what.run > x.run)
    return send_digest(from, &what);
  if (what.run < x.run || what.incarnation < x.incarnation)
    send(from, head(message_type::ask));
}

void core::on_refusal(const message& x) {
  if (x.target_run != self_.run || phase_ != phase::running)
    return;
  // A member of long standing is not talked out of the cluster by one other.
  if (!settled_)
    end(*x.refused);
}

void core::end(failure why) {
  if (is_permanent(why.code)) {
    phase_ = phase::ended;
    rumours_ = {};
    probes_.clear();
    relays_.clear();
    identity_checks_.clear();
  }
  emit(event_kind::refused, self_.id, std::move(why));
}

// Time never goes back here; and when this node was late itself, nobody else is blamed for it.
time_point core::observe(time_point now) {
  now_ = std::max(now_, now);
  if (now_ > promised_ + bounds_.stall_after)
    on_stall(now_ - promised_, now_);
  return now_;
}

void core::on_stall(time_point::duration gap, time_point now) {
  ++counters_.stalls;
  health_.on_bad_sign();
  probes_.clear();
  relays_.clear();
  for (auto& [id, check] : identity_checks_)
    check.ends += gap;
  for (const auto& id : suspects_)
    if (auto* known = roster_.find(id); known != nullptr && known->doubt)
      known->doubt->postpone(gap);
  sync_due_ = std::min(sync_due_, now + jitter(bounds_.probe_period));
}

// Nothing is due for the owner before that.
void core::promise() { promised_ = std::max(next_due(), now_); }

void core::tick(time_point now) {
  now = observe(now);
  auto due = [now](time_point& at, milliseconds period) {
    if (now < at)
      return false;
    at = at + period > now ? at + period : now + period;
    return true;
  };
  if (phase_ == phase::running) {
    check_probes(now);
    check_suspects(now);
    expire_identity_checks(now);
    if (due(probe_due_, bounds_.probe_period))
      start_probes(now);
    if (due(sync_due_, bounds_.sync_period / 2 + jitter(bounds_.sync_period)))
      sync(now);
    if (due(revive_due_, bounds_.revive_period / 2 + jitter(bounds_.revive_period)))
      revive(now);
    if (due(contact_due_, bounds_.contact_period))
      ask_contacts(now);
    tell_load(now);
  }
  if (phase_ != phase::ended) {
    check_relays(now);
    if (!rumours_.empty() && due(gossip_due_, bounds_.gossip_period))
      gossip(bounds_.gossip_fanout);
  }
  if (due(sweep_due_, sweep_period))
    sweep(now);
  promise();
}

time_point core::next_due() const {
  auto out = sweep_due_;
  auto also = [&out](time_point at) { out = std::min(out, at); };
  if (phase_ == phase::ended)
    return out;
  if (!rumours_.empty())
    also(gossip_due_);
  for (const auto& [sequence, x] : relays_)
    also(x.nacked ? x.ends : x.nack_at);
  if (phase_ != phase::running)
    return out;
  also(probe_due_);
  also(sync_due_);
  also(revive_due_);
  if (!contacts_.empty())
    also(contact_due_);
  for (const auto& [sequence, x] : probes_)
    also(x.asked_others ? x.ends : x.ask_others_at);
  for (const auto& [id, x] : identity_checks_)
    also(x.ends);
  for (const auto& id : suspects_)
    if (const auto* known = roster_.find(id); known != nullptr && known->doubt) {
      also(suspicion_ends(*known));
      if (reaches(*known) && !is_probing(id))
        also(known->asked + ask_suspect_again);
    }
  return out;
}

void core::sweep(time_point now) {
  for (const auto& id : roster_.expired(bounds_, now)) {
    roster_.forget(id);
    rumours_.forget(id);
    emit(event_kind::forgotten, id);
  }
}

void core::contact(const node_id& seed, time_point now) {
  now = observe(now);
  if (phase_ != phase::running || seed == self_.id || banned_.contains(seed))
    return;
  if (std::ranges::count(contacts_, seed) == 0) {
    if (contacts_.size() >= bounds_.contacts_max)
      contacts_.erase(contacts_.begin());
    contacts_.push_back(seed);
  }
  const auto* known = roster_.find(seed);
  if (known == nullptr || !is_live(known->what.state))
    send_digest(seed);
  contact_due_ = std::max(contact_due_, now + bounds_.contact_period);
  promise();
}

result<done> core::update(facts about, time_point now) {
  now = observe(now);
  if (auto good = check(about); !good)
    return good;
  load_ = about.load;
  about.load = self_.about->load;
  if (about == *self_.about || phase_ != phase::running)
    return done{};
  about.load = load_;
  load_told_ = now;
  self_.about = std::move(about);
  contradict(self_.incarnation);
  promise();
  return done{};
}

void core::leave(time_point now) {
  observe(now);
  if (phase_ != phase::running)
    return;
  contradict(self_.incarnation);
  self_.state = state::left;
  phase_ = phase::left;
  probes_.clear();
  identity_checks_.clear();
  // It may be the last thing the owner lets it do.
  gossip(4 * bounds_.gossip_fanout);
  promise();
}

result<done> core::ban(const node_id& id, time_point now) {
  observe(now);
  if (banned_.size() >= bounds_.banned_max && !banned_.contains(id))
    return fail(errc::cluster_full, std::to_string(banned_.size()) + " banned nodes");
  banned_.insert(id);
  std::erase(contacts_, id);
  suspects_.erase(id);
  rumours_.forget(id);
  identity_checks_.erase(id);
  if (roster_.find(id) != nullptr) {
    roster_.forget(id);
    emit(event_kind::forgotten, id);
  }
  if (id == self_.id && phase_ != phase::ended)
    end(fail(errc::node_removed));
  promise();
  return done{};
}

void core::expel(failure why, time_point now) {
  observe(now);
  if (phase_ == phase::running)
    end(std::move(why));
  promise();
}

std::uint64_t core::digest() const noexcept {
  return roster_.digest() ^ (is_live(self_.state) ? digest_of(self_) : 0);
}

std::optional<std::uint16_t> core::agreed_version() const {
  auto oldest = self_.about->protocol_min;
  auto newest = self_.about->protocol_max;
  for (const auto& [id, x] : roster_.all()) {
    if (!is_live(x.what.state))
      continue;
    oldest = std::max(oldest, x.what.about->protocol_min);
    newest = std::min(newest, x.what.about->protocol_max);
  }
  return oldest <= newest ? std::optional{newest} : std::nullopt;
}

void core::emit(event_kind kind, const node_id& who, std::optional<failure> why) {
  if (events_.size() >= bounds_.events_max) {
    ++counters_.dropped;
    return;
  }
  events_.push_back({kind, who, std::move(why)});
}

void core::enqueue(const node_id& to, byte_queue&& bytes) {
  if (outgoing_bytes_ + bytes.size() > bounds_.outgoing_bytes_max) {
    ++counters_.dropped;
    return;
  }
  ++counters_.messages_out;
  counters_.bytes_out += bytes.size();
  outgoing_bytes_ += bytes.size();
  outgoing_.push_back({to, std::move(bytes)});
}

bool core::poll(outgoing& into) {
  if (outgoing_.empty())
    return false;
  into = std::move(outgoing_.front());
  outgoing_.pop_front();
  outgoing_bytes_ -= into.bytes.size();
  return true;
}

bool core::poll(event& into) {
  if (events_.empty())
    return false;
  into = std::move(events_.front());
  events_.pop_front();
  return true;
}

} // namespace serverme::membership
