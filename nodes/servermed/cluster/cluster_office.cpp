#include "nodes/servermed/cluster/cluster_office.hpp"

#include "net/cluster/join_tls.hpp"
#include "nodes/servermed/cluster/certificate_keeper.hpp"
#include "nodes/servermed/utc_time.hpp"

#include <spdlog/spdlog.h>

#include <utility>
#include <vector>

namespace serverme::servermed {

struct cluster_office::state {
  office_settings settings;
  kept_identity identity;
  std::optional<control::authority> ca;
  std::optional<control::join_listener> listener;
  std::optional<certificate_keeper> keeper;

  bool is_control() const { return identity.who().roles.has(node_role::control); }
  result<done> open_authority();
  result<done> renew_if_due();
  result<control::welcome> ask(const kept_identity& who, const std::function<bool()>& called_off);
  result<done> listen();
  result<done> announce(std::uint16_t cluster_port);
  void keep_certificate();
};

result<done> cluster_office::state::open_authority() {
  control::cluster_ledger facts{settings.database};
  auto cluster = facts.answer(control::get_cluster{});
  if (!cluster)
    return fail(cluster.error());
  if (cluster->id != identity.who().cluster)
    return fail(errc::cluster_mismatch, "the database is that of cluster " + to_string(cluster->id)
                                          + ", this node is of "
                                          + to_string(identity.who().cluster));
  auto opened = control::authority::open(*std::move(cluster), identity.cluster_key);
  if (!opened)
    return fail(opened.error());
  ca.emplace(*std::move(opened));
  return done{};
}

/// A control node signs for itself: so a cluster that was off for longer than certificates live
/// comes back.
result<control::welcome> cluster_office::state::ask(const kept_identity& who,
                                                    const std::function<bool()>& called_off) {
  if (!ca) {
    auto route = route_to_control(who);
    if (!route)
      return fail(route.error());
    route->is_called_off = called_off;
    auto request = net::request_for_key(who.credentials.own.key);
    return request ? control::ask_to_renew(*route, *request)
                   : result<control::welcome>{fail(request.error())};
  }
  auto request = net::request_for_key(who.credentials.own.key);
  if (!request)
    return fail(request.error());
  control::cluster_ledger facts{settings.database};
  auto admitted = facts.answer(control::renew_node{who.who().node, who.certificate.serial},
                               ca->signer_for(*request));
  if (!admitted)
    return fail(admitted.error());
  return control::welcome{admitted->certificate.pem,
                          ca->facts().ca_certificate,
                          facts.answer(control::list_ways{}).value_or({}),
                          {}};
}

result<done> cluster_office::state::renew_if_due() {
  auto now = std::chrono::system_clock::now();
  if (!is_renewal_due(identity, now))
    return done{};
  if (ca) {
    auto answer = ask(identity, [] { return false; });
    auto fresh = answer ? renewed(identity, *answer) : result<kept_identity>{fail(answer.error())};
    if (!fresh)
      return fail(fresh.error());
    identity = *std::move(fresh);
    return keep_renewal(settings.data_dir, identity);
  }
  if (!has_ended(identity, now))
    return done{}; // the keeper's first look
  return fail(errc::identity_unusable,
              "its certificate ended at " + utc_time(identity.certificate.expires));
}

result<done> cluster_office::state::listen() {
  if (!settings.join)
    return done{};
  listener.emplace(control::join_listener_settings{.listen = *settings.join}, settings.database,
                   *ca);
  return listener->start(identity.credentials);
}

result<done> cluster_office::state::announce(std::uint16_t cluster_port) {
  const auto& host = settings.host.empty() ? identity.host : settings.host;
  auto at = [&host](std::uint16_t port) {
    return host.empty() ? std::string{} : to_string(node_address{host, port});
  };
  control::cluster_ledger facts{settings.database};
  return facts.answer(
    control::announce_node{.node = identity.who().node,
                           .join_address = listener ? at(listener->address().port) : "",
                           .cluster_address = at(cluster_port)});
}

void cluster_office::state::keep_certificate() {
  keeper.emplace(
    identity,
    keeper_settings{.data_dir = settings.data_dir,
                    .ask = [this](const kept_identity& who,
                                  const std::function<bool()>& off) { return ask(who, off); },
                    .on_renewed =
                      [this](const kept_identity& fresh) {
                        if (listener)
                          if (auto used = listener->use(fresh.credentials); !used)
                            spdlog::error("the join listener: {}", to_string(used.error()));
                        settings.on_renewed(fresh);
                      },
                    .on_refused = [this](const failure& why) { settings.on_removed(why); }});
}

cluster_office::cluster_office(std::unique_ptr<state> made) noexcept : state_{std::move(made)} {}

cluster_office::~cluster_office() {
  state_->keeper.reset(); // it uses the listener
}

result<std::unique_ptr<cluster_office>> cluster_office::open(office_settings settings) {
  if (!holds_identity(settings.data_dir))
    return std::unique_ptr<cluster_office>{};
  auto identity = load_identity(settings.data_dir);
  if (!identity)
    return fail(identity.error());
  auto made = std::unique_ptr<state>{
    new state{.settings = std::move(settings), .identity = *std::move(identity)}};
  auto steps = made->is_control()
                 ? std::vector{&state::open_authority, &state::renew_if_due, &state::listen}
                 : std::vector{&state::renew_if_due};
  for (auto step : steps)
    if (auto outcome = (*made.*step)(); !outcome)
      return fail(outcome.error());
  made->keep_certificate();
  spdlog::info("node {} ({}) of cluster {}", to_string(made->identity.who().node),
               to_string(made->identity.who().roles), to_string(made->identity.who().cluster));
  return std::unique_ptr<cluster_office>{new cluster_office{std::move(made)}};
}

const kept_identity& cluster_office::identity() const noexcept { return state_->identity; }

std::optional<net::address> cluster_office::join_address() const {
  return state_->listener ? std::optional{state_->listener->address()} : std::nullopt;
}

result<done> cluster_office::announce(std::uint16_t cluster_port) {
  return state_->is_control() ? state_->announce(cluster_port) : result<done>{done{}};
}

control::join_listener_counts cluster_office::counts() const {
  return state_->listener ? state_->listener->counts() : control::join_listener_counts{};
}

result<control::join_route> route_to_control(const kept_identity& identity) {
  auto fingerprint = net::certificate_fingerprint(identity.credentials.ca);
  if (!fingerprint)
    return fail(errc::identity_unusable, fingerprint.error().detail);
  control::join_route route{.ca_fingerprint = *std::move(fingerprint),
                            .own = identity.credentials.own};
  for (const auto& text : identity.ways.joins)
    if (auto address = parse_node_address(text))
      route.addresses.push_back(*std::move(address));
  return route;
}

} // namespace serverme::servermed
