#include "cli/output/failure_text.hpp"

#include <cstdio>
#include <sstream>

namespace serverme::cli {

std::string explain(const failure& why) {
  std::string text;
  std::istringstream lines{to_string(why)}; // several mistakes of one file come as lines
  for (std::string line; std::getline(lines, line);)
    text += shown(line) + "\n";
  return text + "  " + std::string{describe(why.code).advice} + "\n";
}

void print_failure(const failure& why) {
  auto text = "serverme: " + explain(why);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

std::string shown(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string safe;
  safe.reserve(text.size());
  for (char letter : text) {
    auto byte = static_cast<unsigned char>(letter);
    if (byte >= ' ' && byte < 0x7f) {
      safe += letter;
    } else {
      safe += '%';
      safe += digits[byte >> 4];
      safe += digits[byte & 15];
    }
  }
  return safe;
}

} // namespace serverme::cli
