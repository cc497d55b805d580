// A PostgreSQL of our own under the data directory, for development: nothing to set up.
//
// Reached over a Unix socket by root and the user it runs as. Blocks: for main(), not for actors.
#pragma once

#include "protocol/result.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace serverme::control {

class private_postgres {
public:
  /// For a node. Makes the cluster when there is none; one that a killed servermed left running is
  /// ended first, so that its settings and its parent are ours. Call it on a thread that lives as
  /// long as the process: when that ends, however it ends, the server stops too.
  /// @errors database_unavailable, data_dir_unusable, already_running
  static result<private_postgres> start(const std::filesystem::path& data_dir);

  /// For a command: a node's, when one runs; else one for as long as this lives.
  /// @errors as start()
  static result<private_postgres> borrow(const std::filesystem::path& data_dir);

  private_postgres(private_postgres&&) noexcept;
  private_postgres& operator=(private_postgres&&) = delete;
  ~private_postgres();

  const std::string& connection_string() const noexcept;
  /// Whether the server is gone though nobody stopped it.
  bool has_ended();
  /// Starts it where it was: the connection string stays good. As with start(), it ends with the
  /// calling thread. @pre has_ended()
  /// @errors database_unavailable
  result<done> start_again();
  /// Ends the server, unless it is borrowed: fast first, then by force. Idempotent.
  void stop();

private:
  struct state;
  /// When another process has the cluster.
  enum class occupied { refuse, share };
  static result<private_postgres> open(const std::filesystem::path& data_dir, occupied then);
  explicit private_postgres(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

} // namespace serverme::control
