#include "nodes/servermed/log.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <utility>

namespace serverme::servermed {

namespace {

/// The message as a JSON string: %v would let it break the line it stands in.
class quoted_message final : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& line, const std::tm&,
              spdlog::memory_buf_t& out) override {
    nlohmann::json text = std::string{line.payload.data(), line.payload.size()};
    auto quoted = text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    out.append(quoted.data(), quoted.data() + quoted.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<quoted_message>();
  }
};

std::unique_ptr<spdlog::formatter> json_lines(const std::string& node) {
  auto lines = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  lines->add_flag<quoted_message>('*');
  auto field = node.empty() ? "" : R"("node":")" + node + R"(",)";
  lines->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",)" + field
                     + R"("message":%*})");
  return lines;
}

// Set before the first thread, and never again.
log_format chosen = log_format::plain;

} // namespace

void name_node_in_log(const std::string& node) {
  if (chosen == log_format::json)
    for (const auto& sink : spdlog::default_logger()->sinks())
      sink->set_formatter(json_lines(node));
}

void set_up_log(const log_options& options) {
  chosen = options.format;
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  if (options.format == log_format::json)
    sink->set_formatter(json_lines({}));
  else
    sink->set_pattern("%H:%M:%S.%e %^%l%$ %v");
  auto logger = std::make_shared<spdlog::logger>("servermed", std::move(sink));
  logger->set_level(spdlog::level::from_str(options.level));
  spdlog::set_default_logger(std::move(logger));
}

} // namespace serverme::servermed
