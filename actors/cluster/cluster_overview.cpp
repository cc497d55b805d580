#include "actors/cluster/cluster_overview.hpp"

#include "actors/cluster/cluster_overview_state.hpp"

#include <algorithm>
#include <utility>

namespace serverme::actors {

namespace {

/// The answer to one question; there are only so many at a time.
template <class Reply>
struct question {
  overview_self self;
  caf::typed_response_promise<Reply> promise;

  void answer(Reply reply) {
    --self->state.questions;
    promise.deliver(std::move(reply));
  }
  void refuse(const failure& why) {
    --self->state.questions;
    promise.deliver(make_caf_error(why));
  }
};

template <class Reply>
caf::result<Reply> put(overview_self self,
                       const std::function<void(std::shared_ptr<question<Reply>>)>& begin) {
  auto& state = self->state;
  if (state.questions >= state.options.questions_max)
    return make_caf_error(fail(errc::too_busy, "too many look at the cluster at once"));
  ++state.questions;
  auto promise = self->make_response_promise<Reply>();
  begin(std::make_shared<question<Reply>>(question<Reply>{self, promise}));
  return promise;
}

void settle(std::vector<node_id>& nodes) {
  std::ranges::sort(nodes);
  auto repeated = std::ranges::unique(nodes);
  nodes.erase(repeated.begin(), repeated.end());
}

// ---- nodes

/// As a server that stands alone is seen.
member_view view_of(const node_report& report) {
  member_view out{.id = report.node, .age = report.uptime};
  out.roles = report.roles;
  out.name = report.name;
  out.software = report.version;
  return out;
}

cluster_view joined(const member_list& members, std::map<node_id, node_report> reports) {
  cluster_view out{.self = members.self, .nodes = {}};
  for (const auto& each : members.members) {
    node_sight sight{.member = each, .report = {}};
    if (auto report = reports.extract(each.id))
      sight.report = std::move(report.mapped());
    out.nodes.push_back(std::move(sight));
  }
  // Whoever answers is there, whatever the membership says of him, or when it says nothing.
  for (auto& [id, report] : reports)
    out.nodes.push_back({.member = view_of(report), .report = report});
  std::ranges::sort(out.nodes, {}, [](const node_sight& each) { return each.member.id; });
  return out;
}

// ---- actors

cluster_actors all_of(replies<actor_list> came) {
  cluster_actors out{.nodes = {}, .missing = std::move(came.missing)};
  for (auto& [node, list] : came.all)
    out.nodes.push_back({node, std::move(list)});
  settle(out.missing);
  return out;
}

caf::result<cluster_actors> list_all(overview_self self, const view_actors& ask) {
  return put<cluster_actors>(self, [&](auto what) {
    auto wanted = ask.node;
    if (wanted && !self->state.services.places.contains(*wanted))
      return what->refuse(fail(errc::api_not_found, "no such node, or it has no link to this one"));
    ask_desks<actor_list>(
      self,
      [wanted](node_id node) {
        return !wanted || node == *wanted ? std::optional{list_actors{}} : std::nullopt;
      },
      [what, wanted](replies<actor_list> came) {
        if (wanted && came.all.empty())
          return what->refuse(fail(errc::control_unavailable, "the node does not answer"));
        what->answer(all_of(std::move(came)));
      });
  });
}

// ---- events

cluster_events merged(replies<event_list> came, std::size_t limit) {
  cluster_events out{.entries = {}, .missing = std::move(came.missing)};
  std::vector<cluster_event> all;
  for (auto& [node, list] : came.all)
    std::ranges::move(list.events, std::back_inserter(all));
  out.entries = merge_events(std::move(all), limit);
  settle(out.missing);
  return out;
}

caf::result<cluster_events> list_all(overview_self self, const view_events& ask) {
  return put<cluster_events>(self, [&](auto what) {
    list_events each{.life = 0, .after = 0, .since = ask.since, .limit = ask.limit};
    ask_desks<event_list>(
      self, [each](node_id) { return std::optional{each}; },
      [what, limit = ask.limit](replies<event_list> came) {
        what->answer(merged(std::move(came), limit));
      });
  });
}

void begin(overview_self self, cluster_overview_options options) {
  auto& state = self->state;
  state.options = std::move(options);
  self->set_down_handler(
    [self](caf::scheduled_actor*, caf::down_msg& news) { service_ended(self, news.source); });
  begin_services(self, state.options.gateway,
                 {.service = node_desk_service,
                  .role = std::nullopt,
                  .interface = self->system().message_types<node_desk_actor>(),
                  .look_every = state.options.look_for_desks_every,
                  .answer_within = state.options.answer_within,
                  .lost_for = milliseconds{0}}, // the membership says who is missed
                 caf::actor_cast<caf::actor>(state.options.own));
}

cluster_overview_actor::behavior_type cluster_overview(overview_self self,
                                                       cluster_overview_options options) {
  begin(self, std::move(options));
  return {
    [self](const view_cluster&) {
      return put<cluster_view>(self, [self](auto what) {
        see_cluster(self, [what](cluster_view view) { what->answer(std::move(view)); });
      });
    },
    [self](const view_actors& ask) { return list_all(self, ask); },
    [self](const view_events& ask) { return list_all(self, ask); },
    [self](const watch_cluster& wish) { return watch(self, wish); },
    [self](const peer_up& news) { service_peer_came(self, news); },
    [self](const peer_down& news) { service_peer_left(self, news); },
    [self](const look_for_services&) { look_for_all_services(self); },
    [self](const look_at_cluster&) { look_on(self); },
  };
}

} // namespace

void see_cluster(overview_self self, std::function<void(cluster_view)> tell) {
  auto with_members = [self, tell = std::move(tell)](member_list members) {
    ask_desks<node_report>(
      self, [](node_id) { return std::optional{describe_node{}}; },
      [tell, members = std::move(members)](replies<node_report> came) {
        tell(joined(members, std::move(came.all)));
      });
  };
  const auto& options = self->state.options;
  if (!options.member)
    return with_members({});
  auto none = member_list{.self = node_of(self->node()).value_or(node_id{}), .members = {}};
  self->request(options.member, options.answer_within, list_members{})
    .then([with_members](member_list& members) { with_members(std::move(members)); },
          [with_members, none](const caf::error&) { with_members(none); });
}

cluster_overview_actor spawn_cluster_overview(caf::actor_system& system,
                                              cluster_overview_options options) {
  return system.spawn(cluster_overview, std::move(options));
}

} // namespace serverme::actors
