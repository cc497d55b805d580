#include "nodes/servermed/node.hpp"

#include "actors/ask.hpp"
#include "nodes/control/ledger.hpp"
#include "nodes/servermed/agent_settings.hpp"
#include "nodes/servermed/cluster/cluster_office.hpp"
#include "nodes/servermed/cluster/node_links.hpp"
#include "nodes/servermed/cluster/outcast_set.hpp"
#include "nodes/servermed/cluster/watch_post.hpp"
#include "nodes/servermed/data_directory.hpp"
#include "nodes/servermed/log.hpp"
#include "nodes/servermed/parts/actor_settings.hpp"
#include "nodes/servermed/parts/api_part.hpp"
#include "nodes/servermed/parts/control_part.hpp"
#include "nodes/servermed/parts/edge_part.hpp"
#include "nodes/servermed/parts/node_database.hpp"

#include <spdlog/spdlog.h>

#include <atomic>
#include <cstdlib>
#include <optional>
#include <thread>
#include <utility>

namespace serverme::servermed {

namespace {

// Twice what an actor may wait for the store.
constexpr milliseconds actors_end_within{6'000};
// Membership knows everybody who lives within a second or two (docs/membership.md), and an edge
// hears everything of another one soon after.
constexpr milliseconds neighbours_awaited{3'000};
// Of the first node of a cluster, which was told of nobody.
constexpr milliseconds strangers_awaited{500};
constexpr milliseconds member_answers_within{500};
// The route table gathers what it hears for half of that.
constexpr milliseconds routes_published_within{60};

} // namespace

/// In the order in which they are made. What is below uses what is above, and is gone before it.
struct node::parts {
  node_config config;
  node_purpose purpose;
  stop_request& stop;

  std::optional<data_directory> directory;
  std::optional<kept_identity> identity; // as it was on the disk; nothing: the server stands alone
  node_roles roles;
  std::shared_ptr<actors::event_journal> journal;
  std::unique_ptr<node_database> database; // of a control node
  std::unique_ptr<cluster_office> office;  // nullptr: the server stands alone
  std::shared_ptr<outcast_set> outcasts = std::make_shared<outcast_set>();
  std::unique_ptr<edge_part> edge; // nullptr: it is none

  wall_time process_began = std::chrono::system_clock::now();
  std::unique_ptr<caf::actor_system_config> actor_settings;
  std::optional<caf::actor_system> system;
  std::optional<actors::control_doors> doors; // of this node's own control actors
  std::unique_ptr<node_links> links;          // nullptr: the server stands alone
  std::atomic<node_links*> renewable = nullptr;
  std::optional<control_part> control; // nothing: it is none
  std::unique_ptr<watch_post> watch;
  std::unique_ptr<api_part> api;

  ready_addresses addresses;
  std::optional<ready_file> ready;

  bool has(node_role role) const { return roles.has(role); }
  /// For a part that cannot go on.
  std::function<void(const failure&)> give_up() const {
    return [&stop = stop](const failure& why) { stop.fail_with(why); };
  }
  /// The control actors that this node asks.
  const actors::control_doors& deciding() const { return links ? links->doors() : *doors; }

  result<done> open_directory();
  result<done> read_identity();
  result<done> open_database();
  result<done> open_office();
  result<std::shared_ptr<const edge::peer_credentials>> lanes_of(const kept_identity& who) const;
  void renew_edge(const kept_identity& fresh);
  result<done> open_edge();
  result<done> open_system();
  const std::string& host_in_cluster() const;
  std::string lanes_in_cluster() const;
  result<done> open_links();
  result<done> start_edge_actors();
  result<done> join_cluster();
  result<done> start_control();
  void await_neighbours();
  result<done> let_in();
  std::vector<actors::supervisor_actor> supervisors() const;
  result<done> start_watch();
  result<done> start_api();
  result<done> tell_ready();
  result<done> write_settings();
  void end();
  void end_actors();
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
result<done> node::parts::read_identity() {
  roles = {node_role::edge, node_role::control};
  if (holds_identity(directory->path())) {
    auto loaded = load_identity(directory->path());
    if (!loaded)
      return fail(loaded.error());
    identity.emplace(*std::move(loaded));
    roles = identity->who().roles;
    name_node_in_log(to_string(identity->who().node));
  }
  journal = std::make_shared<actors::event_journal>(identity ? identity->who().node : node_id{},
                                                    std::chrono::system_clock::now);
  return done{};
}

result<done> node::parts::open_database() {
  if (!has(node_role::control))
    return done{};
  auto opened = node_database::open(config.database, directory->path());
  if (!opened)
    return fail(opened.error());
  database = *std::move(opened);
  return done{};
}

result<done> node::parts::open_office() {
  office_settings settings{.data_dir = directory->path(),
                           .join = config.cluster.join,
                           .database
                           = database ? database->settings() : control::database_settings{},
                           .host = config.cluster.host,
                           .on_renewed =
                             [this](const kept_identity& fresh) {
                               if (auto* current = renewable.load()) {
                                 current->renew(fresh);
                                 renew_edge(fresh);
                               }
                             },
                           .on_removed = give_up()};
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

// For lanes between edges.
result<std::shared_ptr<const edge::peer_credentials>>
node::parts::lanes_of(const kept_identity& who) const {
  return edge::peer_credentials::make(who.credentials,
                                      [outcasts = outcasts](const net::node_certificate& shown) {
                                        return !outcasts->has(shown.identity.node);
                                      });
}

void node::parts::renew_edge(const kept_identity& fresh) {
  if (!edge)
    return;
  if (auto made = lanes_of(fresh))
    edge->renew(*std::move(made));
  else
    spdlog::error("the lanes to other edges: {}", to_string(made.error()));
}

result<done> node::parts::open_edge() {
  if (!has(node_role::edge))
    return done{};
  std::shared_ptr<const edge::peer_credentials> lanes;
  if (office) {
    auto made = lanes_of(office->identity());
    if (!made)
      return fail(made.error());
    lanes = *std::move(made);
  }
  auto opened = edge_part::open(config, directory->path(), std::move(lanes));
  if (!opened)
    return fail(opened.error());
  edge = *std::move(opened);
  return done{};
}

result<done> node::parts::open_system() {
  actor_settings
    = office ? actor_settings_of(office->identity(), process_began) : actor_settings_alone();
  system.emplace(*actor_settings);
  doors.emplace(actors::front_door{*system, "the store"},
                actors::front_door{*system, "the name registry"});
  return done{};
}

const std::string& node::parts::host_in_cluster() const {
  return config.cluster.host.empty() ? office->identity().host : config.cluster.host;
}

// Where agents and other edges come, as they can reach it.
std::string node::parts::lanes_in_cluster() const {
  if (!config.cluster.lanes.empty() || !edge || host_in_cluster().empty())
    return config.cluster.lanes;
  return to_string(node_address{host_in_cluster(), edge->lane_port()});
}

result<done> node::parts::open_links() {
  if (!office)
    return done{};
  auto opened = node_links::open(*system, {.identity = office->identity(),
                                           .started = process_began,
                                           .host = host_in_cluster(),
                                           .lanes = lanes_in_cluster(),
                                           .listen = config.cluster.listen,
                                           .beacon = config.cluster.beacon,
                                           .outcasts = outcasts,
                                           .journal = journal,
                                           .on_conflict = give_up()});
  if (!opened)
    return fail(opened.error());
  links = *std::move(opened);
  renewable = links.get();
  return office->announce(links->where().port);
}

result<done> node::parts::start_edge_actors() {
  if (!edge)
    return done{};
  return edge->start_actors(*system, {.deciding = deciding(),
                                      .place = links ? std::optional{links->place()} : std::nullopt,
                                      .here = links ? identity->who().node : node_id{},
                                      .failed = give_up(),
                                      .on_child_failed = told_of(journal)});
}

result<done> node::parts::join_cluster() {
  if (!links)
    return done{};
  if (edge)
    links->start(edge->desk(), edge->teach_registry());
  else
    links->start({}, [] {});
  if (!edge && !has(node_role::control))
    spdlog::warn("a worker is a member of the cluster, and runs nothing yet");
  return done{};
}

result<done> node::parts::start_control() {
  if (!has(node_role::control))
    return done{};
  control_part_options options{
    .failed = give_up(), .on_child_failed = told_of(journal), .first_term = links ? 0U : 1U};
  if (edge)
    options.names_restarted = edge->teach_registry();
  control.emplace(*system, *doors, config, database->settings(), std::move(options));
  if (auto started = control->await_start(); !started)
    return started;
  if (links)
    links->offer_control(*doors, database->settings(), control->lead());
  return done{};
}

// An edge that answered at once would know none of the names that the others serve. With nobody
// to hear from it begins anyway.
void node::parts::await_neighbours() {
  auto patience = identity->ways.seeds.empty() ? strangers_awaited : neighbours_awaited;
  auto deadline = std::chrono::steady_clock::now() + patience;
  auto knows_others = [this] {
    auto all = actors::ask_and_wait<member_list>(*system, links->member(), member_answers_within,
                                                 list_members{});
    return all && all->members.size() > 1;
  };
  while (std::chrono::steady_clock::now() < deadline && !stop.is_made()) {
    auto has_heard = knows_others() && edge->has_heard_all(*system);
    std::this_thread::sleep_for(has_heard ? routes_published_within : milliseconds{20});
    if (has_heard)
      return;
  }
  spdlog::info("this edge begins without having heard of others");
}

result<done> node::parts::let_in() {
  if (!edge)
    return done{};
  if (links)
    await_neighbours();
  return edge->let_in(*system);
}

std::vector<actors::supervisor_actor> node::parts::supervisors() const {
  auto all = links ? links->supervisors() : std::vector<actors::supervisor_actor>{};
  if (edge)
    all.push_back(edge->supervisor());
  if (control)
    all.push_back(control->supervisor());
  return all;
}

result<done> node::parts::start_watch() {
  auto opened
    = watch_post::open(*system, {.data_dir = directory->path(),
                                 .self = identity ? std::optional{identity->who()} : std::nullopt,
                                 .name = identity ? identity->name : "",
                                 .roles = roles,
                                 .started = process_began,
                                 .journal = journal,
                                 .supervisors = supervisors(),
                                 .lead = control ? control->lead() : nullptr,
                                 .links = links.get(),
                                 .on_failure = give_up()});
  if (!opened)
    return fail(opened.error());
  watch = *std::move(opened);
  return done{};
}

result<done> node::parts::start_api() {
  auto started
    = api_part::start({.system = *system,
                       .config = config,
                       .roles = roles,
                       .node = identity ? std::optional{identity->who().node} : std::nullopt,
                       .started = process_began,
                       .deciding = deciding(),
                       .edge = edge.get(),
                       .control = control ? &*control : nullptr,
                       .links = links.get(),
                       .office = office.get(),
                       .watch = watch.get()});
  if (!started)
    return fail(started.error());
  api = *std::move(started);
  return done{};
}

result<done> node::parts::tell_ready() {
  addresses.roles = roles;
  addresses.domain = config.domain;
  if (edge)
    edge->tell(addresses);
  api->tell(addresses);
  if (office)
    addresses.join = office->join_address();
  if (links)
    addresses.cluster = links->where();
  if (purpose == node_purpose::development && has(node_role::control))
    if (auto written = write_settings(); !written)
      return written;
  auto written = ready_file::write(*directory / "ready.json", addresses);
  if (!written)
    return fail(written.error());
  ready.emplace(std::move(*written));
  return done{};
}

// An agent on this machine needs no more than the file.
result<done> node::parts::write_settings() {
  auto file = *directory / "cli.yml";
  control::ledger facts{database->settings()};
  auto token = control::ensure_admin_key(facts, read_token(file));
  if (!token)
    return fail(token.error());
  return write_agent_settings(file, addresses, *token,
                              edge ? edge->ca_file() : std::filesystem::path{});
}

void node::parts::end() {
  ready.reset();
  if (api)
    api->stop_calls();
  if (edge)
    edge->begin_to_stop();
  if (links)
    links->announce_draining();
  if (edge)
    edge->stop();
  if (api)
    api->stop();
  watch.reset();
  // Whoever decides elsewhere takes over at once, and nobody is renewed any more.
  office.reset();
  renewable = nullptr;
  links.reset();
  end_actors();
  api.reset();
  if (edge)
    edge->forget_actors();
  control.reset();
  doors.reset();
  system.reset();
  edge.reset();
  database.reset();
}

void node::parts::end_actors() {
  auto ended = !edge || edge->stop_actors(actors_end_within);
  ended = (!control || control->stop(actors_end_within)) && ended;
  if (doors && !control)
    for (auto* door : {&doors->names, &doors->store})
      door->close();
  if (ended)
    return;
  // ~actor_system would wait for ever. PostgreSQL ends with us.
  spdlog::critical("some actors did not end in time");
  if (database)
    database->stop();
  std::_Exit(EXIT_FAILURE);
}

node::node(std::unique_ptr<parts> made) noexcept : parts_{std::move(made)} {}

node::~node() { parts_->end(); }

result<std::unique_ptr<node>> node::start(const node_config& config, node_purpose purpose,
                                          stop_request& stop) {
  auto made = std::unique_ptr<node>{new node{
    std::unique_ptr<parts>{new parts{.config = config, .purpose = purpose, .stop = stop}}}};
  // The edge opens its ports before it has anybody to ask, for the URLs, and lets in at the end.
  for (auto step : {&parts::open_directory, &parts::read_identity, &parts::open_database,
                    &parts::open_office, &parts::open_edge, &parts::open_system, &parts::open_links,
                    &parts::start_edge_actors, &parts::join_cluster, &parts::start_control,
                    &parts::let_in, &parts::start_watch, &parts::start_api, &parts::tell_ready}) {
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
