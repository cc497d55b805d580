#include "cli/output/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace serverme::cli {

namespace {

constexpr std::string_view enter_screen = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view leave_screen = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view clear_screen = "\x1b[H\x1b[2J";
constexpr std::string_view clear_rest_of_line = "\x1b[K";
constexpr milliseconds leave_patience{300};
constexpr std::size_t columns_max = 500;
constexpr std::size_t rows_max = 300;

std::string at_row(std::size_t row) { return "\x1b[" + std::to_string(row + 1) + ";1H"; }

std::size_t number_of(const char* name, std::size_t fallback) {
  const char* text = std::getenv(name);
  auto number = text ? std::strtoul(text, nullptr, 10) : 0;
  return number > 0 ? number : fallback;
}

} // namespace

bool is_live_terminal(int descriptor, const char* term) {
  if (!::isatty(descriptor) || !term || std::string_view{term} == "dumb" || !*term)
    return false;
  auto foreground = ::tcgetpgrp(descriptor);
  return foreground < 0 || foreground == ::getpgrp();
}

terminal::terminal(net::event_loop& loop, int input, int output)
  : input_{input}, output_{output}, writer_{loop, output} {}

void terminal::enter() {
  if (entered_)
    return;
  entered_ = true;
  drawn_.reset();
  silence_input();
  writer_.write(enter_screen);
}

void terminal::silence_input() noexcept {
  termios now{};
  if (!::isatty(input_) || ::tcgetattr(input_, &now) != 0)
    return;
  found_ = now;
  // Ctrl+C and Ctrl+Z still work: ISIG stays.
  now.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);
  ::tcsetattr(input_, TCSADRAIN, &now);
}

void terminal::leave() noexcept {
  if (!entered_)
    return;
  entered_ = false;
  writer_.write(leave_screen);
  writer_.drain(leave_patience);
  // What was typed into the view is not for the shell.
  if (found_)
    ::tcsetattr(input_, TCSAFLUSH, &*found_);
  found_.reset();
}

screen_size terminal::size() const {
  winsize window{};
  if (::ioctl(output_, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0)
    return {std::min(number_of("COLUMNS", 80), columns_max),
            std::min(number_of("LINES", 24), rows_max)};
  return {std::min<std::size_t>(window.ws_col, columns_max),
          std::min<std::size_t>(window.ws_row, rows_max)};
}

bool terminal::show(std::vector<std::string> lines) {
  if (!entered_ || !writer_.is_clear())
    return false;
  std::string text;
  if (!drawn_) {
    text += clear_screen;
    drawn_.emplace();
  }
  auto rows = std::max(lines.size(), drawn_->size());
  lines.resize(rows);
  drawn_->resize(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    if (lines[row] == (*drawn_)[row])
      continue;
    text += at_row(row);
    text += lines[row];
    text += clear_rest_of_line;
  }
  if (!text.empty())
    writer_.write(text);
  drawn_ = std::move(lines);
  return true;
}

} // namespace serverme::cli
