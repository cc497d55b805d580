// The cluster, its tokens and its nodes in PostgreSQL: every question of questions.hpp as a call.
//
// Blocks, one thread at a time: the desk of the join listener asks it on a thread of its own, the
// commands of servermed ask it directly.
#pragma once

#include "nodes/control/cluster/questions.hpp"
#include "nodes/control/database_settings.hpp"

#include <memory>
#include <vector>

namespace serverme::control {

class cluster_ledger {
public:
  /// Connects with the first question.
  explicit cluster_ledger(database_settings settings);
  ~cluster_ledger();

  /// @errors of each: what its question says, and database_unavailable
  result<cluster_facts> answer(const get_cluster& ask);
  /// `sign` is called with the node's row in place; `keep` last before the cluster is for real: the
  /// identity it makes must be on disk before anybody counts on it.
  result<done> answer(const found_cluster& ask, const certificate_signer& sign,
                      const std::function<result<done>(const admission&)>& keep);
  result<token_created> answer(const create_token& ask);
  result<std::vector<token_view>> answer(const list_tokens& ask);
  result<done> answer(const revoke_token& ask);
  result<admission> answer(const redeem_token& ask, const certificate_signer& sign);
  result<admission> answer(const renew_node& ask, const certificate_signer& sign);
  result<done> answer(const remove_node& ask);
  result<std::vector<node_view>> answer(const list_nodes& ask);
  result<std::vector<node_id>> answer(const list_outcasts& ask);
  result<done> answer(const announce_node& ask);
  result<cluster_ways> answer(const list_ways& ask);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace serverme::control
