// Recorded exchanges as the API shows them.
#pragma once

#include "nodes/control/api/answers.hpp"
#include "protocol/messages/captures.hpp"

namespace serverme::control {

/// A line of a list.
json summary_json(const capture_summary& line);
/// With heads and bodies.
json capture_json(const capture& exchange);

} // namespace serverme::control
