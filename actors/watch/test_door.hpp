// A way for tests to make an actor crash while it is at work. Programs have the shut one
// (test_door_shut.cpp); a test program that links tests/unit/support/test_door_open.cpp has it
// open. So no program that is shipped holds code that could be asked to crash.
#pragma once

#include "actors/caf.hpp"

namespace serverme::actors {

/// Called with every message before its actor sees it. The open one throws for a crash_order.
void pass_test_door(const caf::type_erased_tuple& content);

} // namespace serverme::actors
