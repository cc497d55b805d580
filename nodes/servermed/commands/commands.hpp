// The commands of servermed. Each adds itself to the command line; what it returns is the exit
// code: 0, 1 when it failed, 2 when the command line or the configuration is not understood.
#pragma once

#include "protocol/result.hpp"

#include <functional>

namespace CLI { // NOLINT(readability-identifier-naming): CLI11 calls it so
class App;
}

namespace serverme::servermed {

/// Given what a command has to do once the command line is understood.
using run_later = std::function<void(std::function<int()>)>;

void add_dev(CLI::App& app, const run_later& run);
void add_run(CLI::App& app, const run_later& run);
void add_drain(CLI::App& app, const run_later& run);
void add_demo(CLI::App& app, const run_later& run);
void add_migrate(CLI::App& app, const run_later& run);
void add_user(CLI::App& app, const run_later& run);
void add_key(CLI::App& app, const run_later& run);
void add_name(CLI::App& app, const run_later& run);
void add_init(CLI::App& app, const run_later& run);
void add_join(CLI::App& app, const run_later& run);
void add_leave(CLI::App& app, const run_later& run);
void add_token(CLI::App& app, const run_later& run);
void add_node(CLI::App& app, const run_later& run);
void add_status(CLI::App& app, const run_later& run);
void add_actors(CLI::App& app, const run_later& run);
void add_events(CLI::App& app, const run_later& run);

/// "servermed: SM-5001 ...", and what to do about it, on standard error. @returns the exit code
int report(const failure& why);

} // namespace serverme::servermed
