#include "nodes/edge/certificate_files.hpp"

#include "net/file.hpp"

#include <algorithm>
#include <condition_variable>
#include <string>
#include <utility>

namespace serverme::edge {

namespace {

namespace fs = std::filesystem;

/// What tells one version of a file from the next. Renewals replace files by rename: the size and
/// the time together miss only a change within one tick of the file system's clock.
struct file_version {
  fs::file_time_type written;
  std::uintmax_t size = 0;

  friend bool operator==(const file_version&, const file_version&) = default;
};

file_version version_of(const fs::path& path) {
  std::error_code ignored;
  return {fs::last_write_time(path, ignored), fs::file_size(path, ignored)};
}

struct loaded_certificate {
  net::ssl_context context;
  std::vector<std::string> names;
};

result<loaded_certificate> load(const certificate_paths& from) {
  auto chain = net::read_file(from.chain), key = net::read_file(from.key);
  if (!chain)
    return fail(errc::certificate_unreadable, chain.error().detail);
  if (!key)
    return fail(errc::certificate_unreadable, key.error().detail);
  auto context = net::make_server_context({*chain, *key}, {alpn_lane, alpn_http});
  if (!context)
    return fail(errc::certificate_unreadable, from.chain.string() + ": " + context.error().detail);
  auto names = net::certificate_names(*chain);
  return loaded_certificate{std::move(*context), std::move(names)};
}

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

} // namespace

struct certificate_files::entry {
  certificate_paths paths;
  file_version chain, key;
  loaded_certificate now;
};

certificate_files::certificate_files(std::vector<entry> entries, milliseconds period,
                                     on_reload told)
  : period_{period},
    told_{std::move(told)},
    entries_{std::move(entries)},
    watcher_{[this](const std::stop_token& stop) { watch(stop); }} {}

certificate_files::~certificate_files() = default;

result<std::unique_ptr<certificate_files>>
certificate_files::open(std::vector<certificate_paths> paths, milliseconds period, on_reload told) {
  std::vector<entry> entries;
  for (auto& each : paths) {
    entry fresh{std::move(each), {}, {}, {}};
    fresh.chain = version_of(fresh.paths.chain);
    fresh.key = version_of(fresh.paths.key);
    auto loaded = load(fresh.paths);
    if (!loaded)
      return fail(loaded.error());
    fresh.now = std::move(*loaded);
    entries.push_back(std::move(fresh));
  }
  if (entries.empty())
    return fail(errc::certificate_unreadable, "no certificate is configured");
  return std::unique_ptr<certificate_files>{
    new certificate_files{std::move(entries), period, std::move(told)}};
}

net::ssl_context certificate_files::find(std::string_view server_name) {
  std::lock_guard guard{mutex_};
  if (server_name.empty())
    return entries_.front().now.context;
  for (const auto& each : entries_)
    if (has(each.now.names, server_name))
      return each.now.context;
  auto dot = server_name.find('.');
  if (dot == std::string_view::npos)
    return nullptr;
  auto wildcard = "*" + std::string{server_name.substr(dot)};
  for (const auto& each : entries_)
    if (has(each.now.names, wildcard))
      return each.now.context;
  return nullptr;
}

void certificate_files::watch(const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock{mutex};
  std::condition_variable_any woken; // by `stop` alone
  while (!woken.wait_for(lock, stop, period_, [&stop] { return stop.stop_requested(); }))
    for (auto& each : entries_)
      look(each);
}

// Only the watcher touches what is not under the lock.
void certificate_files::look(entry& one) {
  auto chain = version_of(one.paths.chain), key = version_of(one.paths.key);
  if (chain == one.chain && key == one.key)
    return;
  one.chain = chain;
  one.key = key;
  auto loaded = load(one.paths);
  if (!loaded)
    return told_(one.paths, fail(loaded.error()));
  {
    std::lock_guard guard{mutex_};
    std::swap(one.now, *loaded);
  }
  told_(one.paths, done{});
}

} // namespace serverme::edge
