// "Did you mean ...?": the word that a misspelt one is nearest to.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace serverme::config {

/// Letters to insert, drop, replace or swap with their neighbour to make `b` of `a`.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of `known`; empty when none is near enough to be meant.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

/// ", did you mean 'status'?"; empty when nothing is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

} // namespace serverme::config
