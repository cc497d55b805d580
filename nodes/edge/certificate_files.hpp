// Certificates from files: found by server name, loaded again when a file changes.
#pragma once

#include "nodes/edge/certificate_source.hpp"
#include "protocol/time.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace serverme::edge {

/// PEM: the chain, leaf first, and its key. Which names it is for stands in the leaf.
struct certificate_paths {
  std::filesystem::path chain;
  std::filesystem::path key;
};

class certificate_files final : public certificate_source {
public:
  /// Told what was loaded again, and why something was not: the certificate from before goes on.
  using on_reload = std::function<void(const certificate_paths&, result<done>)>;

  /// Looks at the files every `period`.
  /// @errors certificate_unreadable, data_dir_unusable: the first file that cannot be used
  static result<std::unique_ptr<certificate_files>> open(std::vector<certificate_paths> paths,
                                                         milliseconds period, on_reload told);
  ~certificate_files() override;

  /// The exact name first, then a wildcard one label up (RFC 6125, section 6.4.3). Who names no
  /// server gets the first certificate.
  net::ssl_context find(std::string_view server_name) override;

private:
  struct entry;
  certificate_files(std::vector<entry> entries, milliseconds period, on_reload told);
  void watch(const std::stop_token& stop);
  void look(entry& one);

  const milliseconds period_;
  const on_reload told_;
  std::mutex mutex_; // of entries_' contents; once a handshake
  std::vector<entry> entries_;
  std::jthread watcher_;
};

} // namespace serverme::edge
