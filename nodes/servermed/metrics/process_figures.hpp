// What Prometheus calls the same of every process: memory, descriptors, processor time.
#pragma once

#include <string>

namespace serverme::servermed {

/// Text exposition format; without what the system does not tell.
std::string process_figures();

} // namespace serverme::servermed
