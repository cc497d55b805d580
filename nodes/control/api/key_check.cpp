#include "nodes/control/api/key_check.hpp"

#include "nodes/control/secrets.hpp"
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
  auto known = known_.find(hash);
  if (known != known_.end() && std::chrono::steady_clock::now() < known->second.until)
    return answered(known->second.owner);
  context_.ask<key_owner>(
    context_.whom.store, context_.settings.ask_time, authenticate_key{hash},
    [this, hash, answered = std::move(answered)](const result<key_owner>& owner) {
      if (owner)
        remember(hash, *owner);
      else
        known_.erase(hash);
      answered(owner);
    });
}

void key_check::remember(const std::string& hash, const key_owner& owner) {
  if (known_.size() >= known_max)
    known_.clear(); // they are asked for again: cheaper than to keep an order of age
  known_[hash] = {owner, std::chrono::steady_clock::now() + context_.settings.key_trust};
}

} // namespace serverme::control
