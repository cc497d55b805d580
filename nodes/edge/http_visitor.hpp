// A visitor who speaks HTTP/1.1: requests in, each on a stream of its own, answers out.
//
// Nothing is buffered but a head, and what a window or a socket does not take at once. The request
// side is in http_visitor.cpp, the answer side in http_visitor_answer.cpp.
#pragma once

#include "nodes/edge/exchange_record.hpp"
#include "nodes/edge/peers/repeatable_request.hpp"
#include "nodes/edge/stranger.hpp"
#include "nodes/edge/tunnel_stream.hpp"
#include "protocol/http1/body.hpp"
#include "protocol/http1/head.hpp"

#include <optional>
#include <string>

namespace serverme::edge {

class http_visitor final : public tunnel_stream {
public:
  http_visitor(edge_loop& home, std::unique_ptr<net::channel> visitor);
  ~http_visitor() override;

  /// `early`: bytes that another loop had received from this visitor.
  void start(bytes_view early = {});

  void on_tick(time_point now) override;
  void on_endpoint_gone(endpoint_id endpoint) override;
  void on_drain() override;
  void on_shutdown() override;

private:
  enum class phase : unsigned char { head, waiting, exchange, upgraded, over };

  // The visitor.
  void on_bytes(bytes_view bytes) override;
  void on_end() override;
  void on_closed(const failure& why) override;
  void look_again() override;
  std::function<void(edge_loop&, std::unique_ptr<net::channel>)> mover() override;
  void on_sent() override;
  void regulate() override;
  void on_both_ended() override { finish_exchange(); }

  /// The visitor is gone, or nobody may wait for him any more.
  void part(const failure& why);
  void check_head(time_point now);
  void check_progress(time_point now);

  // Request side.
  void take_requests();
  /// @returns false when the head is not complete, or the visitor is done with
  bool take_one_request();
  void begin_exchange(const http1::request_head& head, bytes_view rest);
  void begin_forwarding(endpoint_id endpoint, std::size_t in_body);
  /// `whole`: the request, if that is all of it.
  void keep_for_repeat(const route& where, bytes_view whole);
  void record_request(const http1::request_head& head, const route& where);
  /// Follows the body; @returns how many bytes of `bytes` belong to it.
  std::size_t forward_body(bytes_view bytes, byte_queue* into);
  /// Answers with a page; the connection stays when the next request can be told from this one.
  void refuse(const failure& why);
  /// Takes a request that nobody will get off the inbox. @returns false when it is not all there
  bool drop_request();
  void begin_next();

  // Answer side.
  void on_data(bytes_view bytes) override;
  void on_finish() override;
  void on_reset(errc why) override;
  /// Takes heads off `bytes` until the final one has been put into `out`; interim ones are sent.
  /// @returns how many bytes they took; nothing when the exchange ended with them
  std::optional<std::size_t> take_answer_heads(bytes_view bytes, byte_queue& out);
  void take_final_head(const http1::response_head& head, bytes_view raw, byte_queue& out);
  /// `head`: what to send in front of it, in the same write.
  void pass_answer_body(bytes_view bytes, byte_queue& head);
  void pass_raw(bytes_view bytes);
  void finish_exchange();
  void cut_short(const failure& why);
  bool may_repeat(errc why);
  /// Asks again where else the session is, or waits for that. @returns false when it leads nowhere
  bool repeat();
  void end_record();
  void publish_record();

  bool is_secure() const noexcept;

  phase phase_ = phase::head;
  byte_queue inbox_;           // from the visitor, not yet understood
  std::size_t scanned_ = 0;    // of the head in inbox_
  std::size_t head_bytes_ = 0; // of a request in inbox_ that was understood and not passed on yet
  byte_queue answer_;          // an answer's head that is not complete yet
  std::size_t answer_scanned_ = 0;
  http1::body_reader request_body_;
  http1::body_reader answer_body_;
  exchange_record record_;
  repeatable_request repeatable_;
  std::string method_;
  std::optional<stranger> place_; // until the first request
  endpoint_id endpoint_;
  time_point asked_at_; // first byte of the request
  time_point since_;    // of what on_tick() watches: the head, silence, a stall
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0;
  http1::version version_ = http1::version::http_1_1;
  bool keep_alive_ = true;
  bool wants_json_ = false;
  bool asked_upgrade_ = false;
  bool answered_ = false;      // the final head has been sent
  bool plain_content_ = false; // the visitor cannot read chunks: content only
  bool until_close_ = false;
  bool served_ = false; // had a request before
  bool taking_ = false; // take_requests() is under way
};

} // namespace serverme::edge
