#include "net/cluster/peer_options.hpp"

namespace serverme::net {

std::string_view to_string(peer_refusal why) noexcept {
  switch (why) {
    case peer_refusal::crowded: return "crowded";
    case peer_refusal::late: return "late";
    case peer_refusal::no_tls: return "no_tls";
    case peer_refusal::bad_certificate: return "bad_certificate";
    case peer_refusal::not_allowed: return "not_allowed";
    case peer_refusal::no_greeting: return "no_greeting";
    case peer_refusal::duplicate: return "duplicate";
    case peer_refusal::same_identity: return "same_identity";
    case peer_refusal::identity_in_use: return "identity_in_use";
    case peer_refusal::count_: break;
  }
  return "unknown";
}

std::string_view to_string(peer_loss why) noexcept {
  switch (why) {
    case peer_loss::left: return "left";
    case peer_loss::silent: return "silent";
    case peer_loss::late: return "late";
    case peer_loss::slow: return "slow";
    case peer_loss::violation: return "violation";
    case peer_loss::replaced: return "replaced";
    case peer_loss::dropped: return "dropped";
    case peer_loss::expired: return "expired";
    case peer_loss::closed: return "closed";
    case peer_loss::count_: break;
  }
  return "unknown";
}

} // namespace serverme::net
