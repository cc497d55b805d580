#include "cli/output/failure_text.hpp"

#include <sstream>

namespace serverme::cli {

std::string explain(const failure& why) { return explain(why, describe(why.code).advice); }

std::string explain(const failure& why, std::string_view advice) {
  std::string text;
  if (why.detail.find('\n') == std::string::npos) {
    text = shown(to_string(why)) + "\n";
  } else {
    text = to_string(failure{why.code, ""}) + ":\n";
    std::istringstream mistakes{why.detail};
    for (std::string each; std::getline(mistakes, each);)
      text += "  " + shown(each) + "\n";
  }
  return advice.empty() ? text : text + "  " + std::string{advice} + "\n";
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
