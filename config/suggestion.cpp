#include "config/suggestion.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace serverme::config {

namespace {

// Longer than any word of ours: what a stranger pasted is not compared letter by letter.
constexpr std::size_t word_bytes_max = 40;

} // namespace

// Damerau's distance over adjacent swaps, with three rows of the usual table.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::array<std::vector<std::size_t>, 3> rows;
  rows.fill(std::vector<std::size_t>(b.size() + 1));
  auto* before = &rows[0];
  auto* above = &rows[1];
  auto* row = &rows[2];
  for (std::size_t j = 0; j <= b.size(); ++j)
    (*above)[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    (*row)[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto replaced = (*above)[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      (*row)[j] = std::min({(*above)[j] + 1, (*row)[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        (*row)[j] = std::min((*row)[j], (*before)[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return (*above)[b.size()];
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() > word_bytes_max)
    return {};
  // A third of the letters may be wrong: "stauts" is status, "cat" is not start.
  auto best_distance = std::max<std::size_t>(2, word.size() / 3 + 1);
  std::string_view best;
  for (auto candidate : known) {
    auto distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  auto best = nearest(word, known);
  return best.empty() ? std::string{} : ", did you mean '" + std::string{best} + "'?";
}

} // namespace serverme::config
