// Lists for people: columns as wide as what stands in them.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace serverme::servermed {

class table {
public:
  explicit table(std::vector<std::string> titles);
  /// @pre as many cells as there are titles
  void add(std::vector<std::string> cells);
  void print(std::ostream& out) const;

private:
  std::vector<std::vector<std::string>> rows_;
};

} // namespace serverme::servermed
