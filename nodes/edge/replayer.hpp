// Sends a captured request again, down the endpoint's own route: no socket, no DNS in between.
#pragma once

#include "nodes/edge/agent_session.hpp"
#include "nodes/edge/edge_loop.hpp"
#include "nodes/edge/exchange_record.hpp"
#include "protocol/http1/body.hpp"

#include <functional>
#include <memory>

namespace serverme::edge {

class replayer final : public resident, lane::stream_handler {
public:
  using on_answer = std::function<void(result<std::shared_ptr<const capture>>)>;

  replayer(edge_loop& home, on_answer reply);
  ~replayer() override;

  /// @pre `original` is whole (is_whole()), and `home` is the home of `where.session`
  void start(const route& where, const capture& original);

  void on_tick(time_point now) override;
  bool is_busy() const override { return core_ != nullptr; }
  void on_shutdown() override;

private:
  void on_data(bytes_view bytes) override;
  void on_finish() override;
  void on_writable() override;
  void on_reset(errc why) override;
  result<done> take(bytes_view bytes);
  void end(const failure* why);

  edge_loop& home_;
  on_answer reply_;
  lane::core* core_ = nullptr;
  lane::stream_id stream_ = 0;
  byte_queue request_; // what is left to send
  byte_queue head_;    // of the answer, until it is complete
  std::size_t scanned_ = 0;
  std::string method_;
  http1::body_reader body_;
  exchange_record record_;
  time_point began_;
  bool answered_ = false;
  bool switched_ = false;
};

} // namespace serverme::edge
