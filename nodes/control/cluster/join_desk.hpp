// Answers those who join, renew and leave: without sockets, with the database.
#pragma once

#include "nodes/control/api/api_call.hpp"
#include "nodes/control/cluster/authority.hpp"
#include "nodes/control/cluster/cluster_ledger.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace serverme::control {

struct join_call {
  std::string method, target, body;
  /// Where it comes from, for the log.
  std::string source;
  /// Whom the certificate names that came with the connection, proven by TLS.
  std::optional<net::node_certificate> who;
};

/// How often; read from any thread.
struct join_outcomes {
  std::atomic<std::uint64_t> joined{0}, renewed{0}, left{0}, refused{0};
};

/// Blocks, one thread at a time.
class join_desk {
public:
  join_desk(database_settings database, authority ca, std::shared_ptr<join_outcomes> outcomes);

  api_answer answer(const join_call& call);

private:
  result<std::string> answer_or_fail(const join_call& call);
  result<std::string> join(const join_call& call);
  result<std::string> renew(const join_call& call);
  result<std::string> leave(const join_call& call);
  result<node_id> member(const join_call& call) const;
  result<std::string> welcome_text(const admission& admitted, bool is_new);

  cluster_ledger facts_;
  authority ca_;
  std::shared_ptr<join_outcomes> outcomes_;
};

} // namespace serverme::control
