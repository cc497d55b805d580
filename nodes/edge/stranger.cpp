#include "nodes/edge/stranger.hpp"

#include "nodes/edge/edge_loop.hpp"

namespace serverme::edge {

stranger::stranger(edge_loop& home, resident& who) : home_{home}, who_{who} {
  auto& all = home_.strangers();
  if (all.size() >= home_.limits().strangers_max) {
    ++home_.counters().strangers_dropped;
    all.front()->give_way();
  }
  place_ = all.insert(all.end(), this);
}

stranger::~stranger() {
  if (listed_)
    home_.strangers().erase(place_);
}

void stranger::give_way() {
  home_.strangers().erase(place_);
  listed_ = false;
  who_.on_shutdown();
}

} // namespace serverme::edge
