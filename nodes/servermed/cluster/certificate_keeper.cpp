#include "nodes/servermed/cluster/certificate_keeper.hpp"

#include "net/cluster/join_tls.hpp"
#include "nodes/control/cluster/authority.hpp"

#include <spdlog/spdlog.h>

namespace serverme::servermed {

bool is_renewal_due(const kept_identity& identity, wall_time now) {
  return now > identity.certificate.expires - control::renewed_before;
}

bool has_ended(const kept_identity& identity, wall_time now) {
  return now >= identity.certificate.expires;
}

result<kept_identity> renewed(kept_identity identity, const control::welcome& answer) {
  auto certificate = net::read_node_certificate(answer.certificate);
  if (!certificate || certificate->identity.node != identity.who().node
      || certificate->identity.cluster != identity.who().cluster)
    return fail(errc::identity_unusable, "the new certificate is not for this node");
  identity.certificate = *std::move(certificate);
  identity.credentials.own.chain = answer.certificate;
  if (!answer.ways.joins.empty())
    identity.ways = answer.ways;
  if (auto checked = net::check_credentials(identity.credentials); !checked)
    return fail(errc::identity_unusable, "the new certificate: " + checked.error().detail);
  return identity;
}

certificate_keeper::certificate_keeper(kept_identity identity, keeper_settings settings)
  : identity_{std::move(identity)}, settings_{std::move(settings)}, thread_{[this] { run(); }} {}

certificate_keeper::~certificate_keeper() {
  {
    std::lock_guard guard{mutex_};
    is_over_ = true;
  }
  stopping_.notify_all();
  thread_.join();
}

bool certificate_keeper::is_over() const {
  std::lock_guard guard{mutex_};
  return is_over_;
}

void certificate_keeper::run() {
  while (auto pause = look()) {
    std::unique_lock guard{mutex_};
    if (stopping_.wait_for(guard, *pause, [this] { return is_over_; }))
      return;
  }
}

std::optional<milliseconds> certificate_keeper::look() {
  if (!is_renewal_due(identity_, std::chrono::system_clock::now()))
    return settings_.look_every;
  auto answer = settings_.ask(identity_, [this] { return is_over(); });
  if (!answer && answer.error().code == errc::node_removed) {
    settings_.on_refused(answer.error());
    return std::nullopt;
  }
  auto fresh = answer ? renewed(identity_, *answer) : result<kept_identity>{fail(answer.error())};
  auto kept = fresh ? keep_renewal(settings_.data_dir, *fresh) : result<done>{fail(fresh.error())};
  if (!kept) {
    spdlog::warn("the node's certificate was not renewed: {}", to_string(kept.error()));
    return settings_.again_after;
  }
  identity_ = *std::move(fresh);
  spdlog::info("the node has a new certificate");
  settings_.on_renewed(identity_);
  return settings_.look_every;
}

} // namespace serverme::servermed
