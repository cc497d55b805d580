#include "tests/unit/support/test_certificate.hpp"

#include "net/certificate_issuer.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace serverme::tests {

net::certificate_pem make_certificate(const std::string& name) {
  using std::chrono::hours;
  auto issuer = net::certificate_issuer::make_root("CA of a test", hours{1});
  auto made = issuer
                .issue({.common_name = name,
                        .dns_names = {name},
                        .addresses = {"127.0.0.1"},
                        .lifetime = hours{1}})
                .value();
  made.chain += issuer.root().chain;
  return made;
}

ca_file::ca_file(const net::certificate_pem& certificate) {
  std::string path{"/tmp/serverme-test-ca-XXXXXX"};
  auto descriptor = ::mkstemp(path.data());
  ::close(descriptor);
  path_ = path;
  std::ofstream{path_} << certificate.chain;
}

ca_file::~ca_file() { std::remove(path_.c_str()); }

} // namespace serverme::tests
