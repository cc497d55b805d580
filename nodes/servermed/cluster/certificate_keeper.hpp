// Renews this node's certificate while there is time: a thread that mostly sleeps.
#pragma once

#include "nodes/control/cluster/join_messages.hpp"
#include "nodes/servermed/cluster/identity_files.hpp"
#include "protocol/time.hpp"

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace serverme::servermed {

/// Whether a third of a certificate's lifetime or less is left.
bool is_renewal_due(const kept_identity& identity, wall_time now);
bool has_ended(const kept_identity& identity, wall_time now);

/// What `answer` makes of `identity`. @errors identity_unusable: it is not for this node
result<kept_identity> renewed(kept_identity identity, const control::welcome& answer);

struct keeper_settings {
  std::filesystem::path data_dir;
  /// Asks somebody who may sign; called on the keeper's thread. `is_called_off`: gives up soon.
  std::function<result<control::welcome>(const kept_identity&,
                                         const std::function<bool()>& is_called_off)>
    ask;
  /// The new one is on disk.
  std::function<void(const kept_identity&)> on_renewed;
  /// It will get none: it was removed from its cluster.
  std::function<void(const failure&)> on_refused;
  milliseconds look_every{std::chrono::hours{1}};
  /// After an attempt that failed.
  milliseconds again_after{std::chrono::minutes{1}};
};

class certificate_keeper {
public:
  certificate_keeper(kept_identity identity, keeper_settings settings);
  /// Ends the thread; an attempt that is under way is given up.
  ~certificate_keeper();
  certificate_keeper(const certificate_keeper&) = delete;
  certificate_keeper& operator=(const certificate_keeper&) = delete;

private:
  void run();
  /// @returns when to look again; nothing: never
  std::optional<milliseconds> look();
  bool is_over() const;

  kept_identity identity_;
  const keeper_settings settings_;
  // Not on any path of bytes: it is taken once an hour, and when the node stops.
  mutable std::mutex mutex_;
  std::condition_variable stopping_;
  bool is_over_ = false;
  std::thread thread_;
};

} // namespace serverme::servermed
