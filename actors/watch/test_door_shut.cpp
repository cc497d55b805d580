// The test door of every program but the tests: nothing can be ordered. Alone in its file: the
// linker takes a test's own instead of it.
#include "actors/watch/test_door.hpp"

void serverme::actors::pass_test_door(const caf::type_erased_tuple&) {}
