// One connection to PostgreSQL that comes back by itself. Blocks; one thread at a time.
//
// The only file that knows how libpqxx 6 and 7 differ.
#pragma once

#include "nodes/control/database_settings.hpp"
#include "protocol/result.hpp"

#include <pqxx/pqxx>

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace serverme::control::sql {

/// Runs a prepared statement.
template <class... Arguments>
pqxx::result run(pqxx::work& work, const char* statement, const Arguments&... arguments) {
#if PQXX_VERSION_MAJOR > 7 || (PQXX_VERSION_MAJOR == 7 && PQXX_VERSION_MINOR >= 10)
  return work.exec(pqxx::prepped{statement}, pqxx::params{arguments...});
#else
  return work.exec_prepared(statement, arguments...);
#endif
}

/// A connection string, URL or not, with one more of libpq's options, unless it says something
/// about it already.
std::string with_option(std::string target, std::string_view name, std::string_view value);

class database {
public:
  using on_connect = std::function<void(pqxx::connection&)>;

  /// `prepare` is called with each new connection. Connects with the first question.
  database(database_settings settings, on_connect prepare);

  /// Runs `steps`, a result<T>(pqxx::work&), in one transaction, which is committed when they
  /// succeed. Once again when the connection turns out to be dead: nothing was committed then.
  /// @errors database_unavailable, and those of `steps`
  template <class T, class Steps>
  result<T> transact(Steps steps) {
    std::optional<result<T>> outcome;
    auto ran = attempt([&](pqxx::work& work) {
      outcome = steps(work);
      return outcome->has_value();
    });
    if (!ran)
      return fail(ran.error());
    return *std::move(outcome);
  }

private:
  /// `steps` says whether to commit.
  result<done> attempt(const std::function<bool(pqxx::work&)>& steps);
  result<done> connect();
  failure not_connected(const std::exception& why);
  void disconnect();

  const database_settings settings_;
  const on_connect prepare_;
  std::unique_ptr<pqxx::connection> connection_;
  time_point connected_at_{};
  time_point retry_at_{};
  std::string trouble_;
  backoff backoff_;
  std::minstd_rand jitter_{std::random_device{}()};
};

} // namespace serverme::control::sql
