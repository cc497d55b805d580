#include "nodes/servermed/parts/node_database.hpp"

#include "nodes/control/migrate.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace serverme::servermed {

result<std::unique_ptr<node_database>> node_database::open(const std::string& connection,
                                                           const std::filesystem::path& data_dir) {
  std::unique_ptr<node_database> made{new node_database};
  made->settings_.connection_string = connection;
  if (connection.empty())
    if (auto started = made->start_private(data_dir); !started)
      return fail(started.error());
  auto applied = control::migrate(made->settings_);
  if (!applied)
    return fail(applied.error());
  if (*applied > 0)
    spdlog::info("{} migrations were applied", *applied);
  return made;
}

result<done> node_database::start_private(const std::filesystem::path& data_dir) {
  auto started = control::private_postgres::start(data_dir);
  if (!started)
    return fail(started.error());
  own_.emplace(std::move(*started));
  watch_.emplace(*own_);
  settings_.connection_string = own_->connection_string();
  return done{};
}

node_database::~node_database() { stop(); }

void node_database::stop() {
  watch_.reset();
  if (own_)
    own_->stop();
}

} // namespace serverme::servermed
