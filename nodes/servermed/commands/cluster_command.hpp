// A command that asks the cluster's ledger one question.
#pragma once

#include "nodes/servermed/commands/cluster_options.hpp"
#include "nodes/servermed/commands/commands.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace serverme::servermed {

/// `Options` has `database` and `as_json`.
template <class Options>
using cluster_question = result<answer> (*)(control::cluster_ledger&, const Options&);

/// @returns its options, for what it takes beside the database and --json; `command` is it
template <class Options>
std::shared_ptr<Options> add_cluster_command(CLI::App& group, const run_later& run,
                                             const char* name, const char* purpose,
                                             cluster_question<Options> what, CLI::App*& command) {
  auto options = std::make_shared<Options>();
  command = group.add_subcommand(name, purpose);
  add_database_options(*command, options->database);
  command->add_flag("--json", options->as_json, "Answer in JSON");
  command->callback([run, options, what] {
    run([options, what] {
      return ask_cluster(options->database, options->as_json,
                         [&](control::cluster_ledger& facts) { return what(facts, *options); });
    });
  });
  return options;
}

} // namespace serverme::servermed
