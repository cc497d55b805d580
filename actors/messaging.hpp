// How actor interfaces and their failures are spelled in CAF, in one place.
#pragma once

#include "actors/caf.hpp"
#include "protocol/result.hpp"

namespace serverme::actors {

/// A line of an actor's interface: takes a Request, answers with a Reply.
template <class Request, class Reply>
using answers = typename caf::replies_to<Request>::template with<Reply>;

/// A line of an actor's interface: takes a Message, answers nothing.
template <class Message>
using takes = caf::reacts_to<Message>;

/// Of every error that is ours.
inline constexpr auto error_category = caf::atom("serverme");

/// CAF's codes have eight bits: ours travels in the context, with the detail.
caf::error make_caf_error(const failure& why);

/// What went wrong, in our words. An error that is not ours (a time-out, a dead receiver) means
/// that whoever decides is away: control_unavailable.
failure to_failure(const caf::error& why);

/// Turns an outcome into an actor's answer.
template <class T>
caf::result<T> reply(result<T> outcome) {
  if (!outcome)
    return make_caf_error(outcome.error());
  return std::move(outcome).value();
}

/// Makes our errors readable in actor_system::render(), and names our messages for other nodes.
/// Once for each configuration.
void register_types(caf::actor_system_config& config);

} // namespace serverme::actors
