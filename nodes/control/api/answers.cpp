#include "nodes/control/api/answers.hpp"

#include <openssl/evp.h>
#include <spdlog/fmt/fmt.h>

#include <ctime>
#include <string_view>

namespace serverme::control {

namespace {

/// Bytes that a UTF-8 sequence has which starts so; 0: none starts so.
std::size_t sequence_length(unsigned char first) {
  if (first < 0x80)
    return 1;
  if (first >= 0xc2 && first < 0xe0)
    return 2;
  if (first >= 0xe0 && first < 0xf0)
    return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

bool is_printable(unsigned char byte) {
  return byte >= 0x20 ? byte != 0x7f : byte == '\t' || byte == '\n' || byte == '\r';
}

/// How much of it is text, up to a sequence that was cut at its end. nullopt: it is no text.
std::optional<std::string_view> as_utf8(std::string_view bytes, bool was_cut) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    auto first = static_cast<unsigned char>(bytes[at]);
    auto length = sequence_length(first);
    if (length == 0 || (length == 1 && !is_printable(first)))
      return std::nullopt;
    for (std::size_t i = 1; i < length && at + i < bytes.size(); ++i) {
      if (!is_continuation(bytes[at + i]))
        return std::nullopt;
    }
    if (at + length > bytes.size())
      return was_cut ? std::optional{bytes.substr(0, at)} : std::nullopt;
    at += length;
  }
  return bytes;
}

std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0'); // and a final zero
  auto size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                              reinterpret_cast<const unsigned char*>(bytes.data()),
                              static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

/// Some failures are other parts' words for what an API has its own word for.
failure in_our_words(const failure& why) {
  switch (why.code) {
    case errc::key_invalid: return fail(errc::api_unauthorized);
    case errc::database_unavailable: return fail(errc::api_unavailable, "the database is away");
    case errc::control_unavailable: return fail(errc::api_unavailable);
    default: return why;
  }
}

std::string_view take_line(std::string_view& rest) {
  auto line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  return line;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

} // namespace

// Heads may hold any byte; one that is no UTF-8 is replaced rather than refused.
std::string event_text(const json& event) {
  return event.dump(-1, ' ', false, json::error_handler_t::replace);
}

api_answer json_answer(const json& body, int status) {
  return {.status = status, .body = event_text(body)};
}

api_answer error_answer(const failure& why) {
  auto said = in_our_words(why);
  const auto& entry = describe(said.code);
  auto message = std::string{entry.title};
  if (!said.detail.empty())
    message += ": " + said.detail;
  return json_answer(
    {{"error",
      {{"code", public_code(said.code)}, {"name", std::string{entry.name}}, {"message", message}}}},
    entry.status != 0 ? entry.status : 500);
}

std::string time_text(wall_time when) {
  auto seconds_since = std::chrono::system_clock::to_time_t(when);
  auto part = std::chrono::duration_cast<milliseconds>(when.time_since_epoch()).count() % 1000;
  std::tm parts{};
  ::gmtime_r(&seconds_since, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     part);
}

double milliseconds_of(microseconds time) { return static_cast<double>(time.count()) / 1000; }

json body_json(const captured_message& message) {
  auto text = as_utf8(message.body, !message.is_whole());
  return {{"encoding", text ? "text" : "base64"},
          {"content", text ? std::string{*text} : base64(message.body)},
          {"bytes", message.body_bytes},
          {"truncated", !message.is_whole()}};
}

json fields_json(const captured_message& message) {
  auto fields = json::array();
  std::string_view rest{message.head};
  take_line(rest); // the start line
  while (!rest.empty()) {
    auto line = take_line(rest);
    auto colon = line.find(':');
    if (colon != std::string_view::npos)
      fields.push_back({{"name", std::string{line.substr(0, colon)}},
                        {"value", std::string{trimmed(line.substr(colon + 1))}}});
  }
  return fields;
}

} // namespace serverme::control
