// What has become of one tunnel: asked for, served, refused. No I/O: times come in, verdicts go
// out.
#pragma once

#include "protocol/lane/messages.hpp"

#include <optional>
#include <string>
#include <vector>

namespace serverme::cli {

struct binding_limits {
  /// A name that is in use may be that of an agent that died without a word: its edge needs 9 s to
  /// notice.
  milliseconds first_patience{12'000};
  /// A name that we had may be kept for the session that we lost.
  milliseconds return_patience{60'000};
  milliseconds retry_after{1'000};
  /// The lane that carried the question may be gone.
  milliseconds answer_timeout{10'000};
};

class tunnel_binding {
public:
  enum class verdict : unsigned char { nothing, ready, waiting, refused };

  explicit tunnel_binding(endpoint_request wanted, binding_limits limits = {});

  /// There is a session. `resumed`: it still serves what it served before, as far as it knows: a
  /// tunnel may have been closed or taken over meanwhile, so the question is asked again.
  /// @returns ready when it is served
  verdict on_connected(bool resumed, time_point now) noexcept;
  void on_disconnected() noexcept;

  /// Should bind() be sent now?
  bool wants_to_ask(time_point now) const noexcept;
  /// The question, numbered `request`. What was given once is asked for by its name.
  lane::bind ask(std::uint32_t request, time_point now);

  /// Matched by number: an answer to another question changes nothing.
  verdict on_bound(const lane::bound& answer, time_point now);
  /// The edge ended it: it is not asked for again. @returns whether it was this one
  bool on_unbound(const lane::unbind& what);

  /// Also by the id that it had before its session moved to another edge: not every edge has heard
  /// of the new one yet.
  bool serves(endpoint_id endpoint) const noexcept {
    return endpoint_ == endpoint || former_ == endpoint;
  }
  bool is_over() const noexcept { return stage_ == stage::over; }
  const std::vector<std::string>& urls() const noexcept { return urls_; }
  /// Why it is over, or what it waits for.
  const failure& why() const noexcept { return why_; }

private:
  enum class stage : unsigned char { away, unasked, asked, served, over };

  verdict on_refused(const failure& why, time_point now);
  void forget() noexcept;
  bool may_be_free_soon(errc why, time_point now) const noexcept;

  endpoint_request wanted_;
  binding_limits limits_;
  stage stage_ = stage::away;
  std::uint32_t request_ = 0;
  time_point began_{};
  time_point due_{};
  std::optional<endpoint_id> endpoint_;
  std::optional<endpoint_id> former_;
  std::vector<std::string> urls_;
  failure why_{};
  bool was_served_ = false;
};

} // namespace serverme::cli
