// What a command has to say, for people or for programs.
#pragma once

#include <nlohmann/json.hpp>

#include <iostream>
#include <string>

namespace serverme::servermed {

using json = nlohmann::ordered_json;

struct answer {
  json object;
  std::string text;
};

/// @returns the exit code
inline int tell(const answer& what, bool as_json) {
  std::cout << (as_json ? what.object.dump(2) + "\n" : what.text);
  return 0;
}

} // namespace serverme::servermed
