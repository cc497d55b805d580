#include "nodes/servermed/cluster/founding.hpp"

#include "net/cluster/join_tls.hpp"
#include "net/digest.hpp"
#include "nodes/control/cluster/authority.hpp"
#include "nodes/control/cluster/cluster_ledger.hpp"
#include "nodes/servermed/cluster/certificate_keeper.hpp"
#include "nodes/servermed/cluster/cluster_office.hpp"

namespace serverme::servermed {

namespace {

control::node_introduction introduction_of(const node_wish& wish, node_roles roles) {
  auto at = [&wish](std::uint16_t port) {
    return wish.host.empty() ? std::string{} : to_string(node_address{wish.host, port});
  };
  auto is_control = roles.has(node_role::control);
  return {.name = wish.name,
          .join_address = is_control ? at(wish.join_port) : "",
          .cluster_address = at(default_cluster_port)};
}

/// Unless somebody keeps it: what was begun is gone again.
class begun_identity {
public:
  explicit begun_identity(const std::filesystem::path& data_dir) : data_dir_{data_dir} {}
  ~begun_identity() {
    if (!is_kept_)
      (void)forget_identity(data_dir_);
  }
  begun_identity(const begun_identity&) = delete;
  begun_identity& operator=(const begun_identity&) = delete;
  void keep() noexcept { is_kept_ = true; }

private:
  const std::filesystem::path& data_dir_;
  bool is_kept_ = false;
};

} // namespace

result<kept_identity> found_cluster(const node_wish& wish,
                                    const control::database_settings& database) {
  auto asked = net::make_node_request();
  if (auto begun = begin_identity(wish.data_dir, asked.key); !begun)
    return fail(begun.error());
  begun_identity unfinished{wish.data_dir};
  auto ca = control::authority::make();
  node_identity who{ca.facts().id, {net::random_bits(), net::random_bits()}, wish.roles};
  auto introduction = introduction_of(wish, wish.roles);
  kept_identity made{.credentials = {{{}, asked.key}, ca.facts().ca_certificate},
                     .name = wish.name,
                     .host = wish.host,
                     .ways = {{introduction.join_address}, {introduction.cluster_address}},
                     .cluster_key = ca.key()};
  auto is_on_disk = false;
  control::cluster_ledger facts{database};
  auto founded
    = facts.answer(control::found_cluster{ca.facts(), who, introduction},
                   ca.signer_for(asked.request), [&](const control::admission& first) {
                     const auto& certificate = first.certificate;
                     made.credentials.own.chain = certificate.pem;
                     made.certificate = {first.who, certificate.serial, certificate.expires};
                     auto kept = keep_identity(wish.data_dir, made);
                     is_on_disk = kept.has_value();
                     return kept;
                   });
  // Lost in the commit: the cluster may be there, and this is the only key to its CA.
  if (!founded && is_on_disk && founded.error().code == errc::database_unavailable)
    unfinished.keep();
  if (!founded)
    return fail(founded.error());
  unfinished.keep();
  return made;
}

result<kept_identity> join_cluster(const node_wish& wish, const join_token& token) {
  auto asked = net::make_node_request();
  if (auto begun = begin_identity(wish.data_dir, asked.key); !begun)
    return fail(begun.error());
  begun_identity unfinished{wish.data_dir};
  // What it may become is up to the token; a control node must say where it can be joined.
  auto told
    = introduction_of(wish, wish.roles.bits != 0 ? wish.roles : node_roles{node_role::control});
  auto answer = control::ask_to_join(
    {.addresses = token.addresses, .ca_fingerprint = token.ca_fingerprint},
    {.secret = token.secret, .request = asked.request, .roles = wish.roles, .introduction = told});
  if (!answer)
    return fail(answer.error());
  auto certificate = net::read_node_certificate(answer->certificate);
  auto fingerprint = net::certificate_fingerprint(answer->ca);
  if (!certificate || !fingerprint || *fingerprint != token.ca_fingerprint)
    return fail(errc::cluster_mismatch, "its answer holds another CA than the token");
  kept_identity made{.certificate = *std::move(certificate),
                     .credentials = {{answer->certificate, asked.key}, answer->ca},
                     .name = wish.name,
                     .host = wish.host,
                     .ways = std::move(answer->ways),
                     .cluster_key = std::move(answer->cluster_key)};
  if (made.ways.joins.empty())
    for (const auto& address : token.addresses)
      made.ways.joins.push_back(to_string(address));
  if (auto kept = keep_identity(wish.data_dir, made); !kept)
    return fail(kept.error());
  unfinished.keep();
  return made;
}

result<done> leave_cluster(const std::filesystem::path& data_dir) {
  auto identity = load_identity(data_dir);
  if (!identity)
    return fail(identity.error());
  auto route = route_to_control(*identity);
  if (!route)
    return fail(route.error());
  if (auto left = control::ask_to_leave(*route); !left)
    return left;
  return forget_identity(data_dir);
}

result<kept_identity> renew_identity(const std::filesystem::path& data_dir) {
  auto identity = load_identity(data_dir);
  if (!identity)
    return fail(identity.error());
  auto route = route_to_control(*identity);
  if (!route)
    return fail(route.error());
  auto request = net::request_for_key(identity->credentials.own.key);
  if (!request)
    return fail(request.error());
  auto answer = control::ask_to_renew(*route, *request);
  if (!answer)
    return fail(answer.error());
  auto fresh = renewed(*std::move(identity), *answer);
  if (!fresh)
    return fail(fresh.error());
  if (auto kept = keep_renewal(data_dir, *fresh); !kept)
    return fail(kept.error());
  return fresh;
}

} // namespace serverme::servermed
