#include "nodes/control/cluster/cluster_ledger.hpp"

#include "nodes/control/sql/cluster_topics.hpp"
#include "nodes/control/sql/database.hpp"

#include <utility>

namespace serverme::control {

namespace {

void prepare_all(pqxx::connection& connection) {
  sql::prepare_cluster(connection);
  sql::prepare_join_tokens(connection);
  sql::prepare_nodes(connection);
}

} // namespace

struct cluster_ledger::state {
  explicit state(database_settings settings) : base{std::move(settings), prepare_all} {}

  template <class Reply, class Question, class... More>
  result<Reply> answer(const Question& ask, const More&... more) {
    return base.transact<Reply>([&](pqxx::work& work) { return sql::answer(work, ask, more...); });
  }

  sql::database base;
};

cluster_ledger::cluster_ledger(database_settings settings)
  : state_{std::make_unique<state>(std::move(settings))} {}
cluster_ledger::~cluster_ledger() = default;

result<cluster_facts> cluster_ledger::answer(const get_cluster& ask) {
  return state_->answer<cluster_facts>(ask);
}

result<done> cluster_ledger::answer(const found_cluster& ask, const certificate_signer& sign,
                                    const std::function<result<done>(const admission&)>& keep) {
  return state_->base.transact<done>([&](pqxx::work& work) -> result<done> {
    auto first = sql::answer(work, ask, sign);
    if (!first)
      return fail(first.error());
    return keep(*first);
  });
}

result<token_created> cluster_ledger::answer(const create_token& ask) {
  return state_->answer<token_created>(ask);
}

result<std::vector<token_view>> cluster_ledger::answer(const list_tokens& ask) {
  return state_->answer<std::vector<token_view>>(ask);
}

result<done> cluster_ledger::answer(const revoke_token& ask) { return state_->answer<done>(ask); }

result<admission> cluster_ledger::answer(const redeem_token& ask, const certificate_signer& sign) {
  return state_->answer<admission>(ask, sign);
}

result<admission> cluster_ledger::answer(const renew_node& ask, const certificate_signer& sign) {
  return state_->answer<admission>(ask, sign);
}

result<done> cluster_ledger::answer(const remove_node& ask) { return state_->answer<done>(ask); }

result<std::vector<node_view>> cluster_ledger::answer(const list_nodes& ask) {
  return state_->answer<std::vector<node_view>>(ask);
}

result<std::vector<node_id>> cluster_ledger::answer(const list_outcasts& ask) {
  return state_->answer<std::vector<node_id>>(ask);
}

result<done> cluster_ledger::answer(const announce_node& ask) { return state_->answer<done>(ask); }

result<cluster_ways> cluster_ledger::answer(const list_ways& ask) {
  return state_->answer<cluster_ways>(ask);
}

} // namespace serverme::control
