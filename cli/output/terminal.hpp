// The user's terminal: a screen that is drawn line by line, and given back as it was found.
#pragma once

#include "cli/output/paced_writer.hpp"
#include "cli/output/screen.hpp"

#include <termios.h>

#include <optional>
#include <string>
#include <vector>

namespace serverme::cli {

/// Can `descriptor` show a live view? A terminal, not a dumb one, and ours: a job in the background
/// must not draw over its shell.
bool is_live_terminal(int descriptor, const char* term);

class terminal {
public:
  /// Draws on `output`; typed letters of `input` are not echoed into the view.
  terminal(net::event_loop& loop, int input, int output);
  ~terminal() { leave(); }
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;

  void enter();
  /// Back to the shell's screen, its cursor and its echo. Safe to call twice.
  void leave() noexcept;
  bool is_entered() const noexcept { return entered_; }

  screen_size size() const;
  /// Sends the lines that changed; false when the terminal does not take the last ones yet.
  bool show(std::vector<std::string> lines);
  /// Everything is drawn anew: the window has another size.
  void forget_lines() noexcept { drawn_.reset(); }

private:
  void silence_input() noexcept;

  int input_;
  int output_;
  paced_writer writer_;
  std::optional<termios> found_;
  std::optional<std::vector<std::string>> drawn_;
  bool entered_ = false;
};

} // namespace serverme::cli
