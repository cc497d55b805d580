// A failure as people read it on their terminal.
#pragma once

#include "protocol/error.hpp"

#include <string>
#include <string_view>

namespace serverme::cli {

/// "SM-4004 no API key is configured\n  Run `serverme authtoken KEY`, ...\n". Several mistakes are
/// a list below the title.
std::string explain(const failure& why);
/// With other advice than the error has, or without any.
std::string explain(const failure& why, std::string_view advice);

/// What strangers wrote (paths, names, reasons), safe to show on a terminal: everything but
/// printable ASCII becomes %XX, as a URL has it. One column for each byte.
std::string shown(std::string_view text);

} // namespace serverme::cli
