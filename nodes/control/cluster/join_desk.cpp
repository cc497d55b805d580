#include "nodes/control/cluster/join_desk.hpp"

#include "net/digest.hpp"
#include "nodes/control/api/answers.hpp"
#include "nodes/control/cluster/join_messages.hpp"

#include <spdlog/spdlog.h>

namespace serverme::control {

join_desk::join_desk(database_settings database, authority ca,
                     std::shared_ptr<join_outcomes> outcomes)
  : facts_{std::move(database)}, ca_{std::move(ca)}, outcomes_{std::move(outcomes)} {}

api_answer join_desk::answer(const join_call& call) {
  auto text = answer_or_fail(call);
  if (text)
    return {.status = 200, .body = *std::move(text)};
  ++outcomes_->refused;
  // Not what was asked for: a stranger chooses it.
  spdlog::warn("cluster: {} was refused: {}", call.source, to_string(text.error()));
  return error_answer(text.error());
}

result<std::string> join_desk::answer_or_fail(const join_call& call) {
  auto handler = call.target == join_target    ? &join_desk::join
                 : call.target == renew_target ? &join_desk::renew
                 : call.target == leave_target ? &join_desk::leave
                                               : nullptr;
  if (handler == nullptr)
    return fail(errc::api_not_found);
  if (call.method != "POST")
    return fail(errc::api_method_not_allowed);
  return (this->*handler)(call);
}

result<std::string> join_desk::join(const join_call& call) {
  auto ask = parse_join_request(call.body);
  if (!ask)
    return fail(ask.error());
  auto admitted = facts_.answer(redeem_token{.secret_hash = net::sha256(ask->secret),
                                             .roles = ask->roles,
                                             .node = {net::random_bits(), net::random_bits()},
                                             .introduction = ask->introduction},
                                ca_.signer_for(ask->request));
  if (!admitted)
    return fail(admitted.error());
  ++outcomes_->joined;
  spdlog::info("cluster: node {} ({}) joined as {}", to_string(admitted->who.node),
               ask->introduction.name, to_string(admitted->who.roles));
  return welcome_text(*admitted, true);
}

result<std::string> join_desk::renew(const join_call& call) {
  auto node = member(call);
  if (!node)
    return fail(node.error());
  auto request = parse_renewal(call.body);
  if (!request)
    return fail(request.error());
  auto admitted = facts_.answer(renew_node{*node, call.who->serial}, ca_.signer_for(*request));
  if (!admitted)
    return fail(admitted.error());
  ++outcomes_->renewed;
  spdlog::info("cluster: node {} has a new certificate", to_string(*node));
  return welcome_text(*admitted, false);
}

result<std::string> join_desk::leave(const join_call& call) {
  auto node = member(call);
  if (!node)
    return fail(node.error());
  if (auto removed = facts_.answer(remove_node{*node, "itself"}); !removed)
    return fail(removed.error());
  ++outcomes_->left;
  spdlog::info("cluster: node {} left", to_string(*node));
  return std::string{"{}"};
}

result<node_id> join_desk::member(const join_call& call) const {
  if (!call.who)
    return fail(errc::api_unauthorized, "this needs the node's certificate");
  if (call.who->identity.cluster != ca_.facts().id)
    return fail(errc::certificate_refused, "the certificate is of another cluster");
  return call.who->identity.node;
}

result<std::string> join_desk::welcome_text(const admission& admitted, bool is_new) {
  // A node that cannot be told where the others are asks again when it renews.
  auto ways = facts_.answer(list_ways{});
  auto is_control = admitted.who.roles.has(node_role::control);
  return to_json(welcome{admitted.certificate.pem, ca_.facts().ca_certificate,
                         ways ? *std::move(ways) : cluster_ways{},
                         is_new && is_control ? ca_.key() : std::string{}});
}

} // namespace serverme::control
