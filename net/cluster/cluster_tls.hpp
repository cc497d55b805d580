// TLS between nodes: 1.3, certificates of the cluster's own CA on both sides, nothing resumed.
#pragma once

#include "net/cluster/node_certificate.hpp"
#include "net/tls.hpp"

namespace serverme::net {

/// What nodes agree on with ALPN; whoever offers anything else is no node.
inline constexpr std::string_view cluster_alpn = "serverme-node/1";

/// For both sides of connections, which agree on `alpn`. Who is dialed is not checked by name: its
/// certificate says which node it is.
/// @errors certificate_unreadable: also when the key is another certificate's
result<ssl_context> make_cluster_context(const node_credentials& credentials,
                                         std::string_view alpn = cluster_alpn);

/// With the ALPN of the context, and no tickets.
tls_session accept_node(const ssl_context& context);
tls_session dial_node(const ssl_context& context);

} // namespace serverme::net
