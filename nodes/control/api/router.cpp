#include "nodes/control/api/router.hpp"

#include "config/suggestion.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace serverme::control {

namespace {

// A name that is none is repeated to whoever sent it, up to here.
constexpr std::size_t repeated_max = 64;

std::string_view take_until(std::string_view& rest, char mark) {
  auto part = rest.substr(0, rest.find(mark));
  rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  return part;
}

/// The segments that stand for {}; nullopt: it does not match.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
  if (std::count(pattern.begin(), pattern.end(), '/') != std::count(path.begin(), path.end(), '/'))
    return std::nullopt; // also a slash too many at the end
  std::vector<std::string> ids;
  while (!pattern.empty() && !path.empty()) {
    auto wanted = take_until(pattern, '/');
    auto given = take_until(path, '/');
    if (wanted == "{}" && !given.empty())
      ids.emplace_back(given);
    else if (wanted != given)
      return std::nullopt;
  }
  if (!pattern.empty() || !path.empty())
    return std::nullopt;
  return ids;
}

std::optional<std::string> unescape(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at] == '+' ? ' ' : text[at];
      continue;
    }
    unsigned char byte = 0;
    auto digits = text.substr(at + 1, 2);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || error != std::errc{} || end != digits.data() + 2)
      return std::nullopt;
    out += static_cast<char>(byte);
    at += 2;
  }
  return out;
}

} // namespace

routed find_resource(std::span<const resource> table, std::string_view method,
                     std::string_view path) {
  routed outcome;
  auto wanted = method == "HEAD" ? "GET" : method;
  for (const auto& each : table) {
    auto ids = match(each.pattern, path);
    if (!ids)
      continue;
    if (each.method == wanted)
      return {.found = &each, .ids = *std::move(ids)};
    outcome.allow += (outcome.allow.empty() ? "" : ", ") + std::string{each.method};
  }
  return outcome;
}

result<std::map<std::string, std::string>> parse_query(std::string_view text) {
  std::map<std::string, std::string> query;
  while (!text.empty()) {
    auto pair = take_until(text, '&');
    if (pair.empty())
      continue;
    auto name = unescape(take_until(pair, '='));
    auto value = unescape(pair);
    if (!name || !value)
      return fail(errc::api_bad_request, "the query has an escape that is none");
    if (!query.emplace(*name, *value).second)
      return fail(errc::api_bad_request,
                  "parameter " + name->substr(0, repeated_max) + " comes twice");
  }
  return query;
}

result<done> check_parameters(const resource& what,
                              const std::map<std::string, std::string>& query) {
  for (const auto& [name, value] : query) {
    if (std::ranges::find(what.parameters, name) == what.parameters.end())
      return fail(errc::api_bad_request, "parameter " + name.substr(0, repeated_max)
                                           + " is unknown here"
                                           + config::did_you_mean(name, what.parameters));
  }
  return done{};
}

} // namespace serverme::control
