// How the API writes things down: errors, ids, times, bodies.
#pragma once

#include "nodes/control/api/api_call.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <optional>
#include <string>

namespace serverme::control {

/// Keeps the order of the fields: people read it.
using json = nlohmann::ordered_json;

api_answer json_answer(const json& body, int status = 200);
/// {"error": {"code", "name", "message"}}. What went wrong inside is for the log, not for
/// strangers.
api_answer error_answer(const failure& why);

/// A message of a live stream.
std::string event_text(const json& event);

/// 64 bits are more than a JSON number holds.
template <class Id>
std::string id_text(Id id) {
  return std::to_string(id.value);
}
/// 0 and what is no number are no id.
template <class Id>
std::optional<Id> parse_id(const std::string& text) {
  std::uint64_t number = 0;
  auto end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || at != end || number == 0)
    return std::nullopt;
  return Id{number};
}

/// "2026-11-23T21:36:24.123Z".
std::string time_text(wall_time when);
double milliseconds_of(microseconds time);

/// {"encoding": "text" or "base64", "content", "bytes" in full, "truncated"}.
json body_json(const captured_message& message);
/// [{"name", "value"}], in order, repeats kept; without the start line.
json fields_json(const captured_message& message);

} // namespace serverme::control
