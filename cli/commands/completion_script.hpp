// Scripts that complete serverme's words in a shell, made from the grammar itself.
#pragma once

#include "cli/commands/command_line.hpp"

#include <string>
#include <string_view>

namespace serverme::cli {

/// `shell`: bash, zsh or fish; empty for another one.
std::string completion_script(std::string_view shell, const command_catalogue& commands);

} // namespace serverme::cli
