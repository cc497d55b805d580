// Which value wins, and what is wrong with one.
#define CAF_SUITE settings
#include "cli/config/settings.hpp"

#include "cli/config/config_storage.hpp"
#include "tests/unit/test.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

using namespace serverme;
using namespace serverme::cli;

namespace {

namespace fs = std::filesystem;

struct fixture {
  fixture() {
    std::string pattern = fs::temp_directory_path() / "serverme-settings-XXXXXX";
    home = ::mkdtemp(pattern.data());
    variables["HOME"] = home.string();
  }
  ~fixture() { fs::remove_all(home); }

  environment variable() {
    return [this](const char* name) -> const char* {
      auto found = variables.find(name);
      return found == variables.end() ? nullptr : found->second.c_str();
    };
  }

  fs::path put(const std::string& name, const std::string& text, mode_t mode = 0600) {
    auto path = home / name;
    fs::create_directories(path.parent_path());
    std::ofstream{path} << text;
    ::chmod(path.c_str(), mode);
    return path;
  }

  result<settings> load(const global_options& given = {}) {
    return load_settings(given, variable());
  }

  fs::path home;
  std::map<std::string, std::string> variables;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(settings_tests, fixture)

CAF_TEST(without anything the defaults hold) {
  auto found = load();
  CAF_REQUIRE(found);
  CAF_CHECK(!found->has_file);
  CAF_CHECK_EQUAL(found->server.value, "localhost:8443");
  CAF_CHECK_EQUAL(found->api.value, "http://localhost:8081");
  CAF_CHECK(found->token.value.empty());
  CAF_CHECK(found->server.from == setting_origin::fallback);
}

CAF_TEST(an option wins over a variable over the file) {
  put(".serverme/config.yml", "server: file:1\ntoken: of_file\n");
  auto found = load();
  CAF_REQUIRE(found);
  CAF_CHECK(found->server == (setting{"file:1", setting_origin::file}));
  variables["SERVERME_SERVER"] = "variable:2";
  CAF_CHECK(load()->server == (setting{"variable:2", setting_origin::variable}));
  CAF_CHECK(load({.server = "option:3"})->server == (setting{"option:3", setting_origin::option}));
  CAF_CHECK(load()->token == (setting{"of_file", setting_origin::file}));
  variables["SERVERME_SERVER"] = "";
  CAF_CHECK(load()->server == (setting{"file:1", setting_origin::file}));
}

CAF_TEST(every value has a variable) {
  variables["SERVERME_SERVER"] = "a:1";
  variables["SERVERME_TOKEN"] = "b";
  variables["SERVERME_CA"] = "c.pem";
  variables["SERVERME_API"] = "http://localhost:4";
  auto found = load();
  CAF_REQUIRE(found);
  CAF_CHECK_EQUAL(found->server.value, "a:1");
  CAF_CHECK_EQUAL(found->token.value, "b");
  CAF_CHECK_EQUAL(found->ca.value, "c.pem");
  CAF_CHECK_EQUAL(found->api.value, "http://localhost:4");
}

CAF_TEST(the file is named by an option or a variable or lies at home) {
  CAF_CHECK_EQUAL(config_path({}, variable()), home / ".serverme/config.yml");
  variables["SERVERME_CONFIG"] = "/named.yml";
  CAF_CHECK_EQUAL(config_path({}, variable()), fs::path{"/named.yml"});
  CAF_CHECK_EQUAL(config_path({.config = "/given.yml"}, variable()), fs::path{"/given.yml"});
  variables.clear();
  CAF_CHECK(config_path({}, variable()).empty());
  CAF_CHECK(load());
}

CAF_TEST(a file that was asked for must be there) {
  auto found = load({.config = home / "none.yml"});
  CAF_REQUIRE(!found);
  CAF_CHECK(found.error().code == errc::config_unreadable);
}

CAF_TEST(a directory is no file) {
  auto found = load({.config = home.string()});
  CAF_REQUIRE(!found);
  CAF_CHECK(found.error().code == errc::config_unreadable);
}

CAF_TEST(a mistake in the file says where) {
  auto path = put("wrong.yml", "server: a:1\nservver: b\n");
  auto found = load({.config = path});
  CAF_REQUIRE(!found);
  CAF_CHECK(found.error().code == errc::config_invalid);
  CAF_CHECK_EQUAL(found.error().detail,
                  path.string() + ":2: unknown key 'servver', did you mean 'server'?");
}

CAF_TEST(a file with a key that others can read is refused) {
  auto found = load({.config = put("open.yml", "token: abc\n", 0644)});
  CAF_REQUIRE(!found);
  CAF_CHECK(found.error().code == errc::file_mode_too_open);
  CAF_CHECK(!load({.config = put("group.yml", "token: abc\n", 0640)}));
  CAF_CHECK(load({.config = put("closed.yml", "token: abc\n", 0400)}));
}

CAF_TEST(a file without secrets may be read by everybody) {
  CAF_CHECK(load({.config = put("open.yml", "server: a:1\n", 0644)}));
}

CAF_TEST(a path of the file starts where the file is) {
  auto ca_beside = [this](const std::string& written) {
    auto found = load({.config = put("deep/config.yml", "ca: " + written + "\n")});
    return found ? found->ca.value : "";
  };
  CAF_CHECK_EQUAL(ca_beside("../ca.pem"), (home / "ca.pem").string());
  CAF_CHECK_EQUAL(ca_beside("/etc/ca.pem"), "/etc/ca.pem");
  CAF_CHECK_EQUAL(ca_beside("~/ca.pem"), (home / "ca.pem").string());
}

CAF_TEST(the api of another server is not guessed) {
  CAF_CHECK(load({.server = "tunnels.example.com"})->api.value.empty());
}

CAF_TEST(a server is a host and maybe a port) {
  auto check = [](const std::string& text, const std::string& host, std::uint16_t port) {
    auto server = parse_server(text);
    CAF_REQUIRE(server);
    CAF_CHECK_EQUAL(server->host, host);
    CAF_CHECK_EQUAL(server->port, port);
  };
  check("tunnels.example.com:443", "tunnels.example.com", 443);
  check("tunnels.example.com", "tunnels.example.com", 8443);
  check("127.0.0.1:1", "127.0.0.1", 1);
  check("[::1]:8443", "::1", 8443);
  check("[::1]", "::1", 8443);
}

CAF_TEST(what is no server is refused) {
  for (auto text : {"", ":8443", "host:", "host:0", "host:70000", "host:x", "a b:1", "::1", "[::1",
                    "[::1]8443", "https://host", "host:1:2"})
    CAF_CHECK(!parse_server(text));
}

CAF_TEST(an agent needs a key) {
  auto config = make_agent_config(*load(), {});
  CAF_REQUIRE(!config);
  CAF_CHECK(config.error().code == errc::key_missing);
  auto ca = put("ca.pem", "").string();
  config = make_agent_config(*load({.token = "k", .ca = ca}), {tunnel_plan{.title = "a"}});
  CAF_REQUIRE(config);
  CAF_CHECK_EQUAL(config->api_key, "k");
  CAF_CHECK_EQUAL(config->ca_file, ca);
  CAF_CHECK_EQUAL(config->server.host, "localhost");
  CAF_CHECK_EQUAL(config->tunnels.size(), 1u);
}

CAF_TEST(a CA that cannot be read is named before anything is dialed) {
  auto config = make_agent_config(*load({.token = "k", .ca = "/nowhere/ca.pem"}), {});
  CAF_REQUIRE(!config);
  CAF_CHECK(config.error().code == errc::certificate_unreadable);
  CAF_CHECK_EQUAL(config.error().detail,
                  "ca /nowhere/ca.pem (from an option): No such file or directory");
}

CAF_TEST(a file is written for its owner only) {
  auto path = home / "new" / "config.yml";
  CAF_REQUIRE(write_config(path, "token: abc\n"));
  CAF_CHECK_EQUAL(fs::status(path).permissions(), fs::perms{0600});
  CAF_CHECK_EQUAL(fs::status(path.parent_path()).permissions(), fs::perms{0700});
  ::chmod(path.c_str(), 0644);
  CAF_REQUIRE(write_config(path, "token: def\n"));
  CAF_CHECK_EQUAL(fs::status(path).permissions(), fs::perms{0600});
}

CAF_TEST(a link to the file stays a link) {
  auto target = put("real.yml", "server: a:1\n");
  fs::create_symlink(target, home / "link.yml");
  CAF_REQUIRE(write_config(home / "link.yml", "server: b:2\n"));
  CAF_CHECK(fs::is_symlink(home / "link.yml"));
  auto written = *read_config(target);
  CAF_CHECK_EQUAL(written->text, "server: b:2\n");
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST(a key replaces the one before and leaves the rest alone) {
  CAF_CHECK_EQUAL(with_token("", "abc").value_or("?"), "token: abc\n");
  CAF_CHECK_EQUAL(with_token("{}\n", "abc").value_or("?"), "token: abc\n");
  CAF_CHECK_EQUAL(with_token("# mine\nserver: a:1\n", "abc").value_or("?"),
                  "# mine\nserver: a:1\ntoken: abc\n");
  CAF_CHECK_EQUAL(with_token("server: a:1", "abc").value_or("?"), "server: a:1\ntoken: abc\n");
  CAF_CHECK_EQUAL(with_token("token: old # note\nserver: a:1\n", "abc").value_or("?"),
                  "token: abc\nserver: a:1\n");
  CAF_CHECK_EQUAL(
    with_token("server: a:1\ntoken: old\ntunnels:\n  x: {type: tcp, local: 1}\n", "abc")
      .value_or("?"),
    "server: a:1\ntoken: abc\ntunnels:\n  x: {type: tcp, local: 1}\n");
  CAF_CHECK_EQUAL(
    with_token("tunnels:\n  token:\n    type: tcp\n    local: 1\n", "abc").value_or("?"),
    "tunnels:\n  token:\n    type: tcp\n    local: 1\ntoken: abc\n");
}

CAF_TEST(a file in a shape of its own or with mistakes is not rewritten) {
  CAF_CHECK(!with_token("servver: a:1\n", "abc"));
  CAF_CHECK(!with_token("{server: \"a:1\"}\n", "abc"));
  CAF_CHECK(!with_token("\"token\": old\n", "abc"));
}

CAF_TEST(what cannot be a key is refused) {
  for (auto text : {"", "a b", "abc\ndef", "\"x\"", "key: x", "a#b"})
    CAF_CHECK(!is_token(text));
  CAF_CHECK(!is_token(std::string(300, 'a')));
  CAF_CHECK(is_token("sm_live_0aZ-."));
}
