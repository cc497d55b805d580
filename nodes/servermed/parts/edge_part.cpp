#include "nodes/servermed/parts/edge_part.hpp"

#include "actors/ask.hpp"
#include "nodes/edge/certificate_files.hpp"
#include "nodes/edge/development_ca.hpp"
#include "nodes/servermed/parts/actor_settings.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace serverme::servermed {

namespace {

constexpr milliseconds actors_start_within{10'000};
constexpr milliseconds answer_within{500};
constexpr milliseconds certificates_looked_at_every{2'000};

void tell_reload(const edge::certificate_paths& paths, const result<done>& outcome) {
  if (outcome)
    spdlog::info("certificate {} was loaded again", paths.chain.string());
  else
    spdlog::error("{}; the one from before goes on", to_string(outcome.error()));
}

std::uint16_t told_or(std::uint16_t told, const net::address& ours) {
  return told != 0 ? told : ours.port;
}

} // namespace

result<std::unique_ptr<edge_part>>
edge_part::open(const node_config& config, const std::filesystem::path& data_dir,
                std::shared_ptr<const edge::peer_credentials> peers) {
  std::unique_ptr<edge_part> made{new edge_part{config}};
  if (auto opened = made->open_certificates(data_dir); !opened)
    return fail(opened.error());
  auto settings = config.edge;
  settings.peers = std::move(peers);
  made->edge_ = std::make_shared<edge::edge_node>(std::move(settings), *made->certificates_);
  // For the URLs; nobody is let in before there is somebody to ask.
  if (auto opened = made->edge_->open(); !opened)
    return fail(opened.error());
  return made;
}

edge_part::~edge_part() = default;

result<done> edge_part::open_certificates(const std::filesystem::path& data_dir) {
  if (!config_.certificates.empty()) {
    auto files = edge::certificate_files::open(config_.certificates, certificates_looked_at_every,
                                               tell_reload);
    if (!files)
      return fail(files.error());
    certificates_ = *std::move(files);
    return done{};
  }
  auto made = edge::development_ca::open(data_dir, config_.domain);
  if (!made)
    return fail(made.error());
  ca_file_ = (*made)->ca_file();
  certificates_ = *std::move(made);
  return done{};
}

result<done> edge_part::start_actors(caf::actor_system& system, edge_surroundings around) {
  actors::edge_actor_settings settings;
  settings.on_child_failed = std::move(around.on_child_failed);
  settings.cluster = std::move(around.place);
  settings.routes.on_port_refused = [](std::uint16_t port, const failure& why) {
    spdlog::warn("port {} of another edge's tunnel: {}", port, to_string(why));
  };
  auto& of_session = settings.reception.session;
  of_session.here = around.here;
  of_session.lanes_max = config_.edge.limits.lanes_per_session;
  of_session.captures = config_.edge.limits.capture;
  of_session.addresses = {.domain = config_.domain,
                          .http_port = told_or(config_.public_http_port, edge_->http_address()),
                          .https_port = told_or(config_.public_tls_port, edge_->tls_address())};
  tree_.emplace(system, around.deciding.store.as<actors::store_actor>(),
                around.deciding.names.as<actors::name_registry_actor>(), world_outside(), edge_,
                settings);
  actors::on_failure(tree_->supervisor(), std::move(around.failed));
  return tree_->await_start(actors_start_within);
}

bool edge_part::has_heard_all(caf::actor_system& system) const {
  auto heard = actors::ask_and_wait<actors::all_heard>(system, tree_->exchange(), answer_within,
                                                       actors::are_all_heard{});
  return heard && heard->are;
}

result<done> edge_part::let_in(caf::actor_system& system) {
  gate_.emplace(system, *tree_, world_outside());
  auto started = edge_->start(*gate_);
  is_serving_ = started.has_value();
  return started;
}

std::function<void()> edge_part::teach_registry() const {
  return [keeper = tree_->leases()] { caf::anon_send(keeper, actors::teach_registry{}); };
}

void edge_part::tell(ready_addresses& where) const {
  where.http = edge_->http_address();
  where.tls = edge_->tls_address();
}

void edge_part::renew(std::shared_ptr<const edge::peer_credentials> fresh) {
  edge_->set_credentials(std::move(fresh));
}

std::uint16_t edge_part::lane_port() const { return edge_->tls_address().port; }

void edge_part::append_counters(counter_list& to) const {
  servermed::append_counters(to, edge_->counters());
  servermed::append_counters(to, gate_ ? gate_->refusals() : edge::gate_refusals{});
}

void edge_part::append_levels(std::vector<named_level>& to) const {
  const auto& counted = edge_->counters();
  to.insert(to.end(), {{"sessions", counted.sessions_here, "Agents with a lane on this edge"},
                       {"routes", counted.routes_known, "Names and ports that it serves"},
                       {"peer_lanes_out", counted.peers.lanes_out, "Lanes to other edges"},
                       {"peer_lanes_in", counted.peers.lanes_in, "Lanes from other edges"}});
}

void edge_part::stop() {
  begin_to_stop();
  edge_->stop();
}

bool edge_part::stop_actors(milliseconds patience) { return !tree_ || tree_->stop(patience); }

void edge_part::forget_actors() {
  gate_.reset();
  tree_.reset();
}

} // namespace serverme::servermed
