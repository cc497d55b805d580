// What is said about a command line that is not understood.
#define CAF_SUITE misuse
#include "config/misuse.hpp"

#include "tests/unit/test.hpp"

#include <CLI/CLI.hpp>

using namespace serverme::config;

namespace {

/// A program with one command of everything.
struct program {
  CLI::App app{"A program.", "tool"};
  std::string user, format;
  int id = 0;

  program() {
    auto* key = app.add_subcommand("key", "Keys");
    key->require_subcommand(1);
    auto* create = key->add_subcommand("create", "Create one");
    create->add_option("--user", user, "Whose")->required();
    create->add_option("--format", format)->check(one_of({"plain", "json"}));
    key->add_subcommand("revoke", "Revoke one")->add_option("id", id, "Its number")->required();
    app.require_subcommand(1);
  }

  /// "tool key: why".
  std::string complaint(const std::string& line) {
    try {
      app.parse(line);
    } catch (const CLI::ParseError& why) {
      return typed_command(app) + ": " + misuse_reason(app, why);
    }
    return "";
  }
};

std::string complaint(const std::string& line) { return program{}.complaint(line); }

} // namespace

CAF_TEST(what is understood has no complaint) {
  CAF_CHECK_EQUAL(complaint("key create --user anna --format json"), "");
  CAF_CHECK_EQUAL(complaint("key revoke 7"), "");
}

CAF_TEST(a misspelt word finds its neighbour) {
  CAF_CHECK_EQUAL(complaint("kye"), "tool: unknown command 'kye', did you mean 'key'?");
  CAF_CHECK_EQUAL(complaint("key crate"),
                  "tool key: unknown command 'crate', did you mean 'create'?");
  CAF_CHECK_EQUAL(complaint("key create --usr anna"),
                  "tool key create: unknown option '--usr', did you mean '--user'?");
  CAF_CHECK_EQUAL(complaint("key revoke 7 8"), "tool key revoke: '8' is one word too many");
}

CAF_TEST(what is missing is named) {
  CAF_CHECK_EQUAL(complaint(""), "tool: a command is missing: key");
  CAF_CHECK_EQUAL(complaint("key"), "tool key: a command is missing: create or revoke");
  CAF_CHECK_EQUAL(complaint("key create"), "tool key create: --user is missing: Whose");
  CAF_CHECK_EQUAL(complaint("key create --user"), "tool key create: --user needs a value");
  CAF_CHECK_EQUAL(complaint("key revoke"), "tool key revoke: id is missing: Its number");
}

CAF_TEST(a value that will not do is said with those that will) {
  CAF_CHECK_EQUAL(complaint("key create --user a --format xml"),
                  "tool key create: --format: plain or json, not 'xml'");
  CAF_CHECK_EQUAL(complaint("key revoke abc"), "tool key revoke: id: 'abc' is no number");
}
