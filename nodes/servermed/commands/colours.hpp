// Colours for people: on a terminal, unless NO_COLOR says otherwise (no-color.org).
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace serverme::servermed {

enum class colour : unsigned char { red = 31, green = 32, yellow = 33, grey = 90 };

inline bool wants_colours() {
  const char* no = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  auto is_dumb = terminal == nullptr || std::string_view{terminal} == "dumb";
  return ::isatty(STDOUT_FILENO) != 0 && !is_dumb && (no == nullptr || *no == '\0');
}

inline std::string painted(colour how, const std::string& text) {
  if (!wants_colours())
    return text;
  return "\x1b[" + std::to_string(static_cast<unsigned>(how)) + "m" + text + "\x1b[0m";
}

} // namespace serverme::servermed
