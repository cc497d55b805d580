#include "actors/clerk.hpp"

namespace serverme::actors {

namespace {

// As CAF's own timer would: an answer that comes afterwards finds nobody who waits for it.
void give_up_overdue(clerk_self self) {
  auto& state = self->state;
  auto now = self->clock().now();
  for (const auto& [answer, due] : state.due)
    if (due <= now)
      self->eq_impl(caf::message_id{answer}, self->ctrl(), self->context(),
                    caf::make_error(caf::sec::request_timeout));
  state.is_looking = !state.due.empty();
  if (state.is_looking)
    self->delayed_send(self, clerk::looks_every, look_for_overdue{});
}

caf::behavior desk(clerk_self self) {
  return {
    [self](errand& what) { what.begin(self); },
    [self](const look_for_overdue&) { give_up_overdue(self); },
  };
}

} // namespace

clerk::clerk(caf::actor_system& system) : desk_{system.spawn<caf::hidden>(desk)} {}

clerk::~clerk() { caf::anon_send_exit(desk_, caf::exit_reason::user_shutdown); }

void clerk::opened(clerk_self self, caf::message_id answer, milliseconds timeout) {
  auto& state = self->state;
  state.due.emplace(answer.integer_value(), self->clock().now() + timeout);
  if (!std::exchange(state.is_looking, true))
    self->delayed_send(self, looks_every, look_for_overdue{});
}

void clerk::closed(clerk_self self, caf::message_id answer) {
  self->state.due.erase(answer.integer_value());
}

} // namespace serverme::actors
