// A failure as people read it on their terminal.
#pragma once

#include "protocol/error.hpp"

#include <string>

namespace serverme::cli {

/// "SM-4004 no API key is configured\n  Run `serverme authtoken KEY`, ...\n".
std::string explain(const failure& why);

/// explain(), on the standard error, behind "serverme: ".
void print_failure(const failure& why);

/// What strangers wrote (paths, names, reasons), safe to show on a terminal: everything but
/// printable ASCII becomes %XX, as a URL has it. One column for each byte.
std::string shown(std::string_view text);

} // namespace serverme::cli
