// Who hears of what: news that rides on other messages, and whole tables.
#include "protocol/membership/core.hpp"

#include <bit>

namespace serverme::membership {

namespace {

constexpr node_id last_id{UINT64_MAX, UINT64_MAX};
// Tables that differed are compared again so soon.
constexpr milliseconds compare_again{1000};

bool takes_news(message_type type) {
  switch (type) {
    case message_type::ping:
    case message_type::ack:
    case message_type::ping_request:
    case message_type::nack:
    case message_type::gossip: return true;
    default: return false;
  }
}

std::size_t bytes_of(const record& x) {
  byte_queue bytes;
  append_to(bytes, x);
  return bytes.size();
}

// The reader has the facts of who is gone, or needs none.
record brief(const record& x) {
  auto out = x;
  out.about.reset();
  out.started = 0;
  return out;
}

} // namespace

bool core::reaches(const member& x) const {
  return can_reach(self_.about->roles, x.what.about->roles);
}

std::vector<node_id> core::peers() const {
  return roster_.select([this](const member& x) { return is_live(x.what.state) && reaches(x); });
}

// Workers hear only from others than workers: where those are few, each of them has more to tell.
std::size_t core::share() const {
  constexpr node_roles only_worker{node_role::worker};
  if (self_.about->roles == only_worker)
    return 1;
  std::size_t tellers = 1;
  for (const auto& [id, x] : roster_.all())
    tellers += is_live(x.what.state) && x.what.about->roles != only_worker ? 1 : 0;
  return (roster_.live() + tellers) / tellers;
}

std::size_t core::spread() const {
  auto rounds = std::bit_width(roster_.live() + 1);
  return bounds_.spread_factor * static_cast<std::size_t>(rounds) * share();
}

message core::head(message_type type, std::uint32_t sequence) const {
  message out;
  out.type = type;
  out.sequence = sequence;
  out.run = self_.run;
  out.incarnation = self_.incarnation;
  return out;
}

const record* core::record_of(const node_id& id) const {
  if (id == self_.id)
    return &self_;
  const auto* known = roster_.find(id);
  return known == nullptr ? nullptr : &known->what;
}

/// `telling`: a record that goes along whatever else does. Whoever is suspected, dead or away is
/// always told so.
void core::send(const node_id& to, const message& x, const record* telling) {
  byte_queue bytes;
  message_writer writer{bytes, x, gossip_bytes_max};
  const auto* known = roster_.find(to);
  if (telling == nullptr && known != nullptr && known->what.state != state::alive)
    telling = &known->what;
  if (telling != nullptr)
    writer.add(telling->id == to && telling->state != state::alive ? brief(*telling) : *telling);
  if (takes_news(x.type))
    add_news(writer, to);
  enqueue(to, std::move(bytes));
}

/// @returns whether there were any
bool core::add_news(message_writer& writer, const node_id& to) {
  if (rumours_.empty())
    return false;
  auto any = false;
  auto times_max = spread();
  for (const auto& about : rumours_.in_order()) {
    const auto* x = record_of(about);
    // A member knows itself best.
    if (x == nullptr || about == to)
      continue;
    if (!writer.add(x->state == state::alive || about == self_.id ? *x : brief(*x)))
      return any;
    any = true;
    rumours_.on_sent(about, times_max);
  }
  return any;
}

bool core::send_news(const node_id& to) {
  byte_queue bytes;
  message_writer writer{bytes, head(message_type::gossip), gossip_bytes_max};
  if (!add_news(writer, to))
    return false;
  enqueue(to, std::move(bytes));
  return true;
}

void core::gossip(std::size_t fanout) {
  auto to = peers();
  // In a cluster of two there is nobody to tell of the other.
  if (to.size() == 1)
    rumours_.forget(to.front());
  dice_.draw(to, fanout * share());
  for (const auto& id : to)
    for (std::size_t burst = 0; burst < bounds_.gossip_burst; ++burst)
      if ((burst > 0 && !rumours_.has_unsent()) || !send_news(id))
        break;
  // Nobody is there to hear them; whoever comes gets the table.
  if (to.empty())
    rumours_ = {};
}

void core::send_own_record(const node_id& to) { send(to, head(message_type::gossip), &self_); }

/// Introduces this node as well. `telling`: what the reader should know of itself.
void core::send_digest(const node_id& to, const record* telling) {
  auto x = head(message_type::digest);
  x.digest = digest();
  x.members = static_cast<std::uint32_t>(roster_.live() + 1);
  x.records.push_back(self_);
  const auto* known = roster_.find(to);
  if (telling == nullptr && known != nullptr && known->what.state != state::alive)
    telling = &known->what;
  if (telling != nullptr)
    x.records.push_back(*telling);
  byte_queue bytes;
  append_to(bytes, x);
  enqueue(to, std::move(bytes));
}

void core::on_digest(const node_id& from, const message& x, time_point now) {
  if (x.digest == digest() && x.members == roster_.live() + 1)
    return send(from, head(message_type::correction));
  const auto* known = roster_.find(from);
  if (known != nullptr && !identity_checks_.contains(from))
    send_table(from, now);
}

void core::send_table(const node_id& to, time_point now) {
  auto* known = roster_.find(to);
  if (known == nullptr || (known->table_sent && now - *known->table_sent < bounds_.sync_gap))
    return;
  known->table_sent = now;
  ++counters_.tables;
  std::vector<const record*> sorted{&self_};
  for (const auto& [id, x] : roster_.all())
    sorted.push_back(&x.what);
  std::ranges::sort(sorted, {}, [](const record* x) { return x->id; });
  send_page(to, message_type::table, {node_id{}, last_id}, sorted);
}

/// Cuts them into as many messages as they need. @returns how many. @pre sorted by id
std::size_t core::send_page(const node_id& to, message_type type, const id_range& page,
                            const std::vector<const record*>& records) {
  constexpr std::size_t room = page_bytes_max - 128;
  std::size_t pages = 0;
  auto after = page.after;
  for (auto at = records.begin(); at != records.end();) {
    auto x = head(type);
    for (std::size_t bytes = 0; at != records.end(); ++at) {
      bytes += bytes_of(**at) + 3;
      if (bytes > room)
        break;
      x.records.push_back(**at);
    }
    auto until = at == records.end() ? page.until : x.records.back().id;
    if (type == message_type::table)
      x.page = id_range{after, until};
    after = until;
    byte_queue bytes;
    append_to(bytes, x);
    enqueue(to, std::move(bytes));
    ++pages;
  }
  return pages;
}

void core::on_table(const node_id& from, const message& x, time_point now) {
  settled_ = true;
  sync_due_ = std::min(sync_due_, now + compare_again / 2 + jitter(compare_again));
  auto* known = roster_.find(from);
  if (known == nullptr)
    return;
  if (now - known->corrected >= bounds_.sync_gap) {
    known->corrected = now;
    known->corrections = 0;
  }
  if (known->corrections < bounds_.corrections_max)
    known->corrections += correct(from, x);
}

/// Sends what is newer here than in that page. @returns in how many messages
std::size_t core::correct(const node_id& to, const message& x) {
  std::map<node_id, const record*> theirs;
  for (const auto& record : x.records)
    theirs[record.id] = &record;
  std::vector<const record*> newer;
  auto compare = [&](const record& mine) {
    if (!x.page->holds(mine.id))
      return;
    auto entry = theirs.find(mine.id);
    if (entry == theirs.end() ? is_live(mine.state) : supersedes(mine, *entry->second))
      newer.push_back(&mine);
  };
  compare(self_);
  for (const auto& [id, known] : roster_.all())
    compare(known.what);
  std::ranges::sort(newer, {}, [](const record* each) { return each->id; });
  return send_page(to, message_type::correction, *x.page, newer);
}

void core::sync(time_point) {
  auto to = peers();
  dice_.draw(to, 1);
  for (const auto& id : to)
    send_digest(id);
}

void core::ask_contacts(time_point) {
  if (settled_ && roster_.live() > 0)
    return;
  for (const auto& id : contacts_)
    send_digest(id);
}

void core::tell_load(time_point now) {
  auto told = self_.about->load;
  auto step = load_ > told ? load_ - told : told - load_;
  if (step < bounds_.load_step || now - load_told_ < bounds_.load_period)
    return;
  self_.about->load = load_;
  load_told_ = now;
  contradict(self_.incarnation);
}

} // namespace serverme::membership
