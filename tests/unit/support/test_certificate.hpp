// A fresh certificate for one name, with the CA that signed it, made in a millisecond.
#pragma once

#include "net/tls.hpp"

#include <string>

namespace serverme::tests {

/// Valid for DNS `name` and IP 127.0.0.1. `chain` has the CA as well.
net::certificate_pem make_certificate(const std::string& name);

/// The chain in a file of its own that is removed with this.
class ca_file {
public:
  explicit ca_file(const net::certificate_pem& certificate);
  ~ca_file();
  ca_file(const ca_file&) = delete;
  ca_file& operator=(const ca_file&) = delete;
  const std::string& path() const noexcept { return path_; }

private:
  std::string path_;
};

} // namespace serverme::tests
