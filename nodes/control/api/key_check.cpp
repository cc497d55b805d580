#include "nodes/control/api/key_check.hpp"

#include "nodes/control/secrets.hpp"
#include "protocol/constant_time.hpp"
#include "protocol/http1/head.hpp"

namespace serverme::control {

namespace {

constexpr std::string_view scheme = "Bearer ";
constexpr std::size_t known_max = 1'000;

std::string_view key_of(std::string_view authorization) {
  if (!http1::same_name(authorization.substr(0, scheme.size()), scheme))
    return {};
  return authorization.substr(scheme.size());
}

} // namespace

void key_check::find_owner(std::string_view authorization,
                           std::function<void(result<key_owner>)> answered) {
  auto key = key_of(authorization);
  if (key.empty())
    return answered(fail(errc::api_unauthorized));
  auto hash = sha256(key);
  if (same_secret(hash, context_.settings.operator_key_hash))
    return answered(key_owner{.account_name = "operator", .role = account_role::admin});
  auto now = std::chrono::steady_clock::now();
  auto known = known_.find(hash);
  if (known != known_.end() && now < known->second.until)
    return answered(known->second.owner);
  context_.ask<key_owner>(
    context_.whom.store, context_.settings.ask_time, authenticate_key{hash},
    [this, hash, now, answered = std::move(answered)](const result<key_owner>& owner) {
      if (owner) // since it was asked: an answer may have been on its way for long
        remember(hash, *owner, now + context_.settings.key_trust);
      else
        known_.erase(hash);
      answered(owner);
    });
}

void key_check::remember(const std::string& hash, const key_owner& owner, time_point until) {
  if (known_.size() >= known_max)
    known_.clear(); // they are asked for again: cheaper than to keep an order of age
  known_[hash] = {owner, until};
}

} // namespace serverme::control
