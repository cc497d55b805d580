#include "nodes/servermed/commands/table.hpp"

#include <algorithm>
#include <utility>

namespace serverme::servermed {

namespace {

constexpr std::size_t gap = 2;

} // namespace

table::table(std::vector<std::string> titles) { rows_.push_back(std::move(titles)); }

void table::add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

void table::print(std::ostream& out) const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i)
      out << row[i] << std::string(widths[i] - row[i].size() + gap, ' ');
    out << row.back() << '\n';
  }
}

} // namespace serverme::servermed
