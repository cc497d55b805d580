// The agent's life for programs: one JSON object a line, each with "event" and "time".
#pragma once

#include "cli/output/line_output.hpp"

namespace serverme::cli {

class json_output final : public line_output {
public:
  using line_output::line_output;

  void on_connecting() override;
  void on_connected(const std::string& node, bool resumed) override;
  void on_tunnel_ready(std::size_t tunnel, const std::vector<std::string>& urls) override;
  void on_tunnel_refused(std::size_t tunnel, const failure& why) override;
  void on_disconnected(const failure& why) override;
  void on_reconnecting(milliseconds pause) override;
  void on_companion_changed(const std::string& node) override;
  void on_request(const request_line& what) override;

private:
  void show_end(const std::optional<failure>& why) override;
  std::string dropped_line(std::uint64_t count) const override;
};

} // namespace serverme::cli
