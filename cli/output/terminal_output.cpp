#include "cli/output/terminal_output.hpp"

#include "cli/output/failure_text.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace serverme::cli {

namespace {

// Faster than anybody reads; a hundred requests a second are still five drawings.
constexpr milliseconds between_drawings{200};

std::string local_time_of_day() {
  auto now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  std::array<char, 16> text{};
  auto length = std::strftime(text.data(), text.size(), "%H:%M:%S", &parts);
  return {text.data(), length};
}

} // namespace

terminal_output::terminal_output(net::event_loop& loop, terminal& screen, palette colours,
                                 const agent_config& config, on_end ended)
  : agent_output{std::move(ended)},
    loop_{loop},
    screen_{screen},
    colours_{colours},
    view_{make_view(config)},
    started_{loop.now()},
    seconds_{loop, seconds{1}, [this](time_point) { on_second(); }},
    self_{std::make_shared<terminal_output*>(this)} {}

void terminal_output::start() {
  screen_.enter();
  draw();
}

void terminal_output::on_stopping() {
  view_.status = session_status::stopping;
  draw();
}

void terminal_output::on_resized() {
  screen_.forget_lines();
  draw_soon();
}

void terminal_output::suspend() { screen_.leave(); }

void terminal_output::resume() {
  screen_.enter();
  draw();
}

void terminal_output::on_connecting() {
  if (view_.status != session_status::stopping)
    view_.status = session_status::connecting;
  draw_soon();
}

void terminal_output::on_connected(const std::string& node, bool) {
  view_.status = session_status::online;
  view_.node = node;
  view_.trouble.reset();
  draw_soon();
}

void terminal_output::on_tunnel_ready(std::size_t tunnel, const std::vector<std::string>& urls) {
  auto& row = view_.tunnels.at(tunnel);
  row.urls = urls;
  row.refused.reset();
  draw_soon();
}

void terminal_output::on_tunnel_refused(std::size_t tunnel, const failure& why) {
  view_.tunnels.at(tunnel).refused = why;
  draw_soon();
}

void terminal_output::on_disconnected(const failure& why) {
  view_.trouble = why;
  view_.round_trip.reset();
  draw_soon();
}

void terminal_output::on_reconnecting(milliseconds pause) {
  view_.status = session_status::waiting;
  view_.retry_at = loop_.now() + pause;
  draw_soon();
}

void terminal_output::on_round_trip(microseconds round_trip) {
  view_.round_trip = round_trip;
  draw_soon();
}

void terminal_output::on_companion_changed(const std::string& node) {
  view_.companion = node;
  draw_soon();
}

void terminal_output::on_request(const request_line& what) {
  add_request(view_, {local_time_of_day(), what});
  draw_soon();
}

void terminal_output::on_visitors_changed(std::size_t open_connections) {
  view_.open_connections = open_connections;
  draw_soon();
}

// Bytes count on without an event, and a pause runs out: only lines that changed are sent.
void terminal_output::on_second() { draw_soon(); }

void terminal_output::draw_soon() {
  if (draw_due_)
    return;
  draw_due_ = true;
  loop_.after(between_drawings, [weak = std::weak_ptr{self_}] {
    auto self = weak.lock();
    if (!self)
      return;
    (*self)->draw_due_ = false;
    (*self)->draw();
  });
}

void terminal_output::draw() {
  if (!screen_.is_entered())
    return;
  view_.counters = counters();
  auto size = screen_.size();
  // The last column stays free: a letter there makes terminals wait to wrap.
  size.columns -= size.columns > 1 ? 1 : 0;
  std::vector<std::string> painted;
  for (const auto& line : lay_out(view_, size, loop_.now()))
    painted.push_back(paint(line, colours_));
  if (!screen_.show(std::move(painted)))
    draw_soon();
}

void terminal_output::show_end(const std::optional<failure>&) {
  view_.counters = counters();
  screen_.leave();
  // The view is gone with its screen; this stays in the scrollback.
  auto lived = std::chrono::duration_cast<microseconds>(loop_.now() - started_);
  std::string text;
  for (const auto& row : view_.tunnels)
    for (const auto& url : row.urls)
      text += shown(url) + " -> " + shown(row.local) + "\n";
  text += "Stopped after " + format_duration(lived) + ": " + std::to_string(view_.counters.requests)
          + " requests, " + std::to_string(view_.counters.connections) + " connections, "
          + format_bytes(view_.counters.bytes_in) + " in, " + format_bytes(view_.counters.bytes_out)
          + " out.\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

} // namespace serverme::cli
