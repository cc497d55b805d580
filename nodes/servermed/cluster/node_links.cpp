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
#include "protocol/cluster/node_address.hpp"

#include <spdlog/spdlog.h>

#include <optional>
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

template <class Actor>
actors::offer_service offer_of(caf::actor_system& system, const char* name,
                               const actors::front_door& door) {
  auto interface = system.message_types<Actor>();
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
  void lead(const actors::front_door& door, const char* service, std::function<void()> found);
  void end_actors();

  caf::actor_system& system;
  link_settings settings;
  actors::control_doors doors;
  actors::front_door member, desk, remote, keeper, source;
  std::unique_ptr<nodes::cluster_transport> transport;
  actors::supervisor_actor supervisor;
  std::vector<caf::actor> spawned;
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
  options.on_news = log_news;
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

template <class Actor>
void node_links::state::lead(const actors::front_door& door, const char* service,
                             std::function<void()> found) {
  spawned.push_back(caf::actor_cast<caf::actor>(
    actors::spawn_service_door(system, transport->gateway(),
                               {.service = service,
                                .role = node_role::control,
                                .interface = system.message_types<Actor>(),
                                .door = door,
                                .found = std::move(found)})));
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
  auto opened
    = nodes::cluster_transport::open(system, {.credentials = made->settings.identity.credentials,
                                              .run = run_of(made->settings.started),
                                              .run_nanoseconds = part_of(made->settings.started),
                                              .listen = made->settings.listen,
                                              .hooks = hooks_of(made->settings.outcasts)});
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
  for (const auto& each : s.spawned)
    caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
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
  s.supervisor = actors::spawn_supervisor(s.system, s.children(own));
  actors::on_failure(s.supervisor, s.settings.on_conflict);
  s.lead<actors::store_actor>(s.doors.store, store_service, [] {});
  s.lead<actors::name_registry_actor>(s.doors.names, names_service, std::move(registry_changed));
  auto gateway = s.transport->gateway();
  if (s.has(node_role::control))
    caf::anon_send(
      gateway, offer_of<actors::outcast_source_actor>(s.system, actors::outcast_service, s.keeper));
  else
    s.lead<actors::outcast_source_actor>(s.source, actors::outcast_service, [] {});
  if (own)
    caf::anon_send(gateway, offer_of<actors::remote_desk_actor>(
                              s.system, actors::remote_desk_service, s.remote));
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

const actors::supervisor_actor& node_links::supervisor() const noexcept {
  return state_->supervisor;
}

void node_links::offer_control(const actors::control_doors& own,
                               control::database_settings database,
                               std::shared_ptr<actors::lead_position> lead) {
  auto& s = *state_;
  auto gateway = s.transport->gateway();
  s.outcast_watch.emplace(
    control::outcast_watch_settings{.database = database},
    [keeper = s.keeper.as<actors::outcast_keeper_actor>()](std::vector<node_id> all) {
      caf::anon_send(keeper, actors::outcasts_known{std::move(all)});
    });
  auto store = offer_of<actors::store_actor>(s.system, store_service, own.store);
  auto names = offer_of<actors::name_registry_actor>(s.system, names_service, own.names);
  s.leadership.emplace(
    control::leadership_settings{.database = std::move(database)},
    control::leadership_events{
      .won =
        [lead, gateway, names](std::uint64_t term) {
          lead->term = term;
          caf::anon_send(gateway, names);
        },
      .lost =
        [lead, gateway] {
          lead->term = 0;
          caf::anon_send(gateway, actors::withdraw_service{names_service});
        },
      // Others ask a control node that has a database.
      .database_found = [gateway, store] { caf::anon_send(gateway, store); },
      .database_lost
      = [gateway] { caf::anon_send(gateway, actors::withdraw_service{store_service}); }});
}

void node_links::renew(const kept_identity& identity) {
  if (auto used = state_->transport->network().renew(identity.credentials); !used)
    spdlog::error("the links to other nodes: {}", to_string(used.error()));
}

} // namespace serverme::servermed
