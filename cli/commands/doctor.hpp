// What `serverme doctor` found: each step, how it went, and what to do about it.
#pragma once

#include "cli/commands/command_line.hpp"
#include "protocol/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace serverme::cli {

enum class verdict : std::uint8_t { pass, fail, skip };

/// "PASS", "FAIL", "SKIP".
std::string_view to_string(verdict outcome) noexcept;

struct check {
  std::string name;
  verdict outcome = verdict::skip;
  /// What was seen, or why it was skipped.
  std::string detail;
  /// What to do; for a failure.
  std::string advice;

  friend bool operator==(const check&, const check&) = default;
};

bool has_failure(const std::vector<check>& checks) noexcept;

/// One line each, and the advice below; or one JSON object {"ok", "checks": [...]}.
std::string report(const std::vector<check>& checks, report_form form);

/// Tries every step with these settings; a step that needs a failed one is skipped. Blocks for
/// some seconds at most.
std::vector<check> examine(const result<settings>& found, const std::optional<std::string>& local);

} // namespace serverme::cli
