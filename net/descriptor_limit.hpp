// How many sockets and files this program may have open.
#pragma once

namespace serverme::net {

/// As many as the system lets it: the usual soft limit, 1024, is there for programs that use
/// select(). Call once, at the start; programs that are started later inherit it.
void raise_descriptor_limit() noexcept;

} // namespace serverme::net
