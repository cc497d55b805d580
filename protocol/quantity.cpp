#include "protocol/quantity.hpp"

#include <array>
#include <charconv>

namespace serverme {

namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr auto times = std::to_array<unit>(
  {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}});
constexpr std::uint64_t ten_years = 3'650ULL * 86'400'000;

constexpr auto sizes = std::to_array<unit>(
  {{"", 1}, {"B", 1}, {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}});
constexpr std::uint64_t tebibyte = 1ULL << 40;

/// A whole number and the rest behind it, without the spaces between.
bool split(std::string_view text, std::uint64_t& number, std::string_view& rest) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{})
    return false;
  rest = text.substr(static_cast<std::size_t>(end - text.data()));
  while (rest.starts_with(' '))
    rest.remove_prefix(1);
  return true;
}

template <std::size_t Count>
bool measure(std::string_view text, const std::array<unit, Count>& units, std::uint64_t most,
             std::uint64_t& out) {
  std::uint64_t number = 0;
  std::string_view name;
  if (!split(text, number, name))
    return false;
  for (const auto& each : units) {
    if (each.name != name)
      continue;
    out = number * each.factor;
    return number <= most / each.factor;
  }
  return false;
}

/// One decimal below ten, none above.
std::string rounded(double value) {
  std::array<char, 32> out{};
  auto precision = value < 9.95 ? 1 : 0;
  auto [end, error] = std::to_chars(out.data(), out.data() + out.size(), value,
                                    std::chars_format::fixed, precision);
  return {out.data(), end};
}

} // namespace

result<milliseconds> parse_duration(std::string_view text) {
  std::uint64_t count = 0;
  if (text == "0" || measure(text, times, ten_years, count))
    return milliseconds{count};
  return fail(errc::config_invalid,
              "'" + std::string{text} + "' is no time: write a number and ms, s, m, h or d");
}

result<std::size_t> parse_byte_count(std::string_view text) {
  std::uint64_t count = 0;
  if (measure(text, sizes, tebibyte, count))
    return static_cast<std::size_t>(count);
  return fail(errc::config_invalid,
              "'" + std::string{text} + "' is no size: write a number and B, KiB, MiB or GiB");
}

std::string byte_count_text(std::uint64_t bytes) {
  if (bytes < 1024)
    return std::to_string(bytes) + " B";
  auto value = static_cast<double>(bytes);
  std::string_view name;
  for (std::string_view next : {"KiB", "MiB", "GiB", "TiB"}) {
    value /= 1024;
    name = next;
    if (value < 1023.5)
      break;
  }
  return rounded(value) + " " + std::string{name};
}

std::string duration_text(microseconds time) {
  auto value = static_cast<double>(time.count()) / 1000;
  return value < 999.5 ? rounded(value) + " ms" : rounded(value / 1000) + " s";
}

} // namespace serverme
