// How the heap treats the few large buffers of slow readers.
#pragma once

namespace serverme::net {

/// Buffers of 256 KiB and more go back to the system as soon as they are free. Call first in
/// main(). By itself, glibc learns from the first one freed to keep such sizes in its heap, where
/// small neighbours hold them: a crowd of stalled downloads then costs 20 MB for ever (measured).
void return_large_buffers() noexcept;

} // namespace serverme::net
