// Recorded requests of a tunnel: list, get, clear, replay.
#include "nodes/control/api/capture_json.hpp"
#include "nodes/control/api/resources.hpp"

#include <algorithm>

namespace serverme::control {

namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || at != text.data() + text.size())
    return std::nullopt;
  return number;
}

/// "404", "4xx" or "400-499".
bool parse_status(std::string_view text, capture_filter& filter) {
  if (text.size() == 3 && text.ends_with("xx") && text[0] >= '1' && text[0] <= '5') {
    filter.status_min = (text[0] - '0') * 100;
    filter.status_max = filter.status_min + 99;
    return true;
  }
  auto dash = text.find('-');
  auto first = parse_number<std::int32_t>(text.substr(0, dash));
  auto last
    = dash == std::string_view::npos ? first : parse_number<std::int32_t>(text.substr(dash + 1));
  auto is_range = first && last && *first >= 100 && *last <= 599 && *first <= *last;
  if (is_range) {
    filter.status_min = *first;
    filter.status_max = *last;
  }
  return is_range;
}

/// @returns whether the value is understood
bool apply(list_captures& question, const std::string& name, const std::string& value) {
  if (name == "status")
    return parse_status(value, question.filter);
  if (name == "method")
    question.filter.method = value;
  else if (name == "path")
    question.filter.path = value;
  else if (name == "before") {
    auto before = parse_id<capture_id>(value);
    question.before = before.value_or(capture_id{});
    return before.has_value();
  } else if (name == "limit") {
    auto limit = parse_number<std::uint32_t>(value);
    question.limit = limit.value_or(0);
    return limit && *limit >= 1 && *limit <= capture_page_max;
  }
  return true;
}

/// The tunnel and the request that the path names.
struct capture_place {
  endpoint_id endpoint;
  capture_id capture;
};

std::optional<capture_place> place_of(const api_request& request) {
  auto endpoint = parse_id<endpoint_id>(request.ids[0]);
  auto capture = parse_id<capture_id>(request.ids[1]);
  if (!endpoint || !capture)
    return std::nullopt;
  return capture_place{*endpoint, *capture};
}

void tell_capture(const answer_with& reply, const result<actors::capture_found>& found) {
  reply(found ? json_answer(capture_json(*found->exchange)) : error_answer(found.error()));
}

} // namespace

void list_requests(api_context& context, const api_request& request, answer_with reply) {
  auto endpoint = parse_id<endpoint_id>(request.ids[0]);
  if (!endpoint)
    return reply(error_answer(fail(errc::api_not_found)));
  list_captures question{.who = request.who(), .endpoint = *endpoint};
  for (const auto& [name, value] : request.query) {
    if (!apply(question, name, value))
      return reply(error_answer(fail(errc::api_bad_request, "the value of parameter " + name)));
  }
  context.ask<capture_page>(
    context.whom.desk, context.settings.ask_time, std::move(question),
    [reply = std::move(reply)](const result<capture_page>& page) {
      if (!page)
        return reply(error_answer(page.error()));
      auto lines = json::array();
      for (const auto& each : page->captures)
        lines.push_back(summary_json(each));
      json body{{"requests", std::move(lines)}, {"next", nullptr}, {"dropped", page->dropped}};
      if (page->next.value != 0)
        body["next"] = id_text(page->next);
      reply(json_answer(body));
    });
}

void get_request(api_context& context, const api_request& request, answer_with reply) {
  auto place = place_of(request);
  if (!place)
    return reply(error_answer(fail(errc::api_not_found)));
  context.ask<actors::capture_found>(
    context.whom.desk, context.settings.ask_time,
    get_capture{request.who(), place->endpoint, place->capture},
    [reply = std::move(reply)](const result<actors::capture_found>& found) {
      tell_capture(reply, found);
    });
}

void clear_requests(api_context& context, const api_request& request, answer_with reply) {
  auto endpoint = parse_id<endpoint_id>(request.ids[0]);
  if (!endpoint)
    return reply(error_answer(fail(errc::api_not_found)));
  context.ask<captures_cleared>(
    context.whom.desk, context.settings.ask_time, clear_captures{request.who(), *endpoint},
    [reply = std::move(reply)](const result<captures_cleared>& cleared) {
      reply(cleared ? json_answer({{"cleared", cleared->count}}) : error_answer(cleared.error()));
    });
}

void replay_request(api_context& context, const api_request& request, answer_with reply) {
  auto place = place_of(request);
  if (!place)
    return reply(error_answer(fail(errc::api_not_found)));
  auto who = request.owner.account;
  if (!context.replays.take(who))
    return reply(error_answer(fail(errc::too_many_calls)));
  context.ask<actors::capture_found>(
    context.whom.desk, context.settings.replay_time,
    replay_capture{request.who(), place->endpoint, place->capture},
    [&context, who, reply = std::move(reply)](const result<actors::capture_found>& found) {
      auto seat = context.replays.hold(who); // until it is answered
      tell_capture(reply, found);
    });
}

} // namespace serverme::control
