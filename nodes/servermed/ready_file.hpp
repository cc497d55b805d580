// ready.json: tells scripts where a node listens, once everything does.
#pragma once

#include "net/channel.hpp"
#include "protocol/node.hpp"
#include "protocol/result.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace serverme::servermed {

struct ready_addresses {
  node_roles roles;
  std::string domain;
  /// Of an edge.
  std::optional<net::address> http, tls;
  /// Of a control node.
  std::optional<net::address> api;
  /// Where the node says how it is.
  std::optional<net::address> health;
  /// Where nodes join; nothing: nowhere here.
  std::optional<net::address> join;
  /// Where other nodes connect; nothing: the server stands alone.
  std::optional<net::address> cluster;
};

/// There while this is; gone when the node stops.
class ready_file {
public:
  /// Written in one step: whoever sees it can read it whole.
  /// @errors data_dir_unusable
  static result<ready_file> write(std::filesystem::path path, const ready_addresses& where);
  ~ready_file();
  ready_file(ready_file&& other) noexcept;
  ready_file& operator=(ready_file&&) = delete;

private:
  explicit ready_file(std::filesystem::path path) noexcept;
  std::filesystem::path path_;
};

} // namespace serverme::servermed
