#include "actors/cluster/remote_desk.hpp"

#include "actors/probed.hpp"
#include "actors/transport/cluster_config.hpp"

#include <utility>

namespace serverme::actors {

namespace {

struct remote_desk_state {
  static inline const char* name = "remote_desk";
  remote_desk_state() = default; // declared: CAF would build an aggregate from the actor itself

  desk_actor desk;
  remote_desk_settings settings;
  std::size_t relays = 0;
};

using remote_self = self_pointer<remote_desk_actor, remote_desk_state>;

std::size_t weight_of(const tunnel_view& view) {
  auto texts = view.name.size() + view.agent.size() + view.address.size() + view.local_label.size();
  for (const auto& each : view.urls)
    texts += each.size();
  return sizeof(tunnel_view) + texts;
}

std::size_t weight_of(const capture_summary& line) {
  return sizeof(capture_summary) + line.visitor_address.size() + line.method.size()
         + line.target.size() + line.error_code.size() + line.error_detail.size();
}

/// @returns how many of the first ones fit; at least one
template <class T>
std::size_t fitting(const std::vector<T>& all, std::size_t bytes_max) {
  std::size_t count = 0, bytes = 0;
  for (; count < all.size() && (count == 0 || bytes < bytes_max); ++count)
    bytes += weight_of(all[count]);
  return count;
}

void fit(remote_self self, tunnel_list& all) {
  auto count = fitting(all.tunnels, self->state.settings.answer_bytes_max);
  if (count == all.tunnels.size())
    return;
  all.tunnels.resize(count);
  all.incomplete.push_back(node_of(self->system().node()).value_or(node_id{}));
}

// A shorter page than was asked for, and the next one begins where it ends.
void fit(remote_self self, capture_page& page) {
  auto count = fitting(page.captures, self->state.settings.answer_bytes_max);
  if (count == page.captures.size())
    return;
  page.captures.resize(count);
  page.next = page.captures.back().id;
}

template <class Reply, class Request>
caf::result<Reply> ask_and_fit(remote_self self, const Request& ask) {
  auto promise = self->make_response_promise<Reply>();
  self->request(self->state.desk, self->state.settings.desk_within, ask)
    .then(
      [self, promise](Reply& answer) mutable {
        fit(self, answer);
        promise.deliver(std::move(answer));
      },
      [promise](caf::error& why) mutable { promise.deliver(std::move(why)); });
  return promise;
}

template <class Reply, class Request>
caf::result<Reply> pass_on(remote_self self, const Request& ask) {
  return self->delegate(self->state.desk, ask);
}

caf::result<relaying> relay(remote_self self, const relay_captures& ask) {
  auto& state = self->state;
  if (state.relays >= state.settings.relays_max)
    return make_caf_error(fail(errc::too_busy, "too many live views from other nodes"));
  auto relay
    = spawn_capture_relay(self->system(), self->address(), state.desk, state.settings.relay);
  self->monitor(relay);
  ++state.relays;
  return self->delegate(relay, ask);
}

remote_desk_actor::behavior_type remote_desk(remote_self self, desk_actor desk,
                                             const remote_desk_settings& settings) {
  self->state.desk = std::move(desk);
  self->state.settings = settings;
  self->set_down_handler([self](caf::scheduled_actor*, caf::down_msg&) { --self->state.relays; });
  return {
    [self](const list_tunnels& ask) { return ask_and_fit<tunnel_list>(self, ask); },
    [self](const get_tunnel& ask) { return pass_on<tunnel_view>(self, ask); },
    [self](const close_tunnel& ask) { return pass_on<tunnel_closed>(self, ask); },
    [self](const list_captures& ask) { return ask_and_fit<capture_page>(self, ask); },
    [self](const get_capture& ask) { return pass_on<capture_found>(self, ask); },
    [self](const clear_captures& ask) { return pass_on<captures_cleared>(self, ask); },
    [self](const replay_capture& ask) { return pass_on<capture_found>(self, ask); },
    [self](const relay_captures& ask) { return relay(self, ask); },
  };
}

} // namespace

remote_desk_actor spawn_remote_desk(caf::actor_system& system, desk_actor desk,
                                    remote_desk_settings settings) {
  return system.spawn(remote_desk, std::move(desk), std::move(settings));
}

} // namespace serverme::actors
