#include "cli/output/screen.hpp"

#include "cli/output/failure_text.hpp"

#include <algorithm>
#include <string_view>

namespace serverme::cli {

namespace {

constexpr std::size_t label_columns = 11;
constexpr std::string_view quit_hint = "Ctrl+C to quit";
// Rows for requests that tunnels may not take, however many there are.
constexpr std::size_t request_rows_min = 6;

std::string padded(std::string_view text, std::size_t columns) {
  std::string made{text};
  made.resize(std::max(columns, made.size()), ' ');
  return made;
}

std::string right_aligned(const std::string& text, std::size_t columns) {
  return std::string(columns - std::min(columns, text.size()), ' ') + text;
}

// What does not fit ends in "..", so that nobody takes a part for the whole.
std::string cut(std::string text, std::size_t columns) {
  if (text.size() <= columns)
    return text;
  text.resize(columns);
  for (std::size_t i = 0; i < 2 && i < columns; ++i)
    text[columns - 1 - i] = '.';
  return text;
}

screen_line fitted(screen_line line, std::size_t columns) {
  std::size_t used = 0;
  screen_line made;
  for (auto& part : line) {
    auto room = columns - used;
    if (part.text.empty() || room == 0)
      continue;
    part.text = cut(std::move(part.text), room);
    used += part.text.size();
    made.push_back(std::move(part));
  }
  return made;
}

screen_line labelled(std::string_view label, std::string text, tone look = tone::plain) {
  return {{padded(label, label_columns), tone::quiet}, {std::move(text), look}};
}

screen_line title_line(std::size_t columns) {
  constexpr std::string_view name = "ServerMe";
  auto gap
    = columns > name.size() + quit_hint.size() ? columns - name.size() - quit_hint.size() : 1;
  return {{std::string{name}, tone::strong},
          {std::string(gap, ' '), tone::plain},
          {std::string{quit_hint}, tone::quiet}};
}

screen_line status_line(const session_view& view, time_point now) {
  switch (view.status) {
    case session_status::online:
      return labelled("Session",
                      "online, node " + shown(view.node)
                        + (view.companion.empty() ? "" : ", second node " + shown(view.companion)),
                      tone::good);
    case session_status::stopping: return labelled("Session", "stopping", tone::warning);
    case session_status::connecting:
      return labelled("Session", "connecting to " + shown(view.server), tone::warning);
    case session_status::waiting: break;
  }
  // Rounded up: it never says "in 0 s" and then waits.
  auto left = std::chrono::ceil<seconds>(std::max(view.retry_at - now, time_point::duration{}));
  auto text
    = left.count() == 0 ? "reconnecting" : "reconnecting in " + std::to_string(left.count()) + " s";
  return labelled("Session", text, tone::warning);
}

void add_session(std::vector<screen_line>& lines, const session_view& view, time_point now) {
  lines.push_back(status_line(view, now));
  if (view.status != session_status::online && view.trouble)
    lines.push_back(labelled("", shown(to_string(*view.trouble)), tone::bad));
  else if (view.round_trip)
    lines.push_back(labelled("Latency", format_duration(*view.round_trip)));
}

void add_tunnel(std::vector<screen_line>& lines, const tunnel_row& row) {
  auto label = row.title.empty() ? std::string{"URL"} : shown(row.title);
  if (label.size() >= label_columns)
    label = cut(std::move(label), label_columns - 1);
  auto local = " -> " + shown(row.local);
  if (row.refused) {
    lines.push_back(labelled(label, shown(to_string(*row.refused)), tone::bad));
    lines.push_back(labelled("", std::string{describe(row.refused->code).advice}, tone::quiet));
    return;
  }
  if (row.urls.empty())
    lines.push_back({{padded(label, label_columns), tone::quiet},
                     {"waiting for its URL", tone::quiet},
                     {local, tone::plain}});
  for (const auto& url : row.urls) {
    lines.push_back({{padded(label, label_columns), tone::quiet},
                     {shown(url), tone::strong},
                     {local, tone::plain}});
    label.clear();
  }
}

screen_line counter_line(const session_view& view) {
  const auto& counters = view.counters;
  auto connections = std::to_string(counters.connections);
  if (view.open_connections > 0)
    connections += " (" + std::to_string(view.open_connections) + " open)";
  return {{padded("Requests", label_columns), tone::quiet},
          {std::to_string(counters.requests), tone::plain},
          {"    Connections ", tone::quiet},
          {connections, tone::plain},
          {"    In ", tone::quiet},
          {format_bytes(counters.bytes_in), tone::plain},
          {"    Out ", tone::quiet},
          {format_bytes(counters.bytes_out), tone::plain}};
}

tone tone_of(int status) noexcept {
  if (status >= 500 || status == 0)
    return tone::bad;
  if (status >= 400)
    return tone::warning;
  return status >= 300 ? tone::quiet : tone::good;
}

struct request_columns {
  std::size_t title = 0;
  std::size_t method = 4;
  std::size_t path = 0;
};

constexpr std::size_t method_columns_max = 10;
constexpr std::size_t time_and_rest_columns
  = 8 + 2 + 2 + 2 + 3 + 10; // "12:30:01", gaps, "200", " 350 ms"

std::string title_of(const session_view& view, const request_line& what) {
  return what.tunnel < view.tunnels.size() ? shown(view.tunnels[what.tunnel].title) : "";
}

// As narrow as the requests in sight allow, so that what belongs together stands together.
request_columns measure(const session_view& view, std::size_t first, std::size_t columns) {
  request_columns wanted;
  for (auto i = first; i < view.requests.size(); ++i) {
    const auto& what = view.requests[i].what;
    wanted.method
      = std::max(wanted.method, std::min(shown(what.method).size(), method_columns_max));
    wanted.path = std::max(wanted.path, shown(what.path).size());
    if (view.tunnels.size() > 1)
      wanted.title = std::max(wanted.title, std::min<std::size_t>(title_of(view, what).size(), 12));
  }
  auto taken = time_and_rest_columns + wanted.method + (wanted.title > 0 ? wanted.title + 2 : 0);
  wanted.path = std::min(wanted.path, columns > taken ? columns - taken : 0);
  return wanted;
}

screen_line request_text(const session_view& view, const request_row& row,
                         const request_columns& width) {
  const auto& what = row.what;
  screen_line line{{row.when + "  ", tone::quiet}};
  if (width.title > 0)
    line.push_back(
      {padded(cut(title_of(view, what), width.title), width.title) + "  ", tone::quiet});
  line.push_back({padded(cut(shown(what.method), width.method), width.method) + "  ", tone::plain});
  line.push_back({padded(cut(shown(what.path), width.path), width.path) + "  ", tone::plain});
  line.push_back({what.status == 0 ? "---" : std::to_string(what.status), tone_of(what.status)});
  line.push_back({right_aligned(format_duration(what.total), 10), tone::plain});
  if (what.error)
    line.push_back({"  " + shown(to_string(*what.error)), tone::bad});
  return line;
}

void add_requests(std::vector<screen_line>& lines, const session_view& view, screen_size size) {
  if (lines.size() + 1 >= size.rows || view.requests.empty())
    return;
  lines.emplace_back();
  auto room = size.rows - lines.size();
  auto first = view.requests.size() - std::min(room, view.requests.size());
  auto width = measure(view, first, size.columns);
  for (auto i = first; i < view.requests.size(); ++i)
    lines.push_back(request_text(view, view.requests[i], width));
}

void add_tunnels(std::vector<screen_line>& lines, const session_view& view, std::size_t rows) {
  auto reserved = request_rows_min + 2; // the counters and an empty line
  auto end = std::max(lines.size() + 1, rows > reserved ? rows - reserved : 0);
  for (std::size_t i = 0; i < view.tunnels.size(); ++i) {
    std::vector<screen_line> next;
    add_tunnel(next, view.tunnels[i]);
    auto is_last = i + 1 == view.tunnels.size();
    if (i > 0 && lines.size() + next.size() + (is_last ? 0 : 1) > end) {
      auto hidden = view.tunnels.size() - i;
      lines.push_back(
        labelled("", "and " + std::to_string(hidden) + " more: `serverme status`", tone::quiet));
      return;
    }
    std::ranges::move(next, std::back_inserter(lines));
  }
}

std::string_view escape_of(tone look) noexcept {
  switch (look) {
    case tone::plain: return "";
    case tone::strong: return "\x1b[1m";
    case tone::quiet: return "\x1b[2m";
    case tone::good: return "\x1b[32m";
    case tone::warning: return "\x1b[33m";
    case tone::bad: return "\x1b[31m";
  }
  return "";
}

} // namespace

std::vector<screen_line> lay_out(const session_view& view, screen_size size, time_point now) {
  std::vector<screen_line> lines{title_line(size.columns), {}};
  add_session(lines, view, now);
  add_tunnels(lines, view, size.rows);
  lines.emplace_back();
  lines.push_back(counter_line(view));
  add_requests(lines, view, size);
  lines.resize(std::min(lines.size(), size.rows));
  for (auto& line : lines)
    line = fitted(std::move(line), size.columns);
  return lines;
}

std::string paint(const screen_line& line, palette colours) {
  std::string text;
  for (const auto& part : line) {
    auto escape = colours == palette::colours ? escape_of(part.look) : std::string_view{};
    text += escape;
    text += part.text;
    if (!escape.empty())
      text += "\x1b[0m";
  }
  return text;
}

} // namespace serverme::cli
