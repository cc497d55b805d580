// CAF's test framework without the rest of CAF: for everything that is no actor.
// Include last, after `#define CAF_SUITE name`.
#pragma once

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#define CAF_TEST_NO_MAIN
#include <caf/test/unit_test.hpp>
#pragma GCC diagnostic pop
