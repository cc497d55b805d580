#include "nodes/servermed/ready_file.hpp"

#include "net/file.hpp"
#include "net/listener.hpp"

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <utility>

namespace serverme::servermed {

ready_file::ready_file(std::filesystem::path path) noexcept : path_{std::move(path)} {}
ready_file::ready_file(ready_file&& other) noexcept : path_{std::exchange(other.path_, {})} {}

ready_file::~ready_file() {
  std::error_code ignored;
  if (!path_.empty())
    std::filesystem::remove(path_, ignored);
}

result<ready_file> ready_file::write(std::filesystem::path path, const ready_addresses& where) {
  auto text = nlohmann::ordered_json::object();
  auto put = [&text](const char* name, const std::optional<net::address>& what) {
    if (what)
      text[name] = net::to_string(*what);
  };
  put("http", where.http);
  put("tls", where.tls);
  put("api", where.api);
  put("health", where.health);
  put("join", where.join);
  put("cluster", where.cluster);
  text["domain"] = where.domain;
  text["roles"] = to_string(where.roles);
  text["pid"] = ::getpid();
  auto written = net::write_file(path, text.dump() + "\n", net::file_readers::everyone);
  if (!written)
    return fail(written.error());
  return ready_file{std::move(path)};
}

} // namespace serverme::servermed
