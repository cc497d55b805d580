#include "actors/control_actors.hpp"

#include "actors/ask.hpp"

#include <utility>

namespace serverme::actors {

namespace {

// Of a destructor that nobody has called stop() before.
constexpr milliseconds last_patience{5'000};

} // namespace

control_actors::control_actors(caf::actor_system& system, control_doors doors, const world& outside,
                               control_actor_settings settings)
  : system_{system}, doors_{std::move(doors)} {
  child_spec store{.name = "store", .start = std::move(settings.start_store), .door = doors_.store};
  child_spec names{
    .name = "name_registry",
    .start =
      [&system, store = doors_.store.as<store_actor>(), outside, of_names = settings.names] {
        return caf::actor_cast<caf::actor>(spawn_name_registry(system, store, outside, of_names));
      },
    .door = doors_.names,
    .restarted = std::move(settings.names_restarted)};
  supervisor_
    = spawn_supervisor(system, {std::move(store), std::move(names)}, settings.restarts,
                       {.group = "control", .on_failed = std::move(settings.on_child_failed)});
}

control_actors::~control_actors() { stop(last_patience); }

// Whoever answers has started all his children.
result<done> control_actors::await_start(milliseconds patience) const {
  auto started = ask_and_wait<actor_list>(system_, supervisor_, patience, list_actors{});
  if (!started)
    return fail(started.error());
  return done{};
}

bool control_actors::stop(milliseconds patience) {
  if (!supervisor_)
    return true;
  auto ended = stop_and_wait(system_, supervisor_, patience);
  // A supervisor that was killed has closed none of them.
  doors_.names.close();
  doors_.store.close();
  supervisor_ = nullptr;
  return ended;
}

} // namespace serverme::actors
