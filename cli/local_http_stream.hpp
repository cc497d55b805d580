// One request of a visitor and its answer: passed on as they are, followed only as far as is needed
// to know where the answer ends and whether the local connection is good for another request.
#pragma once

#include "cli/local_stream.hpp"
#include "protocol/http1/body.hpp"

#include <optional>
#include <string>

namespace serverme::cli {

class local_http_stream final : public local_stream {
public:
  local_http_stream(stream_home& home, lane::core& core, lane::stream_id id, local_service& service,
                    std::size_t tunnel);
  ~local_http_stream() override;

  /// `first`: where the request begins, as the edge rewrote it; nothing of it when much else was on
  /// the way.
  void start(bytes_view first);

private:
  enum class phase : unsigned char {
    exchange,
    upgraded, // 101: bytes both ways
    answered, // everything is on its way to the visitor
    over,
  };

  void connect();
  void on_connected() override;
  void on_unreachable(const failure& why) override;
  void hang_up() noexcept override { drop_connection(); }

  // The request.
  void on_data(bytes_view bytes) override;
  void on_finish() override;
  void read_request_line();
  bool may_be_repeated() const noexcept;
  void forget_request();

  // The answer.
  void on_bytes(bytes_view bytes) override;
  void on_end() override;
  void on_closed(const failure& why) override;
  void take_answer(bytes_view bytes);
  std::size_t take_heads(bytes_view bytes);
  void take_body(bytes_view bytes);
  void answer_complete();
  void give_connection_back();
  void fail_exchange(const failure& why);
  void retry_or_fail(const failure& why);
  void report(std::optional<failure> error);

  std::size_t tunnel_;
  time_point began_;
  std::string method_, path_;
  /// Everything that was sent, while it may have to be sent again.
  byte_queue request_;
  byte_queue head_; // of the answer, not complete yet
  std::size_t scanned_ = 0;
  http1::body_reader body_;
  int status_ = 0; // 0: the final head has not come
  phase phase_ = phase::exchange;
  bool request_is_whole_ = true;
  bool is_reused_ = false; // the connection has served another request before
  bool keep_ = false;      // the connection may serve another one
  bool reported_ = false;
};

} // namespace serverme::cli
