// A certificate authority: makes its own root and signs certificates with it.
#pragma once

#include "net/tls.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace serverme::net {

/// What a certificate is for.
struct certificate_subject {
  /// Shown to people; at most 64 characters are used (RFC 5280, ub-common-name).
  std::string common_name;
  std::vector<std::string> dns_names;
  /// Numeric, IPv4 or IPv6.
  std::vector<std::string> addresses;
  std::chrono::hours lifetime{24 * 365};
};

class certificate_issuer {
public:
  /// A fresh ECDSA P-256 root. Valid from an hour ago on: clocks differ.
  static certificate_issuer make_root(const std::string& common_name, std::chrono::hours lifetime);
  /// @errors certificate_unreadable: also when the key is another certificate's
  static result<certificate_issuer> load(const certificate_pem& root);

  ~certificate_issuer();
  certificate_issuer(certificate_issuer&&) noexcept;
  certificate_issuer& operator=(certificate_issuer&&) noexcept;

  /// The root's certificate and key, for a file that only its owner can read.
  certificate_pem root() const;
  /// A server certificate with a key of its own; `chain` holds the leaf alone, as its root is what
  /// clients are given to trust.
  /// @errors certificate_unreadable: a name or an address is none
  result<certificate_pem> issue(const certificate_subject& subject) const;

private:
  struct state;
  explicit certificate_issuer(std::unique_ptr<state> made) noexcept;
  std::unique_ptr<state> state_;
};

} // namespace serverme::net
