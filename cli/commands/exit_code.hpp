// How serverme ends, for scripts. docs/configuration.md repeats the list.
#pragma once

#include "protocol/error.hpp"

#include <cstdint>

namespace serverme::cli {

enum class exit_code : std::uint8_t {
  success = 0,       // done, or stopped by the user
  failed = 1,        // anything else
  usage = 2,         // the command line is not understood
  refused = 3,       // for good: the key, the certificate or every tunnel; trying again is no use
  configuration = 4, // the file, a variable or an option; no key
  interrupted = 130, // a second Ctrl+C: nothing was waited for
};

constexpr int to_int(exit_code code) noexcept { return static_cast<int>(code); }

inline exit_code exit_code_of(errc why) noexcept {
  switch (why) {
    case errc::config_unreadable:
    case errc::config_invalid:
    case errc::file_mode_too_open:
    case errc::key_missing:
    case errc::certificate_unreadable:
    case errc::local_address_invalid: return exit_code::configuration;
    // Of the whole agent, not of one attempt: none of its tunnels is served.
    case errc::name_taken:
    case errc::port_taken:
    case errc::no_free_port: return exit_code::refused;
    default: return is_permanent(why) ? exit_code::refused : exit_code::failed;
  }
}

} // namespace serverme::cli
