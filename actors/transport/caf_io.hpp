// CAF's own networking, behind which there are no sockets here: for actors/transport/*.cpp only.
#pragma once

#include "actors/caf.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <caf/io/all.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/network/multiplexer.hpp>
#pragma GCC diagnostic pop
