#include "bench/load/arguments.hpp"

#include <cstdlib>
#include <iostream>

namespace serverme::load {

void give_up(const std::string& why) {
  std::cerr << "serverme_load: " << why << "\n";
  // Other threads may be in the middle of their sockets: nothing of theirs is torn down.
  std::_Exit(1);
}

arguments::arguments(int count, char** words) {
  for (int i = 0; i < count; i += 2) {
    std::string name = words[i];
    if (!name.starts_with("--") || i + 1 == count)
      give_up("not a --name with a value: " + name);
    values_[name.substr(2)] = words[i + 1];
  }
}

std::string arguments::text(const std::string& name) const {
  auto found = values_.find(name);
  if (found == values_.end())
    give_up("--" + name + " is missing");
  return found->second;
}

std::string arguments::text(const std::string& name, const std::string& otherwise) const {
  auto found = values_.find(name);
  return found == values_.end() ? otherwise : found->second;
}

double arguments::number(const std::string& name) const {
  auto value = text(name);
  char* end = nullptr;
  auto parsed = std::strtod(value.c_str(), &end);
  if (value.empty() || *end != '\0' || !(parsed >= 0))
    give_up("--" + name + " is no number: " + value);
  return parsed;
}

double arguments::number(const std::string& name, double otherwise) const {
  return values_.contains(name) ? number(name) : otherwise;
}

} // namespace serverme::load
