#include "net/cluster/peer_book.hpp"

#include "net/cluster/cluster_tls.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace serverme::net {

namespace {

template <class Reason>
void add_one(count_by<Reason>& to, Reason why) {
  ++to[static_cast<std::size_t>(why)];
}

} // namespace

peer_book::peer_book(event_loop& loop, const node_identity& self, process_start began,
                     const peer_limits& limits, const peer_hooks& hooks)
  : loop_{loop},
    limits_{limits},
    hooks_{hooks},
    setup_{.loop = loop, .judge = *this, .limits = limits, .self = self, .began = began} {}

template <class Change>
void peer_book::count(Change change) {
  std::lock_guard guard{mutex_};
  change(counts_);
  counts_.strangers = strangers_.size();
  counts_.peers = peers_.size();
}

// -- strangers ------------------------------------------------------------------------------------

void peer_book::accept(stream_socket socket, const ssl_context& context) {
  make_room();
  add(std::make_shared<peer_connection>(setup_, std::move(socket), basp_side::dialing),
      accept_node(context), nullptr);
  count([](peer_counts& all) { ++all.connections_accepted; });
}

void peer_book::dial(stream_socket socket, const ssl_context& context, dial_done done) {
  add(std::make_shared<peer_connection>(setup_, std::move(socket), basp_side::dialed),
      dial_node(context), std::move(done));
  count([](peer_counts& all) { ++all.connections_dialed; });
}

void peer_book::add(connection_ptr connection, tls_session tls, dial_done done) {
  strangers_.push_back({connection, std::move(done)});
  connection->begin(std::move(tls));
}

// The oldest of the address that has the most: a flood from one address drives out itself.
void peer_book::make_room() {
  std::map<std::string, std::size_t> of_address;
  std::size_t accepted = 0;
  for (const auto& each : strangers_)
    if (!each.connection->was_dialed()) {
      ++of_address[each.connection->where().host];
      ++accepted;
    }
  if (accepted < limits_.strangers_max)
    return;
  auto crowd = std::ranges::max_element(of_address, {}, [](const auto& x) { return x.second; });
  auto oldest = std::ranges::find_if(strangers_, [&](const stranger& each) {
    return !each.connection->was_dialed() && each.connection->where().host == crowd->first;
  });
  auto gone = oldest->connection;
  gone->refuse(peer_refusal::crowded,
               fail(errc::too_busy, "too many that prove themselves at once"));
}

peer_book::stranger peer_book::take(peer_connection& who) {
  auto at = std::ranges::find_if(
    strangers_, [&](const stranger& each) { return each.connection.get() == &who; });
  if (at == strangers_.end())
    return {};
  auto taken = std::move(*at);
  strangers_.erase(at);
  return taken;
}

peer_book::connection_ptr peer_book::own_dial_to(const node_id& node) const {
  auto at = std::ranges::find_if(strangers_, [&](const stranger& each) {
    return each.connection->was_dialed() && each.connection->is_greeting()
           && each.connection->peer().node == node;
  });
  return at == strangers_.end() ? nullptr : at->connection;
}

// -- verdicts -------------------------------------------------------------------------------------

std::optional<peer_refusal> peer_book::on_secured(peer_connection& who) {
  const auto& certificate = who.certificate();
  if (certificate.identity.cluster != setup_.self.cluster)
    return peer_refusal::not_allowed;
  // Who dialed is told so in answer to his greeting.
  if (who.was_dialed() && !hooks_.is_allowed(certificate))
    return peer_refusal::not_allowed;
  auto connected = peers_.contains(certificate.identity.node);
  if (who.was_dialed() && connected)
    return peer_refusal::duplicate;
  if (!connected && peers_.size() >= limits_.peers_max)
    return peer_refusal::crowded;
  return std::nullopt;
}

std::optional<link_greeting::verdict> peer_book::on_greeting(peer_connection& who) {
  auto now = loop_.now();
  auto verdict = judge(who, now);
  if (!verdict)
    doubts_.push_back({who.shared_from_this(), now});
  return verdict;
}

std::optional<link_greeting::verdict> peer_book::judge(const peer_connection& who,
                                                       time_point came) {
  auto node = who.peer().node;
  if (node == setup_.self.node)
    return link_greeting::verdict::same_identity;
  if (!hooks_.is_allowed(who.certificate()))
    return link_greeting::verdict::removed;
  if (auto verdict = judge_namesake(who, came); verdict != link_greeting::verdict::yes)
    return verdict;
  if (auto dialing = own_dial_to(node)) {
    if (setup_.self.node < node)
      return link_greeting::verdict::duplicate;
    dialing->refuse(peer_refusal::duplicate, fail(errc::session_replaced, "it dialed first"));
  }
  return link_greeting::verdict::yes;
}

// Who dials has no connection, as far as he knows: one that is there is a leftover. But two that
// dial each other at the same time must keep the same one, which is the one dialed by the smaller
// id; and of two processes with one identity the elder stays while it lives, or the two would drive
// each other out for ever.
std::optional<link_greeting::verdict> peer_book::judge_namesake(const peer_connection& who,
                                                                time_point came) {
  auto known = peers_.find(who.peer().node);
  if (known == peers_.end())
    return link_greeting::verdict::yes;
  auto there = known->second;
  auto now = loop_.now();
  if (who.peer_began() > there->peer_began()) {
    if (there->last_sign() > came)
      return link_greeting::verdict::same_identity;
    // CAF knows a process by its run: one that began in the same second cannot follow before the
    // other is forgotten.
    auto is_silent = now - there->last_sign() >= limits_.elder_silent_after;
    if (!is_silent || who.peer_run() == there->peer_run())
      return std::nullopt;
  }
  auto is_fresh = now - there->since() < limits_.handshake_timeout;
  auto is_same_run = there->peer_began() == who.peer_began();
  if (there->was_dialed() && setup_.self.node < who.peer().node && is_fresh && is_same_run)
    return link_greeting::verdict::duplicate;
  there->lose(peer_loss::replaced, fail(errc::session_replaced, "it connected anew"));
  return link_greeting::verdict::yes;
}

void peer_book::settle_doubts() {
  for (auto each = doubts_.begin(); each != doubts_.end();) {
    auto [who, came] = *each;
    auto verdict = who->awaits_verdict() ? judge(*who, came) : std::nullopt;
    if (who->awaits_verdict() && !verdict) {
      ++each;
      continue;
    }
    each = doubts_.erase(each);
    if (verdict)
      who->answer(*verdict);
  }
}

void peer_book::on_proven(peer_connection& who) {
  auto taken = take(who);
  // Between our greeting and its answer he may have become a peer by another way.
  if (auto there = peers_.find(who.peer().node); there != peers_.end()) {
    auto leftover = there->second;
    leftover->lose(peer_loss::replaced, fail(errc::session_replaced, "it connected anew"));
  }
  peers_[who.peer().node] = taken.connection;
  count([&](peer_counts&) { counted_[who.peer().node] = taken.connection; });
  if (taken.done)
    taken.done(dialed_peer{who.peer(), taken.connection});
  else
    hooks_.on_peer(taken.connection);
}

void peer_book::on_refused(peer_connection& who, peer_refusal why, const failure& what) {
  auto taken = take(who);
  count([&](peer_counts& all) { add_one(all.refused, why); });
  hooks_.on_refused(to_string(who.where()), why, what);
  if (!taken.done)
    return;
  if (why == peer_refusal::duplicate)
    return taken.done(dialed_peer{who.peer(), nullptr});
  taken.done(fail(what.code, to_string(who.where()) + ": " + what.detail));
}

void peer_book::on_lost(peer_connection& who, peer_loss why, const failure& what) {
  auto known = peers_.find(who.peer().node);
  if (known != peers_.end() && known->second.get() == &who)
    peers_.erase(known);
  count([&](peer_counts& all) {
    add_one(all.lost, why);
    all.bytes_in += who.bytes_in();
    all.bytes_out += who.bytes_out();
    all.messages_left_out += who.left_out();
    auto counted = counted_.find(who.peer().node);
    if (counted != counted_.end() && counted->second.get() == &who)
      counted_.erase(counted);
  });
  hooks_.on_lost(who.peer(), why, what);
}

// -- all of them ----------------------------------------------------------------------------------

void peer_book::on_tick(time_point now, wall_time date) {
  std::vector<connection_ptr> all;
  for (const auto& each : strangers_)
    all.push_back(each.connection);
  for (const auto& [node, connection] : peers_)
    all.push_back(connection);
  for (const auto& each : all)
    each->on_tick(now, date);
  settle_doubts();
  count([](peer_counts&) {});
}

void peer_book::drop(const node_id& node) {
  if (auto known = peers_.find(node); known != peers_.end()) {
    auto gone = known->second;
    gone->lose(peer_loss::dropped, fail(errc::closed_by_owner, "dropped by this node"));
  }
}

void peer_book::recheck() {
  std::vector<node_id> gone;
  for (const auto& [node, connection] : peers_)
    if (!hooks_.is_allowed(connection->certificate()))
      gone.push_back(node);
  for (const auto& node : gone)
    drop(node);
}

void peer_book::close() {
  doubts_.clear();
  while (!strangers_.empty()) {
    auto gone = strangers_.front().connection;
    gone->refuse(peer_refusal::late, fail(errc::closed_by_owner, "this node stops"));
  }
  while (!peers_.empty()) {
    auto gone = peers_.begin()->second;
    gone->lose(peer_loss::closed, fail(errc::closed_by_owner, "this node stops"));
  }
}

peer_counts peer_book::counts() const {
  std::lock_guard guard{mutex_};
  auto all = counts_;
  for (const auto& [node, connection] : counted_) {
    all.bytes_in += connection->bytes_in();
    all.bytes_out += connection->bytes_out();
  }
  return all;
}

} // namespace serverme::net
