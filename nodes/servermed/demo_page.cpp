// The one page of the demo site.
#include "nodes/servermed/demo_site.hpp"

namespace serverme::servermed {

namespace {

constexpr std::string_view before{R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>ServerMe: it works</title>
<style>
:root { color-scheme: light dark; --line: #8884; --soft: #8888; --accent: #0a7d5a; }
body { font: 16px/1.6 system-ui, sans-serif; max-width: 44rem; margin: 10vh auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; } h1 b { color: var(--accent); }
table { border-collapse: collapse; width: 100%; font: 13px/1.5 ui-monospace, monospace; }
td { border-top: 1px solid var(--line); padding: .3rem .6rem .3rem 0; vertical-align: top;
     overflow-wrap: anywhere; } td:first-child { color: var(--soft); white-space: nowrap; }
#clock { font-variant-numeric: tabular-nums; }
footer { color: var(--soft); margin-top: 2rem; font-size: 14px; }
</style></head><body>
<h1><b>It works.</b> This page came through your tunnel.</h1>
<p>A small site on your machine answered, behind an agent that dialed out. Its clock comes over the
same tunnel, as a stream: <span id="clock">&hellip;</span></p>
<p>This is how your request arrived there:</p>
<table>)"};

constexpr std::string_view after{R"(</table>
<footer>Every request can be looked at and sent again: see <code>docs/api.md</code>.</footer>
<script>
new EventSource("/clock").onmessage = (e) => document.getElementById("clock").textContent = e.data;
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
