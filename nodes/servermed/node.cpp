#include "nodes/servermed/node.hpp"

#include "actors/control_actors.hpp"
#include "actors/edge_actors.hpp"
#include "actors/transport/cluster_config.hpp"
#include "net/digest.hpp"
#include "nodes/control/api/api_server.hpp"
#include "nodes/control/ledger.hpp"
#include "nodes/control/migrate.hpp"
#include "nodes/control/postgres_store.hpp"
#include "nodes/control/postgres_watch.hpp"
#include "nodes/control/private_postgres.hpp"
#include "nodes/edge/actor_gate.hpp"
#include "nodes/edge/certificate_files.hpp"
#include "nodes/edge/development_ca.hpp"
#include "nodes/edge/edge_node.hpp"
#include "nodes/edge/peers/peer_credentials.hpp"
#include "nodes/servermed/agent_settings.hpp"
#include "nodes/servermed/cluster/cluster_office.hpp"
#include "nodes/servermed/cluster/node_links.hpp"
#include "nodes/servermed/data_directory.hpp"
#include "nodes/servermed/node_counters.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <optional>
#include <thread>
#include <utility>

namespace serverme::servermed {

namespace {

constexpr milliseconds actors_start_within{10'000};
// Twice what an actor may wait for the store.
constexpr milliseconds actors_end_within{6'000};
constexpr milliseconds certificates_looked_at_every{2'000};
// An actor whose mailbox never runs dry would keep its thread for ever.
constexpr std::size_t messages_in_a_row = 50;

void tune(caf::actor_system_config& config) {
  config.set("logger.verbosity", caf::atom("quiet"));
  config.set("scheduler.max-throughput", messages_in_a_row);
  // Workers that steal poll for work: a message every 5 ms then costs a tenth of a core (measured).
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads",
             std::clamp<std::size_t>(std::thread::hardware_concurrency(), 2, 16));
}

std::unique_ptr<caf::actor_system_config> config_of_one_alone() {
  auto config = std::make_unique<caf::actor_system_config>();
  actors::register_types(*config);
  return config;
}

std::unique_ptr<caf::actor_system_config> config_of_member(const kept_identity& identity,
                                                           run_number run) {
  return std::make_unique<actors::cluster_config>(identity.who(), run);
}

actors::world outside() {
  return {.random = net::random_bits,
          .sha256 = net::sha256,
          .wall_clock = std::chrono::system_clock::now};
}

void tell_reload(const edge::certificate_paths& paths, const result<done>& outcome) {
  if (outcome)
    spdlog::info("certificate {} was loaded again", paths.chain.string());
  else
    spdlog::error("{}; the one from before goes on", to_string(outcome.error()));
}

} // namespace

/// In the order in which they are made. What is below uses what is above, and is gone before it.
struct node::parts {
  node_config config;
  node_purpose purpose;
  stop_request& stop;

  std::optional<data_directory> directory;
  std::optional<kept_identity> identity; // as it was on the disk; nothing: the server stands alone
  std::optional<control::private_postgres> postgres;
  std::optional<control::postgres_watch> postgres_watch;
  control::database_settings database;
  std::unique_ptr<edge::certificate_source> certificates;
  std::filesystem::path ca_file;          // of the development CA
  std::unique_ptr<cluster_office> office; // nullptr: the server stands alone
  // Actors may still answer it while their system ends.
  std::shared_ptr<edge::edge_node> edge;

  wall_time process_began = std::chrono::system_clock::now();
  std::unique_ptr<caf::actor_system_config> actor_settings;
  std::optional<caf::actor_system> system;
  std::unique_ptr<node_links> links; // nullptr: the server stands alone
  std::atomic<node_links*> renewable = nullptr;
  std::optional<actors::control_doors> doors; // of this node's own control actors
  std::shared_ptr<std::atomic<std::uint64_t>> store_refused
    = std::make_shared<std::atomic<std::uint64_t>>(0);
  std::shared_ptr<std::atomic<std::uint64_t>> claims_refused
    = std::make_shared<std::atomic<std::uint64_t>>(0);
  std::optional<actors::edge_actors> tree;
  std::optional<actors::control_actors> control;
  std::optional<edge::actor_gate> gate;
  std::optional<control::api_server> api;

  ready_addresses addresses;
  std::optional<ready_file> ready;

  bool has(node_role role) const;
  result<done> read_identity();
  /// The control actors that this node's edge asks.
  const actors::control_doors& deciding() const { return links ? links->doors() : *doors; }
  result<done> open_directory();
  result<done> open_database();
  result<done> open_certificates();
  result<done> start_join_listener();
  result<done> start_actors();
  const std::string& host_in_cluster() const;
  std::string lanes_in_cluster() const;
  result<done> give_edge_credentials();
  void renew_edge(const kept_identity& fresh);
  result<done> open_links();
  result<done> start_edge_actors();
  result<done> start_control_actors();
  std::vector<actors::supervisor_actor> supervisors() const;
  result<done> start_api();
  result<done> tell_ready();
  void end();
  void stop_postgres();
};

result<done> node::parts::open_directory() {
  auto opened = data_directory::open(config.data_dir);
  if (!opened)
    return fail(opened.error());
  directory.emplace(std::move(*opened));
  // One that a killed node left behind tells lies until everything listens again.
  std::error_code ignored;
  std::filesystem::remove(*directory / "ready.json", ignored);
  return done{};
}

// A server that stands alone is all there is.
bool node::parts::has(node_role role) const {
  return identity ? identity->who().roles.has(role) : role != node_role::worker;
}

result<done> node::parts::read_identity() {
  if (!holds_identity(directory->path()))
    return done{};
  auto loaded = load_identity(directory->path());
  if (!loaded)
    return fail(loaded.error());
  identity.emplace(*std::move(loaded));
  return done{};
}

result<done> node::parts::open_database() {
  if (!has(node_role::control))
    return done{};
  database.connection_string = config.database;
  if (config.database.empty()) {
    auto started = control::private_postgres::start(directory->path());
    if (!started)
      return fail(started.error());
    postgres.emplace(std::move(*started));
    postgres_watch.emplace(*postgres);
    database.connection_string = postgres->connection_string();
  }
  auto applied = control::migrate(database);
  if (!applied)
    return fail(applied.error());
  if (*applied > 0)
    spdlog::info("{} migrations were applied", *applied);
  return done{};
}

result<done> node::parts::start_join_listener() {
  office_settings settings{.data_dir = directory->path(),
                           .join = config.cluster.join,
                           .database = database,
                           .host = config.cluster.host,
                           .on_renewed =
                             [this](const kept_identity& fresh) {
                               if (auto* current = renewable.load()) {
                                 current->renew(fresh);
                                 renew_edge(fresh);
                               }
                             },
                           .on_removed
                           = [&stop = stop](const failure& why) { stop.fail_with(why); }};
  if (!has(node_role::control))
    settings.join.reset();
  else if (!settings.join && purpose == node_purpose::production)
    settings.join = net::address{"", default_join_port};
  auto opened = cluster_office::open(std::move(settings));
  if (!opened)
    return fail(opened.error());
  office = *std::move(opened);
  return done{};
}

result<done> node::parts::open_certificates() {
  if (!config.certificates.empty()) {
    auto files = edge::certificate_files::open(config.certificates, certificates_looked_at_every,
                                               tell_reload);
    if (!files)
      return fail(files.error());
    certificates = std::move(*files);
    return done{};
  }
  auto made = edge::development_ca::open(directory->path(), config.domain);
  if (!made)
    return fail(made.error());
  ca_file = (*made)->ca_file();
  certificates = std::move(*made);
  return done{};
}

// The edge opens its ports first, for the URLs; and lets nobody in before there is somebody to ask.
result<done> node::parts::start_actors() {
  if (auto given = give_edge_credentials(); !given)
    return given;
  edge = std::make_shared<edge::edge_node>(config.edge, *certificates);
  if (auto opened = edge->open(); !opened)
    return fail(opened.error());
  addresses = {edge->http_address(), edge->tls_address(), {}, config.domain};

  actor_settings
    = office ? config_of_member(office->identity(), run_of(process_began)) : config_of_one_alone();
  tune(*actor_settings);
  system.emplace(*actor_settings);
  doors.emplace(actors::front_door{*system, "the store"},
                actors::front_door{*system, "the name registry"});
  for (auto step : {&parts::open_links, &parts::start_edge_actors, &parts::start_control_actors})
    if (auto outcome = (this->*step)(); !outcome)
      return outcome;
  gate.emplace(*system, *tree, outside());
  return edge->start(*gate);
}

// For lanes between edges.
result<done> node::parts::give_edge_credentials() {
  if (!office || !has(node_role::edge))
    return done{};
  auto made = edge::peer_credentials::make(office->identity().credentials);
  if (!made)
    return fail(made.error());
  config.edge.peers = *std::move(made);
  return done{};
}

void node::parts::renew_edge(const kept_identity& fresh) {
  if (!config.edge.peers)
    return;
  auto made = edge::peer_credentials::make(fresh.credentials);
  if (made)
    edge->set_credentials(*std::move(made));
  else
    spdlog::error("the lanes to other edges: {}", to_string(made.error()));
}

const std::string& node::parts::host_in_cluster() const {
  return config.cluster.host.empty() ? office->identity().host : config.cluster.host;
}

// Where agents and other edges come, as they can reach it.
std::string node::parts::lanes_in_cluster() const {
  if (!config.cluster.lanes.empty() || !has(node_role::edge) || host_in_cluster().empty())
    return config.cluster.lanes;
  return to_string(node_address{host_in_cluster(), addresses.tls.port});
}

result<done> node::parts::open_links() {
  if (!office)
    return done{};
  auto opened = node_links::open(
    *system, {.identity = office->identity(),
              .started = process_began,
              .host = host_in_cluster(),
              .lanes = lanes_in_cluster(),
              .listen = config.cluster.listen,
              .on_conflict = [&stop = stop](const failure& why) { stop.fail_with(why); }});
  if (!opened)
    return fail(opened.error());
  links = *std::move(opened);
  renewable = links.get();
  addresses.cluster = links->where();
  return office->announce(links->where().port);
}

result<done> node::parts::start_edge_actors() {
  auto port_or
    = [](std::uint16_t told, const net::address& ours) { return told != 0 ? told : ours.port; };
  actors::edge_actor_settings settings;
  settings.reception.session.lanes_max = config.edge.limits.lanes_per_session;
  settings.reception.session.captures = config.edge.limits.capture;
  if (links && has(node_role::edge))
    settings.reception.session.here = office->identity().who().node;
  settings.reception.session.addresses
    = {.domain = config.domain,
       .http_port = port_or(config.public_http_port, addresses.http),
       .https_port = port_or(config.public_tls_port, addresses.tls)};
  if (links && has(node_role::edge))
    settings.cluster = links->place();
  settings.routes.on_port_refused = [](std::uint16_t port, const failure& why) {
    spdlog::warn("port {} of another edge's tunnel: {}", port, to_string(why));
  };
  tree.emplace(*system, deciding().store.as<actors::store_actor>(),
               deciding().names.as<actors::name_registry_actor>(), outside(), edge, settings);
  actors::on_failure(tree->supervisor(), [&stop = stop](failure why) { stop.fail_with(why); });
  if (links)
    links->start(tree->desk(),
                 [keeper = tree->leases()] { caf::anon_send(keeper, actors::teach_registry{}); });
  return tree->await_start(actors_start_within);
}

result<done> node::parts::start_control_actors() {
  if (!has(node_role::control))
    return done{};
  control::store_settings of_store{.database = database, .claims = config.claims};
  store_refused = of_store.refused;
  claims_refused = of_store.claims_refused;
  actors::control_actor_settings settings;
  settings.start_store = [this, of_store] {
    return caf::actor_cast<caf::actor>(control::spawn_postgres_store(*system, of_store));
  };
  settings.names_restarted
    = [keeper = tree->leases()] { caf::anon_send(keeper, actors::teach_registry{}); };
  settings.names.port_first = config.tcp_ports.first;
  settings.names.port_last = config.tcp_ports.last;
  auto lead = settings.names.lead;
  if (links)
    lead->term = 0; // until it is won
  control.emplace(*system, *doors, outside(), std::move(settings));
  actors::on_failure(control->supervisor(), [&stop = stop](failure why) { stop.fail_with(why); });
  if (auto started = control->await_start(actors_start_within); !started)
    return started;
  if (links)
    links->offer_control(*doors, database, lead);
  return done{};
}

std::vector<actors::supervisor_actor> node::parts::supervisors() const {
  std::vector all{tree->supervisor()};
  if (control)
    all.push_back(control->supervisor());
  if (links)
    all.push_back(links->supervisor());
  return all;
}

result<done> node::parts::start_api() {
  control::api_settings settings{.listen = config.api};
  api.emplace(*system, settings,
              control::api_actors{.desk = links ? links->desk() : actors::desk_actor{tree->desk()},
                                  .store = deciding().store.as<actors::store_actor>(),
                                  .supervisors = supervisors(),
                                  .counters = [this] {
                                    auto all = list_counters(edge->counters(), gate->refusals(),
                                                             *store_refused, *claims_refused);
                                    if (office)
                                      append_counters(all, office->counts());
                                    return all;
                                  }});
  if (auto started = api->start(); !started)
    return fail(started.error());
  addresses.api = api->address();
  return done{};
}

// An agent on this machine needs no more than the file.
result<done> node::parts::tell_ready() {
  if (purpose == node_purpose::development && has(node_role::control)) {
    auto file = *directory / "cli.yml";
    control::ledger facts{database};
    auto token = control::ensure_admin_key(facts, read_token(file));
    if (!token)
      return fail(token.error());
    if (auto written = write_agent_settings(file, addresses, *token, ca_file); !written)
      return fail(written.error());
  }
  if (office)
    addresses.join = office->join_address();
  auto written = ready_file::write(*directory / "ready.json", addresses);
  if (!written)
    return fail(written.error());
  ready.emplace(std::move(*written));
  return done{};
}

void node::parts::end() {
  ready.reset();
  if (api)
    api->stop();
  if (links)
    links->announce_draining();
  if (edge)
    edge->stop();
  // Whoever decides elsewhere takes over at once, and nobody is renewed any more.
  office.reset();
  renewable = nullptr;
  links.reset();
  auto ended = !tree || tree->stop(actors_end_within);
  ended = (!control || control->stop(actors_end_within)) && ended;
  if (doors && !control)
    for (auto* door : {&doors->names, &doors->store})
      door->close();
  if (!ended) {
    // ~actor_system would wait for ever. PostgreSQL ends with us.
    spdlog::critical("some actors did not end in time");
    stop_postgres();
    std::_Exit(EXIT_FAILURE);
  }
  api.reset();
  gate.reset();
  control.reset();
  tree.reset();
  doors.reset();
  system.reset();
  edge.reset();
  stop_postgres();
}

void node::parts::stop_postgres() {
  postgres_watch.reset();
  if (postgres)
    postgres->stop();
}

node::node(std::unique_ptr<parts> made) noexcept : parts_{std::move(made)} {}

node::~node() { parts_->end(); }

result<std::unique_ptr<node>> node::start(const node_config& config, node_purpose purpose,
                                          stop_request& stop) {
  auto made = std::unique_ptr<node>{new node{
    std::unique_ptr<parts>{new parts{.config = config, .purpose = purpose, .stop = stop}}}};
  for (auto step : {&parts::open_directory, &parts::read_identity, &parts::open_database,
                    &parts::open_certificates, &parts::start_join_listener, &parts::start_actors,
                    &parts::start_api, &parts::tell_ready}) {
    auto outcome = ((*made->parts_).*step)();
    if (stop.is_made()) {
      stop.end_at_once();
      return std::unique_ptr<node>{};
    }
    if (!outcome)
      return fail(outcome.error());
  }
  return made;
}

const ready_addresses& node::addresses() const noexcept { return parts_->addresses; }

} // namespace serverme::servermed
