// The membership of one node: who else is in the cluster, and who of them lives.
//
// SWIM with Lifeguard's refinements and anti-entropy; docs/membership.md has the rules. No I/O: the
// owner passes messages, time and a seed in, and takes messages and events out until there are no
// more, after each call. A hostile or broken peer with a certificate of this cluster can tell lies
// about others, but cannot make this node grow without bound or stop working.
#pragma once

#include "protocol/membership/dice.hpp"
#include "protocol/membership/event.hpp"
#include "protocol/membership/local_health.hpp"
#include "protocol/membership/roster.hpp"
#include "protocol/membership/rumours.hpp"

#include <deque>
#include <set>

namespace serverme::membership {

/// For the carrier: to be sent to the member `to`, in order. It dials when there is no link; while
/// two links claim one identity it hands the message to both.
struct outgoing {
  node_id to;
  byte_queue bytes;
};

enum class verdict : std::uint8_t {
  taken = 1,
  /// Of a later version: skipped.
  unknown = 2,
  malformed = 3,
  /// The sender was removed, or this node has ended.
  refused = 4,
};

struct counters {
  std::uint64_t messages_in = 0;
  std::uint64_t messages_out = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t malformed = 0;
  std::uint64_t unknown = 0;
  std::uint64_t refused = 0;
  /// Messages and events that nobody had taken: a limit was reached.
  std::uint64_t dropped = 0;
  /// Members without a place in the table.
  std::uint64_t full = 0;
  std::uint64_t suspicions = 0;
  std::uint64_t refutations = 0;
  std::uint64_t stalls = 0;
  std::uint64_t tables = 0;
};

class core {
public:
  /// `started`: nanoseconds of wall-clock time. @pre check(about)
  core(node_id self, std::uint64_t started, facts about, const limits& bounds, std::uint64_t seed,
       time_point now);

  /// A message of `from`, whom the carrier has authenticated.
  verdict handle(const node_id& from, bytes_view bytes, time_point now);

  /// At next_due(), or somewhat later: what is due.
  void tick(time_point now);
  time_point next_due() const;

  /// There is a link to a node of this cluster, for instance a seed. Asked again until somebody
  /// has answered.
  void contact(const node_id& seed, time_point now);

  /// The link broke, or could not be made: somebody asks at once whether it lives.
  void on_link_lost(const node_id& who, time_point now);

  /// This node has new facts. A changed load alone is told seldom.
  /// @errors gossip_malformed
  result<done> update(facts about, time_point now);

  /// Says goodbye; the owner goes on for some gossip periods so that it is heard.
  void leave(time_point now);

  /// Was removed from the cluster: is not listened to any more, and forgotten.
  /// @errors cluster_full: too many are banned
  result<done> ban(const node_id& id, time_point now);

  /// May come back: the ban was taken back.
  void unban(const node_id& id) { banned_.erase(id); }

  /// Has no place in the cluster, for a reason that is_permanent(): ends, unless it has left.
  void expel(failure why, time_point now);

  /// False when there is none.
  bool poll(outgoing& into);
  bool poll(event& into);

  const record& self() const noexcept { return self_; }
  /// The others. nullptr: not in the table.
  const member* find(const node_id& id) const noexcept { return roster_.find(id); }
  const roster::members& others() const noexcept { return roster_.all(); }
  /// Others that are alive or suspect.
  std::size_t live() const noexcept { return roster_.live(); }
  /// Equal in nodes that agree on who lives.
  std::uint64_t digest() const noexcept;
  /// The newest version of the cluster's messages that all living members speak; nothing when
  /// there is none.
  std::optional<std::uint16_t> agreed_version() const;
  /// 0: well; up to health_max.
  unsigned health() const noexcept { return health_.points(); }
  const serverme::membership::counters& counters() const noexcept { return counters_; }

private:
  /// A question to one member that waits for its answer.
  struct probe {
    node_id target;
    std::uint64_t run = 0;
    time_point ask_others_at;
    time_point ends;
    bool asked_others = false;
    std::size_t helpers = 0;
    std::size_t nacks = 0;
  };

  /// A question passed on for `asker`.
  struct relay {
    node_id asker;
    std::uint32_t sequence = 0;
    node_id target;
    time_point nack_at;
    time_point ends;
    bool nacked = false;
  };

  /// Somebody came with the identity of a living member: does that one still answer?
  struct identity_check {
    record newcomer;
    std::uint64_t known_run = 0;
    std::uint32_t sequence = 0;
    time_point ends;
  };

  /// A suspect is asked again so soon: an answer that did not contradict was no proof for others.
  static constexpr milliseconds ask_suspect_again{300};

  enum class source : std::uint8_t { news, table };
  enum class phase : std::uint8_t { running, left, ended };

  // core.cpp: what comes in, what goes out
  time_point observe(time_point now);
  void on_stall(time_point::duration gap, time_point now);
  void promise();
  verdict take(const node_id& from, bytes_view bytes, time_point now);
  void dispatch(const node_id& from, const message& x, time_point now);
  void note_sender(const node_id& from, const message& x);
  void on_refusal(const message& x);
  void end(failure why);
  void emit(event_kind kind, const node_id& who, std::optional<failure> why = {});
  void enqueue(const node_id& to, byte_queue&& bytes);
  void sweep(time_point now);

  // core_records.cpp: what is believed
  void on_record(const record& x, const node_id& from, source where, time_point now);
  void on_own_record(const record& x);
  void on_stranger(const record& x, const node_id& from, time_point now);
  void on_other_run(member& known, const record& x, const node_id& from, time_point now);
  void on_same_run(member& known, const record& x, source where, time_point now);
  void confirm(member& known, const std::vector<node_id>& accusers);
  void apply(member& known, const record& x, time_point now);
  void announce_change(const record& was, const member& is);
  void refuse(const record& newcomer, errc why);
  void check_identity(const member& known, const record& newcomer, time_point now);
  bool on_identity_answer(const node_id& from, const message& x);
  void expire_identity_checks(time_point now);
  void contradict(std::uint32_t incarnation);
  void take_run(std::uint64_t run);

  // core_probing.cpp: who lives
  void start_probes(time_point now);
  std::vector<node_id> guarded() const;
  std::optional<node_id> next_in_round();
  void start_probe(const node_id& target, time_point now, const record* telling = nullptr);
  bool is_probing(const node_id& target) const;
  void ask_others(std::uint32_t sequence, probe& x);
  void check_probes(time_point now);
  void on_no_answer(const probe& x, time_point now);
  /// @pre suspect.doubt
  time_point suspicion_ends(const member& suspect) const;
  void check_suspects(time_point now);
  void on_ping_request(const node_id& from, const message& x, time_point now);
  void on_ack(const node_id& from, const message& x, time_point now);
  void on_nack(const message& x);
  void check_relays(time_point now);
  void revive(time_point now);

  // core_gossip.cpp: who hears of it
  bool reaches(const member& x) const;
  std::vector<node_id> peers() const;
  std::size_t share() const;
  std::size_t spread() const;
  message head(message_type type, std::uint32_t sequence = 0) const;
  void send(const node_id& to, const message& x, const record* telling = nullptr);
  bool add_news(message_writer& writer, const node_id& to);
  bool send_news(const node_id& to);
  const record* record_of(const node_id& id) const;
  void gossip(std::size_t fanout);
  void send_digest(const node_id& to, const record* telling = nullptr);
  void send_own_record(const node_id& to);
  void send_table(const node_id& to, time_point now);
  std::size_t send_page(const node_id& to, message_type type, const id_range& page,
                        const std::vector<const record*>& records);
  void on_digest(const node_id& from, const message& x, time_point now);
  void on_table(const node_id& from, const message& x, time_point now);
  std::size_t correct(const node_id& to, const message& x);
  void sync(time_point now);
  void ask_contacts(time_point now);
  void tell_load(time_point now);
  milliseconds jitter(milliseconds most) { return milliseconds{dice_.below(most.count() + 1)}; }

  limits bounds_;
  dice dice_;
  record self_;
  phase phase_ = phase::running;
  /// Somebody has told this node the table: it is in.
  bool settled_ = false;
  /// Load that was not worth telling yet.
  std::uint16_t load_;
  time_point load_told_;

  roster roster_;
  rumours rumours_;
  local_health health_;
  std::set<node_id> banned_;
  std::vector<node_id> contacts_;
  std::set<node_id> suspects_;
  std::vector<node_id> round_;

  std::uint32_t sequence_;
  std::map<std::uint32_t, probe> probes_;
  std::map<std::uint32_t, relay> relays_;
  std::map<node_id, identity_check> identity_checks_;

  time_point now_;
  /// Until when nothing was due after the last call.
  time_point promised_;
  time_point probe_due_;
  time_point gossip_due_;
  time_point sync_due_;
  time_point revive_due_;
  time_point contact_due_;
  time_point sweep_due_;

  std::deque<outgoing> outgoing_;
  std::size_t outgoing_bytes_ = 0;
  std::deque<event> events_;
  serverme::membership::counters counters_;
};

} // namespace serverme::membership
