// The one page of the demo site.
#include "nodes/servermed/demo_site.hpp"

namespace serverme::servermed {

namespace {

constexpr std::string_view before{R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ServerMe: it works</title>
<style>
:root { color-scheme: light dark; --text: #1c2430; --quiet: #5b6675; --page: #f6f7f9;
  --line: #dfe3e9; --accent: #0a7d5a; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e9ee; --quiet: #97a3b3; --page: #14181f; --line: #2a323e; --accent: #4cc38a; }
}
body { margin: 0; padding: 10vh 1.5rem 2rem; background: var(--page); color: var(--text);
  font: 1rem/1.6 system-ui, sans-serif; }
main { max-width: 44rem; margin: auto; }
h1 { margin: 0 0 .5rem; font-size: 1.6rem; line-height: 1.3; }
b { color: var(--accent); }
table { width: 100%; border-collapse: collapse; font: .8rem/1.5 ui-monospace, monospace; }
td { padding: .3rem .75rem .3rem 0; border-top: 1px solid var(--line); vertical-align: top;
  overflow-wrap: anywhere; }
td:first-child { min-width: 6rem; color: var(--quiet); }
#clock { font-variant-numeric: tabular-nums; white-space: nowrap; }
footer { margin-top: 2rem; color: var(--quiet); font-size: .875rem; }
</style></head><body><main>
<h1><b>It works.</b> This page came through your tunnel.</h1>
<p>A small site on your machine answered, behind an agent that dialed out. Its clock comes over the
same tunnel, as a stream: <span id="clock">&hellip;</span></p>
<p>This is how your request arrived there:</p>
<table>)"};

constexpr std::string_view after{R"(</table>
<footer>Every request can be looked at and sent again: see <code>docs/api.md</code>.</footer>
</main>
<script>
new EventSource("/clock").onmessage = (e) => document.getElementById("clock").textContent =
  e.data.replace("T", " ").replace("Z", " UTC");
</script>
</body></html>
)"};

void append_escaped(std::string& out, std::string_view text) {
  for (char c : text)
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
}

void append_row(std::string& out, std::string_view name, std::string_view value) {
  out += "<tr><td>";
  append_escaped(out, name);
  out += "</td><td>";
  append_escaped(out, value);
  out += "</td></tr>\n";
}

} // namespace

std::string demo_page(const http1::request_head& head) {
  std::string page{before};
  append_row(page, head.method, head.target);
  for (const auto& field : head.fields)
    append_row(page, field.name, field.value);
  return page += after;
}

} // namespace serverme::servermed
