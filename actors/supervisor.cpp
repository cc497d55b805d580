#include "actors/supervisor.hpp"

#include "actors/probed.hpp"

#include <algorithm>
#include <optional>

namespace serverme::actors {

namespace {

struct child {
  child_spec spec;
  caf::actor handle;
  actor_standing standing = actor_standing::running;
  std::uint64_t restarts = 0;
  std::uint64_t failures = 0; // in a row
  time_point since{};
  std::string last_error;
};

struct supervisor_state {
  static inline const char* name = "supervisor";
  supervisor_state() = default; // declared: CAF would build an aggregate from the actor itself

  std::vector<child> children;
  supervisor_report report;
  std::optional<caf::error> stopping;
};

using supervisor_self = self_pointer<supervisor_actor, supervisor_state>;

void lead_to(const child& which, caf::strong_actor_ptr whom) {
  if (auto door = which.spec.door)
    door->lead_to(std::move(whom));
}

void stop_next(supervisor_self self) {
  auto& state = self->state;
  for (auto each = state.children.rbegin(); each != state.children.rend(); ++each) {
    if (each->handle)
      return self->send_exit(each->handle, caf::exit_reason::user_shutdown);
    if (each->spec.door)
      each->spec.door->close();
  }
  self->quit(*state.stopping);
}

void stop_all(supervisor_self self, caf::error why) {
  if (self->state.stopping)
    return;
  self->state.stopping = std::move(why);
  stop_next(self);
}

void child_failed(supervisor_self self, const restart_policy& policy, std::size_t index,
                  std::string why) {
  auto& failed = self->state.children[index];
  failed.last_error = std::move(why);
  const auto& report = self->state.report;
  auto ran = self->clock().now() - failed.since;
  failed.failures = ran > policy.stable ? 1 : failed.failures + 1;
  auto is_given_up = failed.failures > policy.failures_max;
  report.on_failed({report.group, failed.spec.name, failed.last_error, is_given_up});
  if (is_given_up) {
    failed.standing = actor_standing::given_up;
    return stop_all(
      self, make_caf_error(fail(errc::control_unavailable,
                                failed.spec.name + " failed too often: " + failed.last_error)));
  }
  failed.standing = actor_standing::waiting_to_restart;
  auto doublings = std::min<std::uint64_t>(failed.failures - 1, 20);
  auto pause = std::min(policy.ceiling, policy.first * (std::int64_t{1} << doublings));
  self->delayed_send(self, pause, restart_child{index});
}

void start_child(supervisor_self self, const restart_policy& policy, std::size_t index) {
  auto& starting = self->state.children[index];
  starting.since = self->clock().now();
  try {
    starting.handle = starting.spec.start();
  } catch (const std::exception& why) {
    return child_failed(self, policy, index, why.what());
  }
  starting.standing = actor_standing::running;
  lead_to(starting, caf::actor_cast<caf::strong_actor_ptr>(starting.handle));
  self->monitor(starting.handle);
}

void child_down(supervisor_self self, const restart_policy& policy, const caf::down_msg& news) {
  auto& children = self->state.children;
  auto down = std::find_if(children.begin(), children.end(), [&news](const child& each) {
    return each.handle && each.handle.address() == news.source;
  });
  if (down == children.end())
    return;
  down->handle = nullptr;
  lead_to(*down, nullptr);
  if (self->state.stopping)
    return stop_next(self);
  auto why = to_failure(news.reason);
  child_failed(self, policy, static_cast<std::size_t>(down - children.begin()),
               news.reason ? why.detail : "it ended");
}

actor_list describe_children(supervisor_self self) {
  actor_list list;
  auto now = self->clock().now();
  for (const auto& each : self->state.children) {
    actor_view view{.name = each.spec.name,
                    .standing = each.standing,
                    .restarts = each.restarts,
                    .age = std::chrono::duration_cast<milliseconds>(now - each.since),
                    .last_error = each.last_error,
                    .kind = {},
                    .group = self->state.report.group};
    if (const auto* signs = vital_signs_of(caf::actor_cast<caf::strong_actor_ptr>(each.handle))) {
      view.queued = signs->queued();
      view.handled = signs->handled();
      view.kind = signs->kind();
    }
    list.actors.push_back(std::move(view));
  }
  return list;
}

supervisor_actor::behavior_type supervisor(supervisor_self self, std::vector<child_spec> specs,
                                           restart_policy policy, supervisor_report report) {
  self->state.report = std::move(report);
  for (auto& spec : specs)
    self->state.children.push_back({.spec = std::move(spec)});
  self->set_exit_handler([self](caf::scheduled_actor*, caf::exit_msg& order) {
    if (order.reason)
      stop_all(self, std::move(order.reason));
  });
  self->set_down_handler(
    [self, policy](caf::scheduled_actor*, caf::down_msg& news) { child_down(self, policy, news); });
  for (std::size_t index = 0; index < self->state.children.size(); ++index)
    start_child(self, policy, index);
  return {
    [self](const list_actors&) { return describe_children(self); },
    [self, policy](const restart_child& order) {
      if (self->state.stopping)
        return;
      auto& failed = self->state.children[order.index];
      ++failed.restarts;
      start_child(self, policy, order.index);
      if (failed.handle)
        failed.spec.restarted();
    },
  };
}

} // namespace

supervisor_actor spawn_supervisor(caf::actor_system& system, std::vector<child_spec> children,
                                  restart_policy policy, supervisor_report report) {
  return system.spawn(supervisor, std::move(children), policy, std::move(report));
}

void on_failure(const supervisor_actor& whom, std::function<void(const failure&)> call) {
  caf::actor_cast<caf::actor>(whom)->attach_functor(
    [call = std::move(call)](const caf::error& why) {
      if (why != caf::exit_reason::user_shutdown)
        call(to_failure(why));
    });
}

bool stop_and_wait(caf::actor_system& system, const supervisor_actor& whom, milliseconds patience) {
  caf::scoped_actor self{system, true};
  self->monitor(whom);
  self->send_exit(whom, caf::exit_reason::user_shutdown);
  auto ended = false;
  self->receive([&ended](const caf::down_msg&) { ended = true; }, caf::after(patience) >> [] {});
  return ended;
}

} // namespace serverme::actors
