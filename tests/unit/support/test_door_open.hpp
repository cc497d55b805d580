// Tests that link test_door_open.cpp can make any actor of ours crash at its work, and not only
// end.
#pragma once

#include "actors/watch/test_door.hpp"

#include <string>

namespace serverme::tests {

/// To any actor of this process: it throws this.
struct crash_order {
  std::string why;
};

} // namespace serverme::tests

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serverme::tests::crash_order)
