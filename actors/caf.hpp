// The only place that includes CAF's umbrella header; precompiled for actors/.
//
// g++ 12 reports -Wmaybe-uninitialized from inside data_processor::fill_range<vector<T>> when T is
// an enum or a duration. A system header does not silence it (it is raised after inlining), a
// pragma around the definition does.
#pragma once

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <caf/all.hpp>
#pragma GCC diagnostic pop
