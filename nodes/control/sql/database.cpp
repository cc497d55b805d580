#include "nodes/control/sql/database.hpp"

#include <spdlog/spdlog.h>

#include <string_view>

namespace serverme::control::sql {

namespace {

using std::chrono::duration_cast;
using std::chrono::steady_clock;

// What the operator gave counts more. A server that vanishes without a word is noticed within ten
// seconds or so: keepalives while we wait for it, tcp_user_timeout while it does not acknowledge.
constexpr std::pair<const char*, const char*> patience[] = {
  {"connect_timeout", "2"},     {"tcp_user_timeout", "5000"}, {"keepalives_idle", "5"},
  {"keepalives_interval", "2"}, {"keepalives_count", "2"},    {"application_name", "servermed"},
};

std::string with_patience(std::string target) {
  for (auto [name, value] : patience)
    target = with_option(std::move(target), name, value);
  return target;
}

/// Classes 08 (connection), 57P (the server is stopping or not there yet): another connection may
/// do better.
bool is_gone(const std::exception& why) {
  if (dynamic_cast<const pqxx::broken_connection*>(&why) != nullptr)
    return true;
  const auto* error = dynamic_cast<const pqxx::sql_error*>(&why);
  if (error == nullptr)
    return false;
  std::string_view state = error->sqlstate();
  return state.starts_with("08") || state.starts_with("57P");
}

std::string first_line(std::string_view text) {
  return std::string{text.substr(0, text.find('\n'))};
}

} // namespace

std::string with_option(std::string target, std::string_view name, std::string_view value) {
  if (target.find(name) != std::string::npos)
    return target;
  auto is_url = target.starts_with("postgresql://") || target.starts_with("postgres://");
  const auto* separator = !is_url ? " " : target.find('?') == std::string::npos ? "?" : "&";
  return target.append(separator).append(name).append("=").append(value);
}

database::database(database_settings settings, on_connect prepare)
  : settings_{std::move(settings)}, prepare_{std::move(prepare)}, backoff_{settings_.reconnect} {}

result<done> database::attempt(const std::function<bool(pqxx::work&)>& steps) {
  for (auto is_first = true;; is_first = false) {
    if (auto connected = connect(); !connected)
      return connected;
    try {
      pqxx::work work{*connection_};
      if (steps(work))
        work.commit();
      return done{};
    } catch (const std::exception& why) {
      auto is_dead = is_gone(why) || !connection_->is_open();
      if (is_dead)
        disconnect();
      // Before its commit nothing has happened; a commit whose answer was lost is not this case.
      if (is_dead && is_first && dynamic_cast<const pqxx::in_doubt_error*>(&why) == nullptr)
        continue;
      spdlog::warn("database: {}", first_line(why.what()));
      return fail(errc::database_unavailable, first_line(why.what()));
    }
  }
}

result<done> database::connect() {
  if (connection_)
    return done{};
  if (steady_clock::now() < retry_at_)
    return fail(errc::database_unavailable, trouble_);
  try {
    auto fresh = std::make_unique<pqxx::connection>(with_patience(settings_.connection_string));
    {
      pqxx::nontransaction work{*fresh};
      work.exec("SET statement_timeout = " + std::to_string(settings_.statement_timeout.count()));
    }
    prepare_(*fresh);
    connection_ = std::move(fresh);
  } catch (const std::exception& why) {
    return not_connected(why);
  }
  if (!trouble_.empty())
    spdlog::info("database: connected again");
  trouble_.clear();
  connected_at_ = steady_clock::now();
  return done{};
}

failure database::not_connected(const std::exception& why) {
  if (trouble_.empty()) // said once, not with every attempt
    spdlog::warn("database: {}", first_line(why.what()));
  trouble_ = first_line(why.what());
  auto share = static_cast<double>(jitter_() - std::minstd_rand::min())
               / static_cast<double>(std::minstd_rand::max());
  retry_at_ = steady_clock::now() + backoff_.on_failure(share);
  return fail(errc::database_unavailable, trouble_);
}

void database::disconnect() {
  connection_.reset();
  backoff_.on_lost(duration_cast<milliseconds>(steady_clock::now() - connected_at_));
}

} // namespace serverme::control::sql
