// The calm view of a running agent: from its values to the lines of a window.
//
// Pure: no clock, no terminal. What strangers wrote is made safe here, and nowhere later.
#pragma once

#include "cli/output/session_view.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace serverme::cli {

enum class tone : std::uint8_t { plain, strong, quiet, good, warning, bad };

/// Printable ASCII: a byte is a column.
struct screen_span {
  std::string text;
  tone look = tone::plain;

  friend bool operator==(const screen_span&, const screen_span&) = default;
};

using screen_line = std::vector<screen_span>;

struct screen_size {
  std::size_t columns = 80;
  std::size_t rows = 24;

  friend bool operator==(const screen_size&, const screen_size&) = default;
};

/// At most size.rows lines of at most size.columns columns. The newest requests take the rows that
/// are left.
std::vector<screen_line> lay_out(const session_view& view, screen_size size, time_point now);

enum class palette : std::uint8_t { none, colours };

/// The line with its escape sequences, or without any.
std::string paint(const screen_line& line, palette colours);

} // namespace serverme::cli
