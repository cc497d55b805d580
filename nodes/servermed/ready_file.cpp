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
  nlohmann::ordered_json text{{"http", net::to_string(where.http)},
                              {"tls", net::to_string(where.tls)},
                              {"api", net::to_string(where.api)},
                              {"domain", where.domain},
                              {"pid", ::getpid()}};
  if (where.join)
    text["join"] = net::to_string(*where.join);
  if (where.cluster)
    text["cluster"] = net::to_string(*where.cluster);
  auto written = net::write_file(path, text.dump() + "\n", net::file_readers::everyone);
  if (!written)
    return fail(written.error());
  return ready_file{std::move(path)};
}

} // namespace serverme::servermed
