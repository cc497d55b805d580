#include "cli/commands/agent_run.hpp"

#include "cli/commands/commands.hpp"
#include "cli/output/json_output.hpp"
#include "cli/output/plain_output.hpp"
#include "cli/output/terminal_output.hpp"

#include <boost/asio/signal_set.hpp>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace serverme::cli {

namespace {

// After the agent's own goodbye; nothing may keep a user waiting who pressed Ctrl+C.
constexpr milliseconds stop_patience{3000};
constexpr milliseconds output_patience{500};

bool is_ignored(int number) noexcept {
  struct sigaction found {};
  return ::sigaction(number, nullptr, &found) == 0 && found.sa_handler == SIG_IGN;
}

palette colours_of_environment() {
  const char* no = std::getenv("NO_COLOR");
  return no && *no ? palette::none : palette::colours;
}

/// The loop, the agent, its output and the signals, from start to end.
class foreground {
public:
  foreground(agent_config config, log_format format);
  exit_code run();

private:
  std::unique_ptr<agent_output> make_output(const agent_config& config, log_format format);
  void await_signal();
  void on_signal(int number);
  void stop();
  void end(const std::optional<failure>& why);

  net::event_loop loop_;
  paced_writer lines_{loop_, STDOUT_FILENO};
  std::unique_ptr<terminal> screen_;
  std::unique_ptr<agent_output> output_;
  agent agent_;
  boost::asio::signal_set signals_{loop_.context()};
  std::optional<failure> why_;
  bool stopping_ = false;
};

foreground::foreground(agent_config config, log_format format)
  : output_{make_output(config, format)}, agent_{loop_, std::move(config), *output_} {
  // Who started us with nohup or as a job of a script had a reason.
  for (int number : {SIGINT, SIGTERM, SIGHUP})
    if (!is_ignored(number))
      signals_.add(number);
  if (screen_)
    for (int number : {SIGWINCH, SIGTSTP})
      signals_.add(number);
}

std::unique_ptr<agent_output> foreground::make_output(const agent_config& config,
                                                      log_format format) {
  auto ended = [this](const std::optional<failure>& why) { end(why); };
  auto sink = [this](const std::string& line) { return lines_.write(line); };
  auto clock = [] { return std::chrono::system_clock::now(); };
  if (format == log_format::json)
    return std::make_unique<json_output>(config.tunnels, sink, clock, ended);
  if (format == log_format::plain || !is_live_terminal(STDOUT_FILENO, std::getenv("TERM")))
    return std::make_unique<plain_output>(config.tunnels, sink, clock, ended);
  screen_ = std::make_unique<terminal>(loop_, STDIN_FILENO, STDOUT_FILENO);
  return std::make_unique<terminal_output>(loop_, *screen_, colours_of_environment(), config,
                                           ended);
}

exit_code foreground::run() {
  output_->watch([this] { return agent_.counters(); });
  await_signal();
  output_->start();
  agent_.start();
  loop_.run();
  lines_.drain(output_patience);
  if (!why_)
    return exit_code::success;
  return give_up(*why_);
}

void foreground::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int number) {
    if (error)
      return;
    on_signal(number);
    await_signal();
  });
}

void foreground::on_signal(int number) {
  if (number == SIGWINCH)
    return output_->on_resized();
  if (number == SIGTSTP) {
    output_->suspend();
    ::raise(SIGSTOP); // returns when the shell says `fg`
    return output_->resume();
  }
  stop();
}

void foreground::stop() {
  if (stopping_) {
    output_->suspend();
    std::_Exit(to_int(exit_code::interrupted));
  }
  stopping_ = true;
  output_->on_stopping();
  agent_.stop();
  loop_.after(stop_patience, [this] { loop_.stop(); });
}

void foreground::end(const std::optional<failure>& why) {
  why_ = why;
  loop_.stop();
}

} // namespace

exit_code run_agent(agent_config config, log_format format) {
  foreground program{std::move(config), format};
  return program.run();
}

} // namespace serverme::cli
