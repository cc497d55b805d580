// Who is in the cluster: what members say to each other, and what anybody may ask one of them.
#pragma once

#include "protocol/membership/event.hpp"
#include "protocol/membership/member.hpp"
#include "protocol/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace serverme {

/// A message of docs/membership.md, from one member to another.
struct gossip {
  std::string bytes;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, gossip& x) {
    return f(x.bytes);
  }
};

/// A member as the node that answers knows it.
struct member_view {
  node_id id;
  membership::state state = membership::state::alive;
  /// How long it has been in this state, as far as the node that answers knows.
  milliseconds age{0};
  std::uint64_t run = 0;
  std::uint32_t incarnation = 0;
  /// What it says about itself (membership::facts).
  node_roles roles;
  std::string name;
  std::string cluster_address;
  std::string lane_address;
  std::vector<std::string> public_addresses;
  std::string software;
  std::uint16_t protocol_min = 0;
  std::uint16_t protocol_max = 0;
  std::uint16_t load = 0;
  std::uint32_t capacity = 0;
  bool draining = false;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, member_view& x) {
    return f(x.id, x.state, x.age, x.run, x.incarnation, x.roles, x.name, x.cluster_address,
             x.lane_address, x.public_addresses, x.software, x.protocol_min, x.protocol_max, x.load,
             x.capacity, x.draining);
  }
};

/// Since the membership of the node that answers was started.
struct membership_counts {
  std::uint64_t messages_in = 0;
  std::uint64_t messages_out = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  /// Without a link in time, beyond a limit, or while the mailbox was full.
  std::uint64_t messages_dropped = 0;
  /// Not understood, or of a sender that is no member.
  std::uint64_t messages_refused = 0;
  std::uint64_t dials = 0;
  std::uint64_t dials_failed = 0;
  std::uint64_t suspicions = 0;
  std::uint64_t refutations = 0;
  std::uint64_t stalls = 0;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, membership_counts& x) {
    return f(x.messages_in, x.messages_out, x.bytes_in, x.bytes_out, x.messages_dropped,
             x.messages_refused, x.dials, x.dials_failed, x.suspicions, x.refutations, x.stalls);
  }
};

/// Answered by member_list.
struct list_members {
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, list_members&) {
    return f();
  }
};

struct member_list {
  /// The one that answers; among the members too.
  node_id self;
  /// In the order of ids.
  std::vector<member_view> members;
  /// The newest version of messages that all living members speak; 0: there is none.
  std::uint16_t agreed_version = 0;
  /// 0: the node that answers is well; more: it was late, or cut off, itself.
  std::uint32_t health = 0;
  membership_counts counts;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, member_list& x) {
    return f(x.self, x.members, x.agreed_version, x.health, x.counts);
  }
};

/// The asking actor gets member_news from now on, until it ends. Answered by member_list.
/// Errors: too_busy: too many watch.
struct watch_members {
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, watch_members&) {
    return f();
  }
};

/// Which nodes were removed? Only a control node is believed. Answered by outcast_list.
struct ask_outcasts {
  /// Of what the asking node knows.
  std::uint64_t digest = 0;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, ask_outcasts& x) {
    return f(x.digest);
  }
};

/// Nodes that were removed while a certificate of theirs is still good.
struct outcast_list {
  std::uint64_t digest = 0;
  /// In order; left out when the digest is that of the question.
  std::vector<node_id> nodes;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, outcast_list& x) {
    return f(x.digest, x.nodes);
  }
};

struct member_news {
  membership::event_kind kind{};
  /// As it is now; `forgotten`: only the id.
  member_view who;
  /// For people; `refused` only.
  std::string why;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, member_news& x) {
    return f(x.kind, x.who, x.why);
  }
};

} // namespace serverme
