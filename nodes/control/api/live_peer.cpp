#include "nodes/control/api/live_peer.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <deque>
#include <utility>

namespace serverme::control {

namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;

// Nothing is asked of a reader but to read.
constexpr std::size_t incoming_max = 1024;

class live_peer final : public api_peer, public std::enable_shared_from_this<live_peer> {
public:
  live_peer(peer_stream stream, served_answer served, api_peers& peers)
    : socket_{std::move(stream)},
      source_{std::move(served.answer.live)},
      key_{served.owner.key},
      peers_{peers} {}

  void accept(const upgrade_request& request, const api_settings& settings) {
    beast::get_lowest_layer(socket_).expires_never(); // the WebSocket has time-outs of its own
    socket_.set_option(websocket::stream_base::timeout{.handshake_timeout = settings.answer_time,
                                                       .idle_timeout = settings.live_silence,
                                                       .keep_alive_pings = true});
    socket_.read_message_max(incoming_max);
    socket_.text(true);
    socket_.async_accept(request, [self = shared_from_this()](const error_code& error) {
      if (error)
        return self->leave();
      self->begin();
    });
  }

  void close() override { beast::get_lowest_layer(socket_).close(); }
  /// The operator's is in no database, and good while this server runs.
  std::optional<key_id> trusted_key() const override {
    return key_.value != 0 ? std::optional{key_} : std::nullopt;
  }
  void on_key_revoked() override { end({websocket::close_code::policy_error, "key revoked"}); }

private:
  void begin() {
    *source_.bell = [weak = weak_from_this()] {
      if (auto self = weak.lock())
        self->send_next();
    };
    read();
    send_next();
  }

  /// What comes is dropped; pings, pongs and the goodbye are answered underneath.
  void read() {
    socket_.async_read(incoming_,
                       [self = shared_from_this()](const error_code& error, std::size_t) {
                         if (error)
                           return self->leave();
                         self->incoming_.clear();
                         self->read();
                       });
  }

  void take() {
    auto batch = source_.take();
    for (auto& each : batch.texts)
      outgoing_.push_back(std::move(each));
    has_ended_ = has_ended_ || batch.ended;
  }

  /// Takes from the feed only what can be sent now: what waits stays bounded there.
  void send_next() {
    if (is_writing_ || is_ending_)
      return;
    if (outgoing_.empty())
      take();
    if (outgoing_.empty())
      return has_ended_ ? end({websocket::close_code::normal, source_.end_reason}) : void();
    is_writing_ = true;
    socket_.async_write(boost::asio::buffer(outgoing_.front()),
                        [self = shared_from_this()](const error_code& error, std::size_t) {
                          if (error)
                            return self->leave();
                          self->is_writing_ = false;
                          self->outgoing_.pop_front();
                          self->send_next();
                        });
  }

  void end(const websocket::close_reason& why) {
    if (std::exchange(is_ending_, true))
      return;
    socket_.async_close(why, [self = shared_from_this()](const error_code&) { self->leave(); });
  }

  void leave() { peers_.retire(*this); }

  websocket::stream<peer_stream> socket_;
  const live_source source_;
  const key_id key_;
  api_peers& peers_;
  beast::flat_buffer incoming_{incoming_max};
  std::deque<std::string> outgoing_;
  bool is_writing_ = false;
  bool is_ending_ = false;
  bool has_ended_ = false;
};

} // namespace

void open_live_peer(peer_stream stream, upgrade_request request, served_answer served,
                    api_peers& peers, const api_settings& settings) {
  auto who = std::make_shared<live_peer>(std::move(stream), std::move(served), peers);
  peers.admit(who);
  who->accept(request, settings);
}

} // namespace serverme::control
