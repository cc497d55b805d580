// The live view: collects what happens and draws it, at most five times a second and only when it
// changed.
#pragma once

#include "cli/output/agent_output.hpp"
#include "cli/output/session_view.hpp"
#include "cli/output/terminal.hpp"

#include <memory>

namespace serverme::cli {

class terminal_output final : public agent_output {
public:
  terminal_output(net::event_loop& loop, terminal& screen, palette colours,
                  const agent_config& config, on_end ended);

  void start() override;
  void on_stopping() override;
  void on_resized() override;
  void suspend() override;
  void resume() override;

  void on_connecting() override;
  void on_connected(const std::string& node, bool resumed) override;
  void on_tunnel_ready(std::size_t tunnel, const std::vector<std::string>& urls) override;
  void on_tunnel_refused(std::size_t tunnel, const failure& why) override;
  void on_disconnected(const failure& why) override;
  void on_reconnecting(milliseconds pause) override;
  void on_round_trip(microseconds round_trip) override;
  void on_companion_changed(const std::string& node) override;
  void on_request(const request_line& what) override;
  void on_visitors_changed(std::size_t open_connections) override;

private:
  void show_end(const std::optional<failure>& why) override;
  void draw_soon();
  void draw();
  void on_second();

  net::event_loop& loop_;
  terminal& screen_;
  palette colours_;
  session_view view_;
  time_point started_;
  net::ticker seconds_;
  std::shared_ptr<terminal_output*> self_;
  bool draw_due_ = false;
};

} // namespace serverme::cli
