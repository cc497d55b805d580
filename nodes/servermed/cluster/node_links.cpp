#include "nodes/servermed/cluster/node_links.hpp"

#include "actors/transport/peer_link.hpp"
#include "actors/transport/service_door.hpp"
#include "net/digest.hpp"
#include "net/listener.hpp"
#include "nodes/cluster/cluster_transport.hpp"
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

double random_share() { return static_cast<double>(net::random_bits() >> 11U) * 0x1p-53; }

template <class Actor>
actors::offer_service offer_of(caf::actor_system& system, const char* name,
                               const actors::front_door& door) {
  auto interface = system.message_types<Actor>();
  return {name,
          caf::actor_cast<caf::strong_actor_ptr>(door.as<caf::actor>()),
          {interface.begin(), interface.end()}};
}

net::peer_hooks logged() {
  net::peer_hooks hooks;
  hooks.on_refused = [](const std::string& address, net::peer_refusal why, const failure& detail) {
    spdlog::warn("{} is no node for us: {}, {}", address, net::to_string(why), to_string(detail));
  };
  hooks.on_lost = [](const node_identity& who, net::peer_loss why, const failure& detail) {
    spdlog::info("node {} is gone: {}, {}", to_string(who.node), net::to_string(why),
                 to_string(detail));
  };
  return hooks;
}

} // namespace

struct node_links::state {
  state(caf::actor_system& on, link_settings wanted)
    : system{on},
      settings{std::move(wanted)},
      doors{{on, "the store of the cluster"}, {on, "the name registry of the cluster"}} {}

  template <class Actor>
  void lead(const actors::front_door& door, const char* service, std::function<void()> found);
  void keep_seeds();
  bool is_this_node(const node_address& seed) const;

  caf::actor_system& system;
  link_settings settings;
  actors::control_doors doors;
  std::unique_ptr<nodes::cluster_transport> transport;
  std::vector<caf::actor> spawned;
  std::optional<control::leadership> leadership;
};

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

bool node_links::state::is_this_node(const node_address& seed) const {
  return seed.host == settings.identity.host && seed.port == transport->network().where().port;
}

// Every control node offers its store: whoever keeps a link to it keeps the connection.
void node_links::state::keep_seeds() {
  auto owner = system.spawn([](caf::event_based_actor* self) -> caf::behavior {
    self->set_default_handler(caf::drop);
    return {[](const actors::link_up&) {}, [](const actors::link_down&) {}};
  });
  spawned.push_back(owner);
  for (const auto& text : settings.identity.ways.seeds) {
    auto seed = parse_node_address(text, default_cluster_port);
    if (!seed || is_this_node(*seed))
      continue;
    actors::spawn_peer_link(system, transport->gateway(), owner,
                            {.host = seed->host,
                             .port = seed->port,
                             .service = store_service,
                             .interface = system.message_types<actors::store_actor>(),
                             .random = random_share});
  }
}

result<std::unique_ptr<node_links>> node_links::open(caf::actor_system& system,
                                                     link_settings settings) {
  auto made = std::make_unique<state>(system, std::move(settings));
  auto opened
    = nodes::cluster_transport::open(system, {.credentials = made->settings.identity.credentials,
                                              .run = made->settings.run,
                                              .listen = made->settings.listen,
                                              .hooks = logged()});
  // From here on the destructor closes the doors, without which the system could not end.
  std::unique_ptr<node_links> links{new node_links{std::move(made)}};
  if (!opened)
    return fail(opened.error());
  auto& s = *links->state_;
  s.transport = *std::move(opened);
  spdlog::info("other nodes connect to {}", net::to_string(links->where()));
  return links;
}

node_links::node_links(std::unique_ptr<state> made) noexcept : state_{std::move(made)} {}

node_links::~node_links() {
  auto& s = *state_;
  s.leadership.reset();
  for (const auto& each : s.spawned)
    caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
  s.transport.reset();
  s.doors.store.close();
  s.doors.names.close();
}

const actors::control_doors& node_links::doors() const noexcept { return state_->doors; }

const net::address& node_links::where() const noexcept {
  return state_->transport->network().where();
}

void node_links::seek_control(std::function<void()> registry_changed) {
  auto& s = *state_;
  s.lead<actors::store_actor>(s.doors.store, store_service, [] {});
  s.lead<actors::name_registry_actor>(s.doors.names, names_service, std::move(registry_changed));
  s.keep_seeds();
}

void node_links::offer_control(const actors::control_doors& own,
                               control::database_settings database,
                               std::shared_ptr<actors::lead_position> lead) {
  auto& s = *state_;
  auto gateway = s.transport->gateway();
  caf::anon_send(gateway, offer_of<actors::store_actor>(s.system, store_service, own.store));
  auto names = offer_of<actors::name_registry_actor>(s.system, names_service, own.names);
  s.leadership.emplace(
    control::leadership_settings{.database = std::move(database)},
    control::leadership_events{.won =
                                 [lead, gateway, names](std::uint64_t term) {
                                   lead->term = term;
                                   caf::anon_send(gateway, names);
                                 },
                               .lost =
                                 [lead, gateway] {
                                   lead->term = 0;
                                   caf::anon_send(gateway, actors::withdraw_service{names_service});
                                 }});
}

void node_links::renew(const kept_identity& identity) {
  if (auto used = state_->transport->network().renew(identity.credentials); !used)
    spdlog::error("the links to other nodes: {}", to_string(used.error()));
}

} // namespace serverme::servermed
