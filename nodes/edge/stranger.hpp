// A connection whose peer has not shown yet who it is.
#pragma once

#include "nodes/edge/resident.hpp"

#include <list>

namespace serverme::edge {

class edge_loop;

/// A place among the strangers of a loop, held until the peer has said what it wants. There are at
/// most limits.strangers_max: the oldest is closed for the newest, so that a flood of silent
/// connections cannot lock out those who speak.
class stranger {
public:
  stranger(edge_loop& home, resident& who);
  ~stranger();
  stranger(const stranger&) = delete;
  stranger& operator=(const stranger&) = delete;

  /// Makes room: the connection is closed.
  void give_way();

private:
  edge_loop& home_;
  resident& who_;
  std::list<stranger*>::iterator place_;
  bool listed_ = true;
};

} // namespace serverme::edge
