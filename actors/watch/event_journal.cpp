#include "actors/watch/event_journal.hpp"

#include <algorithm>
#include <utility>

namespace serverme::actors {

namespace {

// Of what people read, and of what travels: an error may quote a whole answer.
constexpr std::size_t detail_max = 500;

std::uint64_t life_beginning(wall_time now) {
  return static_cast<std::uint64_t>(now.time_since_epoch().count());
}

} // namespace

event_journal::event_journal(node_id self, std::function<wall_time()> wall_clock,
                             std::size_t events_max)
  : self_{self},
    wall_clock_{std::move(wall_clock)},
    events_max_{events_max},
    life_{life_beginning(wall_clock_())} {}

void event_journal::note(timeline_kind what, std::string detail) {
  note(what, self_, {}, std::move(detail));
}

void event_journal::note(timeline_kind what, node_id about, std::string name, std::string detail) {
  if (detail.size() > detail_max)
    detail.resize(detail_max);
  auto now = wall_clock_();
  std::lock_guard guard{mutex_};
  if (events_.size() >= events_max_)
    events_.pop_front();
  events_.push_back({.number = ++last_,
                     .when = now,
                     .kind = what,
                     .seen_by = self_,
                     .about = about,
                     .name = std::move(name),
                     .detail = std::move(detail)});
}

event_list event_journal::answer(const list_events& ask) const {
  std::lock_guard guard{mutex_};
  event_list out{.life = life_, .last = last_, .events = {}, .missed = 0};
  auto after = ask.life == life_ ? ask.after : 0;
  auto limit = std::min<std::size_t>(ask.limit, events_max_);
  for (auto each = events_.rbegin(); each != events_.rend() && out.events.size() < limit; ++each) {
    if (each->number <= after)
      break;
    if (each->when >= ask.since) // clocks are set back now and then: look on
      out.events.push_back(*each);
  }
  std::ranges::reverse(out.events);
  auto first = out.events.empty() ? last_ + 1 : out.events.front().number;
  if (ask.life == life_ && ask.since == wall_time{})
    out.missed = first - after - 1;
  return out;
}

} // namespace serverme::actors
