// How this machine is called, when nobody says so.
#pragma once

#include <string>

namespace serverme::servermed {

/// The address from which this machine would reach the internet; "127.0.0.1" when it has no way
/// there. Nothing is sent.
std::string own_address();

/// The name of the machine, made of what a node's name may have; "node" when it has none.
std::string own_name();

} // namespace serverme::servermed
