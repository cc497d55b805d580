#include "nodes/servermed/cluster/node_links.hpp"

#include "actors/ask.hpp"
#include "actors/cluster/cluster_desk.hpp"
#include "actors/cluster/outcast_keeper.hpp"
#include "actors/cluster/remote_desk.hpp"
#include "actors/transport/service_door.hpp"
#include "net/digest.hpp"
#include "net/listener.hpp"
#include "nodes/cluster/cluster_transport.hpp"
#include "nodes/control/cluster/outcast_watch.hpp"
#include "nodes/control/leadership.hpp"
#include "nodes/servermed/cluster/watch_post.hpp"
#include "protocol/cluster/node_address.hpp"

#include <spdlog/spdlog.h>

#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace serverme::servermed {

namespace {

constexpr auto store_service = "store";
constexpr auto names_service = "name_registry";
// For the others to hear it; longer than membership itself takes for that.
constexpr milliseconds goodbye_within{2'000};
constexpr milliseconds actors_end_within{3'000};
constexpr milliseconds announced_within{500};

actors::offer_service offer_of(const char* name, const actors::front_door& door,
                               const std::set<std::string>& interface) {
  return {name,
          caf::actor_cast<caf::strong_actor_ptr>(door.as<caf::actor>()),
          {interface.begin(), interface.end()}};
}

net::peer_hooks hooks_of(const std::shared_ptr<outcast_set>& outcasts) {
  net::peer_hooks hooks;
  hooks.is_allowed = [outcasts](const net::node_certificate& shown) {
    return !outcasts->has(shown.identity.node);
  };
  hooks.on_refused = [](const std::string& address, net::peer_refusal why, const failure& detail) {
    spdlog::warn("{} is no node for us: {}, {}", address, net::to_string(why), to_string(detail));
  };
  hooks.on_lost = [](const node_identity& who, net::peer_loss why, const failure& detail) {
    spdlog::info("no link to node {}: {}, {}", to_string(who.node), net::to_string(why),
                 to_string(detail));
  };
  return hooks;
}

std::uint32_t part_of(wall_time started) {
  auto since_epoch
    = std::chrono::duration_cast<std::chrono::nanoseconds>(started.time_since_epoch());
  return static_cast<std::uint32_t>((since_epoch % seconds{1}).count());
}

std::optional<timeline_kind> kind_of(membership::event_kind kind) {
  switch (kind) {
    case membership::event_kind::joined: return timeline_kind::node_joined;
    case membership::event_kind::restarted: return timeline_kind::node_restarted;
    case membership::event_kind::suspected: return timeline_kind::node_suspected;
    case membership::event_kind::returned: return timeline_kind::node_returned;
    case membership::event_kind::died: return timeline_kind::node_died;
    case membership::event_kind::left: return timeline_kind::node_left;
    case membership::event_kind::forgotten: return timeline_kind::node_forgotten;
    case membership::event_kind::impersonated: return timeline_kind::node_impersonated;
    default: return std::nullopt;
  }
}

// Called where other nodes connect: who listens on loopback is found by who does too.
std::optional<net::lan_beacon_options> beacon_of(const link_settings& settings) {
  if (!settings.beacon)
    return {};
  net::lan_beacon_options options;
  options.group = *settings.beacon;
  const auto& host = settings.listen.host;
  if (host.find(':') == std::string::npos && host != "0.0.0.0")
    options.interface = host;
  return options;
}

void log_news(const member_news& news) {
  auto who = to_string(news.who.id) + (news.who.name.empty() ? "" : ", " + news.who.name);
  switch (news.kind) {
    case membership::event_kind::joined: return spdlog::info("node {} is a member", who);
    case membership::event_kind::restarted: return spdlog::info("node {} was started again", who);
    case membership::event_kind::suspected: return spdlog::info("node {} does not answer", who);
    case membership::event_kind::returned: return spdlog::info("node {} is back", who);
    case membership::event_kind::died: return spdlog::warn("node {} is dead", who);
    case membership::event_kind::left: return spdlog::info("node {} has left", who);
    default: return;
  }
}

/// Called by one membership actor at a time.
struct news_reader {
  std::shared_ptr<actors::event_journal> journal;
  std::shared_ptr<std::set<node_id>> draining = std::make_shared<std::set<node_id>>();

  void operator()(const member_news& news) const {
    log_news(news);
    if (auto what = kind_of(news.kind))
      journal->note(*what, news.who.id, news.who.name, news.why);
    if (news.who.draining && draining->insert(news.who.id).second)
      journal->note(timeline_kind::drain_began, news.who.id, news.who.name, {});
    else if (!news.who.draining && draining->erase(news.who.id) > 0)
      journal->note(timeline_kind::drain_ended, news.who.id, news.who.name, {});
  }
};

} // namespace

run_number run_of(wall_time started) {
  auto since_epoch = std::chrono::duration_cast<seconds>(started.time_since_epoch());
  return static_cast<run_number>(since_epoch.count());
}

struct node_links::state {
  state(caf::actor_system& on, link_settings wanted)
    : system{on},
      settings{std::move(wanted)},
      doors{{on, "the store of the cluster"}, {on, "the name registry of the cluster"}},
      member{on, "membership"},
      desk{on, "the list of all tunnels"},
      remote{on, "the tunnels of this node"},
      keeper{on, "the list of removed nodes"},
      source{on, "the list of removed nodes at a control node"} {}

  bool has(node_role role) const { return settings.identity.who().roles.has(role); }
  actors::cluster_member_options membership() const;
  actors::child_spec member_spec() const;
  actors::child_spec desk_spec(const actors::desk_actor& own) const;
  actors::child_spec remote_spec(const actors::desk_actor& own) const;
  actors::child_spec keeper_spec() const;
  std::vector<actors::child_spec> children(const actors::desk_actor& own) const;
  template <class Actor>
  actors::child_spec guide(const actors::front_door& door, const char* service,
                           std::function<void()> found) const;
  void end_actors();

  caf::actor_system& system;
  link_settings settings;
  actors::control_doors doors;
  actors::front_door member, desk, remote, keeper, source;
  std::unique_ptr<nodes::cluster_transport> transport;
  actors::supervisor_actor supervisor;
  std::optional<control::leadership> leadership;
  std::optional<control::outcast_watch> outcast_watch;
};

actors::cluster_member_options node_links::state::membership() const {
  const auto& identity = settings.identity;
  actors::cluster_member_options options;
  options.about.roles = identity.who().roles;
  options.about.name = identity.name;
  options.about.software = SERVERME_VERSION;
  if (!settings.host.empty())
    options.about.cluster_address
      = to_string(node_address{settings.host, transport->network().where().port});
  options.about.lane_address = settings.lanes;
  options.started = static_cast<std::uint64_t>(settings.started.time_since_epoch().count());
  for (const auto& text : identity.ways.seeds)
    if (auto seed = parse_node_address(text, default_cluster_port))
      options.seeds.push_back(*std::move(seed));
  options.random_seed = net::random_bits();
  options.on_news = news_reader{settings.journal};
  options.on_conflict = settings.on_conflict;
  return options;
}

actors::child_spec node_links::state::member_spec() const {
  return {.name = "cluster_member",
          .start =
            [&on = system, gateway = transport->gateway(), options = membership()] {
              return caf::actor_cast<caf::actor>(
                actors::spawn_cluster_member(on, gateway, options));
            },
          .door = member,
          .restarted =
            [whom = keeper.as<actors::outcast_keeper_actor>()] {
              caf::anon_send(whom, actors::repeat_outcasts{});
            }};
}

actors::child_spec node_links::state::desk_spec(const actors::desk_actor& own) const {
  return {.name = "cluster_desk",
          .start =
            [&on = system, gateway = transport->gateway(), own] {
              return caf::actor_cast<caf::actor>(
                actors::spawn_cluster_desk(on, gateway, {.own = own}));
            },
          .door = desk};
}

actors::child_spec node_links::state::remote_spec(const actors::desk_actor& own) const {
  return {.name = "remote_desk",
          .start
          = [&on = system,
             own] { return caf::actor_cast<caf::actor>(actors::spawn_remote_desk(on, own)); },
          .door = remote};
}

actors::child_spec node_links::state::keeper_spec() const {
  actors::outcast_keeper_options options{
    .member = member.as<actors::own_member_actor>(),
    .on_change = [outcasts = settings.outcasts,
                  recheck = transport->recheck()](const std::vector<node_id>& all) {
      outcasts->replace(all);
      recheck();
    }};
  if (!has(node_role::control))
    options.source = source.as<actors::outcast_source_actor>();
  return {.name = "outcast_keeper",
          .start =
            [&on = system, options] {
              return caf::actor_cast<caf::actor>(actors::spawn_outcast_keeper(on, options));
            },
          .door = keeper};
}

std::vector<actors::child_spec> node_links::state::children(const actors::desk_actor& own) const {
  std::vector all{member_spec(), keeper_spec()};
  if (has(node_role::control))
    all.push_back(desk_spec(own));
  if (own)
    all.push_back(remote_spec(own));
  return all;
}

/// Leads the door to whoever offers the service.
template <class Actor>
actors::child_spec node_links::state::guide(const actors::front_door& door, const char* service,
                                            std::function<void()> found) const {
  actors::service_door_options options{.service = service,
                                       .role = node_role::control,
                                       .interface = system.message_types<Actor>(),
                                       .door = door,
                                       .found = std::move(found)};
  return {.name = std::string{"door_to_"} + service,
          .start = [&on = system, gateway = transport->gateway(), options] {
            return caf::actor_cast<caf::actor>(actors::spawn_service_door(on, gateway, options));
          }};
}

// Who goes without a word is taken for dead.
void node_links::state::end_actors() {
  if (!supervisor)
    return;
  auto said = actors::ask_and_wait<actors::cluster_left>(
    system, member.as<actors::own_member_actor>(), goodbye_within, actors::leave_cluster{});
  if (!said)
    spdlog::warn("the cluster did not hear our goodbye: {}", to_string(said.error()));
  if (!actors::stop_and_wait(system, supervisor, actors_end_within))
    spdlog::error("the actors of the cluster did not end in time");
  supervisor = nullptr;
}

result<std::unique_ptr<node_links>> node_links::open(caf::actor_system& system,
                                                     link_settings settings) {
  auto made = std::make_unique<state>(system, std::move(settings));
  auto hooks = hooks_of(made->settings.outcasts);
  hooks.on_beacon = [door = made->member](const node_identity& who, const std::string& host,
                                          std::uint16_t port) {
    caf::anon_send(door.as<actors::own_member_actor>(), actors::seed_heard{who.node, {host, port}});
  };
  hooks.on_no_beacon = [](const failure& why) {
    spdlog::info("nodes of this network are not called: {}", to_string(why));
  };
  auto opened = nodes::cluster_transport::open(system,
                                               {.credentials = made->settings.identity.credentials,
                                                .run = run_of(made->settings.started),
                                                .run_nanoseconds = part_of(made->settings.started),
                                                .listen = made->settings.listen,
                                                .beacon = beacon_of(made->settings),
                                                .hooks = std::move(hooks)},
                                               told_of(made->settings.journal));
  // From here on the destructor closes the doors, without which the system could not end.
  std::unique_ptr<node_links> links{new node_links{std::move(made)}};
  if (!opened)
    return fail(opened.error());
  links->state_->transport = *std::move(opened);
  spdlog::info("other nodes connect to {}", net::to_string(links->where()));
  return links;
}

node_links::node_links(std::unique_ptr<state> made) noexcept : state_{std::move(made)} {}

node_links::~node_links() {
  auto& s = *state_;
  s.leadership.reset();
  s.outcast_watch.reset();
  s.end_actors();
  s.transport.reset();
  for (auto* door :
       {&s.doors.store, &s.doors.names, &s.member, &s.desk, &s.remote, &s.keeper, &s.source})
    door->close();
}

const actors::control_doors& node_links::doors() const noexcept { return state_->doors; }

actors::place_in_cluster node_links::place() const {
  return {state_->transport->gateway(), state_->member.as<actors::cluster_member_actor>()};
}

actors::own_member_actor node_links::member() const {
  return state_->member.as<actors::own_member_actor>();
}

net::peer_counts node_links::counts() const { return state_->transport->network().counts(); }

const net::address& node_links::where() const noexcept {
  return state_->transport->network().where();
}

void node_links::start(const actors::desk_actor& own, std::function<void()> registry_changed) {
  auto& s = *state_;
  auto children = s.children(own);
  children.push_back(s.guide<actors::store_actor>(s.doors.store, store_service, [] {}));
  children.push_back(s.guide<actors::name_registry_actor>(s.doors.names, names_service,
                                                          std::move(registry_changed)));
  if (!s.has(node_role::control))
    children.push_back(
      s.guide<actors::outcast_source_actor>(s.source, actors::outcast_service, [] {}));
  s.supervisor
    = actors::spawn_supervisor(s.system, std::move(children), {},
                               {.group = "links", .on_failed = told_of(s.settings.journal)});
  for (const auto& each : supervisors())
    actors::on_failure(each, s.settings.on_conflict);
  if (s.has(node_role::control))
    offer<actors::outcast_source_actor>(actors::outcast_service, s.keeper);
  if (own)
    offer<actors::remote_desk_actor>(actors::remote_desk_service, s.remote);
}

// Best effort: who does not hear it finds out when he comes.
void node_links::announce_draining() {
  auto& s = *state_;
  if (!s.supervisor)
    return;
  auto about = s.membership().about;
  about.draining = true;
  auto said = actors::ask_and_wait<actors::facts_updated>(
    s.system, s.member.as<actors::own_member_actor>(), announced_within,
    actors::update_facts{std::move(about)});
  if (!said)
    spdlog::warn("the cluster did not hear that this node drains: {}", to_string(said.error()));
}

actors::desk_actor node_links::desk() const { return state_->desk.as<actors::desk_actor>(); }

std::vector<actors::supervisor_actor> node_links::supervisors() const {
  return {state_->supervisor, state_->transport->supervisor()};
}

actors::gateway_actor node_links::gateway() const { return state_->transport->gateway(); }

caf::actor_system& node_links::system() const noexcept { return state_->system; }

void node_links::offer(const char* service, const actors::front_door& door,
                       const std::set<std::string>& interface) {
  caf::anon_send(gateway(), offer_of(service, door, interface));
}

void node_links::offer_control(const actors::control_doors& own,
                               control::database_settings database,
                               std::shared_ptr<actors::lead_position> lead) {
  auto& s = *state_;
  s.outcast_watch.emplace(
    control::outcast_watch_settings{.database = database},
    [keeper = s.keeper.as<actors::outcast_keeper_actor>()](std::vector<node_id> all) {
      caf::anon_send(keeper, actors::outcasts_known{std::move(all)});
    });
  auto store = offer_of(store_service, own.store, s.system.message_types<actors::store_actor>());
  auto names
    = offer_of(names_service, own.names, s.system.message_types<actors::name_registry_actor>());
  s.leadership.emplace(
    control::leadership_settings{.database = std::move(database)},
    control::leadership_events{
      .won =
        [lead, gateway = gateway(), names, journal = s.settings.journal](std::uint64_t term) {
          lead->term = term;
          caf::anon_send(gateway, names);
          journal->note(timeline_kind::leader_won, "term " + std::to_string(term));
        },
      .lost =
        [lead, gateway = gateway(), journal = s.settings.journal] {
          lead->term = 0;
          caf::anon_send(gateway, actors::withdraw_service{names_service});
          journal->note(timeline_kind::leader_lost, {});
        },
      // Others ask a control node that has a database.
      .database_found = [gateway = gateway(), store] { caf::anon_send(gateway, store); },
      .database_lost
      = [gateway
         = gateway()] { caf::anon_send(gateway, actors::withdraw_service{store_service}); }});
}

void node_links::renew(const kept_identity& identity) {
  state_->settings.journal->note(timeline_kind::certificate_renewed,
                                 "serial " + identity.certificate.serial);
  if (auto used = state_->transport->network().renew(identity.credentials); !used)
    spdlog::error("the links to other nodes: {}", to_string(used.error()));
}

} // namespace serverme::servermed
