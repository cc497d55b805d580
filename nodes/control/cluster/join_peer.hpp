// One connection to the join listener: TLS, one request, one answer.
#pragma once

#include "net/channel.hpp"
#include "net/cluster/node_certificate.hpp"
#include "nodes/control/cluster/join_desk.hpp"

#include <memory>
#include <optional>
#include <string>

namespace serverme::control {

class join_peer;

/// What a connection needs of its listener. Called on the loop; a peer that has left may be
/// destroyed once that turn is over.
class join_host {
public:
  enum class parting : std::uint8_t { answered, broken };

  virtual void on_request(join_peer& who, join_call call) = 0;
  virtual void on_left(join_peer& who, parting how) = 0;

protected:
  ~join_host() = default;
};

class join_peer final : net::channel_user {
public:
  join_peer(join_host& host, net::event_loop& loop, net::stream_socket socket, std::string source);

  void start(const net::ssl_context& context);
  void answer(const api_answer& told);
  /// Without a word.
  void close() noexcept { channel_.close(); }

  const std::string& source() const noexcept { return source_; }
  time_point since() const noexcept { return since_; }
  bool has_asked() const noexcept { return has_asked_; }

private:
  void on_secured() override;
  void on_bytes(bytes_view bytes) override;
  void on_end() override { leave(join_host::parting::broken); }
  void on_sent() override {}
  void on_closed(const failure&) override { leave(join_host::parting::broken); }
  void take_request();
  void leave(join_host::parting how);

  join_host& host_;
  net::channel channel_;
  const std::string source_;
  const time_point since_;
  std::optional<net::node_certificate> who_;
  std::string received_;
  std::size_t scanned_ = 0;
  bool has_asked_ = false;
  bool has_left_ = false;
};

} // namespace serverme::control
