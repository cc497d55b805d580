// The command line of a load: `--name value` pairs, and how it gives up.
#pragma once

#include <map>
#include <string>

namespace serverme::load {

/// Says why on standard error and ends the program with 1: a load that cannot run has no figure.
[[noreturn]] void give_up(const std::string& why);

class arguments {
public:
  /// Gives up on a word that is no pair.
  arguments(int count, char** words);

  std::string text(const std::string& name) const;
  std::string text(const std::string& name, const std::string& otherwise) const;
  double number(const std::string& name) const;
  double number(const std::string& name, double otherwise) const;

private:
  std::map<std::string, std::string> values_;
};

} // namespace serverme::load
