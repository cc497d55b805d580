#include "nodes/servermed/cluster/watch_post.hpp"

#include "actors/ask.hpp"
#include "net/file.hpp"
#include "nodes/control/secrets.hpp"
#include "nodes/servermed/cluster/node_links.hpp"
#include "nodes/servermed/cluster/own_load.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace serverme::servermed {

namespace {

constexpr milliseconds start_within{5'000};
constexpr milliseconds end_within{3'000};

wall_time now() { return std::chrono::system_clock::now(); }

} // namespace

std::function<void(const actors::child_failure&)>
told_of(std::shared_ptr<actors::event_journal> journal) {
  return [journal = std::move(journal)](const actors::child_failure& what) {
    spdlog::error("actor {} of {} failed: {}", what.name, what.group, what.why);
    journal->note(what.is_given_up ? timeline_kind::actor_given_up : timeline_kind::actor_failed,
                  what.group + "/" + what.name + ": " + what.why);
  };
}

struct watch_post::state {
  state(caf::actor_system& on, watch_settings wanted)
    : system{on},
      settings{std::move(wanted)},
      desk{on, "the desk of this node"},
      overview{on, "the overview of the cluster"},
      own_supervisor{on, "the supervisor of the desk"} {}

  result<done> write_key();
  result<done> start();
  std::function<node_report()> describe() const;
  actors::child_spec of_desk() const;
  actors::child_spec of_overview() const;

  caf::actor_system& system;
  watch_settings settings;
  actors::front_door desk, overview;
  // The desk tells of itself too: of a supervisor that starts after it is made.
  actors::front_door own_supervisor;
  actors::supervisor_actor supervisor;
  std::string key_hash;
  std::filesystem::path key_file;
};

result<done> watch_post::state::write_key() {
  auto key = control::make_api_key();
  key_hash = key.hash;
  key_file = settings.data_dir / operator_key_file;
  return net::write_file(key_file, key.text + "\n", net::file_readers::owner);
}

std::function<node_report()> watch_post::state::describe() const {
  node_report about{.name = settings.name,
                    .roles = settings.roles,
                    .version = SERVERME_VERSION,
                    .started = settings.started};
  if (settings.self)
    about.node = settings.self->node;
  return [about, lead = settings.lead] {
    auto report = about;
    auto load = read_own_load();
    report.uptime = std::chrono::duration_cast<milliseconds>(now() - about.started);
    report.term = lead ? lead->term.load() : 0;
    report.load = load.thousandths;
    report.memory_bytes = load.memory_bytes;
    return report;
  };
}

actors::child_spec watch_post::state::of_desk() const {
  auto supervisors = settings.supervisors;
  supervisors.push_back(own_supervisor.as<actors::supervisor_actor>());
  actors::node_desk_options options{
    .supervisors = std::move(supervisors), .journal = settings.journal, .describe = describe()};
  return {.name = "node_desk",
          .start
          = [&on = system,
             options] { return caf::actor_cast<caf::actor>(actors::spawn_node_desk(on, options)); },
          .door = desk};
}

actors::child_spec watch_post::state::of_overview() const {
  actors::cluster_overview_options options{.own = desk.as<actors::node_desk_actor>(),
                                           .wall_clock = now};
  if (settings.links != nullptr) {
    options.gateway = settings.links->gateway();
    options.member = settings.links->member();
  }
  return {.name = "cluster_overview",
          .start =
            [&on = system, options] {
              return caf::actor_cast<caf::actor>(actors::spawn_cluster_overview(on, options));
            },
          .door = overview};
}

result<done> watch_post::state::start() {
  supervisor = actors::spawn_supervisor(system, {of_desk(), of_overview()}, {},
                                        {.group = "watch", .on_failed = told_of(settings.journal)});
  own_supervisor.lead_to(caf::actor_cast<caf::strong_actor_ptr>(supervisor));
  actors::on_failure(supervisor, settings.on_failure);
  auto started = actors::ask_and_wait<actor_list>(system, supervisor, start_within, list_actors{});
  if (!started)
    return fail(started.error());
  if (settings.links != nullptr)
    settings.links->offer<actors::node_desk_actor>(actors::node_desk_service, desk);
  settings.journal->note(timeline_kind::node_started, SERVERME_VERSION);
  return settings.roles.has(node_role::control) ? write_key() : result<done>{done{}};
}

result<std::unique_ptr<watch_post>> watch_post::open(caf::actor_system& system,
                                                     watch_settings settings) {
  std::unique_ptr<watch_post> made{
    new watch_post{std::make_unique<state>(system, std::move(settings))}};
  if (auto started = made->state_->start(); !started)
    return fail(started.error());
  return made;
}

watch_post::watch_post(std::unique_ptr<state> made) noexcept : state_{std::move(made)} {}

watch_post::~watch_post() {
  auto& s = *state_;
  std::error_code ignored;
  if (!s.key_file.empty())
    std::filesystem::remove(s.key_file, ignored);
  if (s.supervisor && !actors::stop_and_wait(s.system, s.supervisor, end_within))
    spdlog::error("the overview of the cluster did not end in time");
  for (auto* door : {&s.own_supervisor, &s.overview, &s.desk})
    door->close();
}

actors::cluster_overview_actor watch_post::overview() const {
  return state_->overview.as<actors::cluster_overview_actor>();
}

const std::string& watch_post::key_hash() const noexcept { return state_->key_hash; }

} // namespace serverme::servermed
