// A cluster in a real PostgreSQL, with its first control node.
#pragma once

#include "net/cluster/node_certificate.hpp"
#include "net/digest.hpp"
#include "nodes/control/cluster/authority.hpp"
#include "nodes/control/cluster/cluster_ledger.hpp"
#include "nodes/control/secrets.hpp"
#include "protocol/cluster/join_token.hpp"
#include "tests/unit/control/own_database.hpp"

#include <stdexcept>
#include <string>

namespace serverme::tests {

struct founded_cluster {
  founded_cluster() {
    auto founded
      = facts.answer(control::found_cluster{ca.facts(), first, {"first", "", ""}},
                     ca.signer_for(request.request), [this](const control::admission& admitted) {
                       own = {{admitted.certificate.pem, request.key}, ca.facts().ca_certificate};
                       serial = admitted.certificate.serial;
                       return result<done>{done{}};
                     });
    if (!founded)
      throw std::runtime_error(to_string(founded.error()));
  }

  /// @returns the secret
  std::string token(control::create_token how = {.roles = {node_role::edge}}) {
    auto secret = control::random_bytes(join_token::secret_bytes);
    how.secret_hash = net::sha256(secret);
    auto made = facts.answer(how);
    if (!made)
      throw std::runtime_error(to_string(made.error()));
    last_token = made->token;
    return secret;
  }

  void let_tokens_expire() {
    run_sql(settings, "UPDATE join_tokens SET expires_at = now() - interval '1 second'");
  }

  control::database_settings settings = migrated_database();
  control::cluster_ledger facts{settings};
  control::authority ca = control::authority::make();
  node_identity first{ca.facts().id, {1, 1}, {node_role::control}};
  net::node_request request = net::make_node_request();
  net::node_credentials own;
  std::string serial;
  control::token_id last_token;
};

template <class T>
errc code_of(const result<T>& outcome) {
  return outcome ? errc{} : outcome.error().code;
}

} // namespace serverme::tests
