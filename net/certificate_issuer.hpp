// A certificate authority: makes its own root and signs certificates with it.
#pragma once

#include "net/tls.hpp"

#include <openssl/types.h>

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
  /// RFC 3986; what a node of the cluster is named by.
  std::vector<std::string> uris;
  std::chrono::hours lifetime{24 * 365};
  /// A node is a server to some and a client to others.
  bool for_clients_too = false;
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
  /// The same for a key that somebody else keeps. @returns PEM
  /// @errors certificate_unreadable
  result<std::string> issue_for(EVP_PKEY* key, const certificate_subject& subject) const;

private:
  struct state;
  explicit certificate_issuer(std::unique_ptr<state> made) noexcept;
  std::unique_ptr<state> state_;
};

} // namespace serverme::net
