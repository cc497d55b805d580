// Certificates for whatever name a visitor asks for, signed by a CA of this data directory
// (docs/adr/0006).
#pragma once

#include "net/certificate_issuer.hpp"
#include "nodes/edge/certificate_source.hpp"
#include "protocol/time.hpp"

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace serverme::edge {

class development_ca final : public certificate_source {
public:
  /// Uses the CA in `directory` (ca.pem, ca.key), or makes one there. Serves `domain`, names below
  /// it, localhost and loopback addresses.
  /// @errors data_dir_unusable, certificate_unreadable
  static result<std::unique_ptr<development_ca>> open(const std::filesystem::path& directory,
                                                      std::string domain);

  /// What agents are given to trust.
  const std::filesystem::path& ca_file() const noexcept { return ca_file_; }

  net::ssl_context find(std::string_view server_name) override;

private:
  development_ca(net::certificate_issuer issuer, std::filesystem::path ca_file, std::string domain);
  net::ssl_context make(const std::string& name) const;

  struct made_context {
    net::ssl_context context;
    time_point since;
  };

  net::certificate_issuer issuer_;
  std::filesystem::path ca_file_;
  std::string domain_;
  // Once a handshake, which costs a thousand times more: the byte path does not come here.
  std::mutex mutex_;
  std::unordered_map<std::string, made_context> made_;
};

} // namespace serverme::edge
