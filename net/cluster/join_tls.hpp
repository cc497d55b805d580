// TLS where nodes join: 1.3; the server shows its chain up to the cluster's CA, and who dials knows
// that CA by its fingerprint alone. A client that is a node already shows who it is.
#pragma once

#include "net/cluster/node_certificate.hpp"
#include "net/tls.hpp"

#include <optional>
#include <string>

namespace serverme::net {

/// Offered by both; who offers anything else has come to the wrong port.
inline constexpr std::string_view join_alpn = "serverme-join/1";

/// SHA-256 of the first certificate of a PEM text, in DER; 32 bytes.
/// @errors certificate_unreadable
result<std::string> certificate_fingerprint(const std::string& pem);

/// A client certificate is asked for and not needed; one that is shown must be of the CA and in its
/// time. @errors certificate_unreadable: also when the key is another certificate's
result<ssl_context> make_join_server_context(const node_credentials& credentials);

/// The handshake succeeds only when the chain that is presented ends in the certificate with this
/// fingerprint: nothing of ours has been sent before. `own`: for a node.
/// @errors certificate_unreadable
result<ssl_context> make_joiner_context(const std::string& ca_fingerprint,
                                        const std::optional<certificate_pem>& own);

/// Whether the key is the certificate's, and the certificate the CA's; not, whether it is in its
/// time. @errors certificate_unreadable
result<done> check_credentials(const node_credentials& credentials);

/// A request (PKCS #10, PEM) for a key that is there already. @errors certificate_unreadable
result<std::string> request_for_key(const std::string& key_pem);

} // namespace serverme::net
