// What was typed, and what is said about a mistake.
#define CAF_SUITE command_line
#include "cli/commands/command_line.hpp"

#include "cli/commands/completion_script.hpp"
#include "tests/unit/test.hpp"

#include <sstream>

using namespace serverme;
using namespace serverme::cli;

namespace {

parsed_command_line parse(const std::string& line) {
  std::istringstream text{line};
  std::vector<std::string> words;
  for (std::string word; text >> word;)
    words.push_back(word);
  return parse_command_line(words);
}

template <class Command>
Command understood(const std::string& line) {
  auto parsed = parse(line);
  if (auto* answer = std::get_if<printed_answer>(&parsed))
    CAF_FAIL("'" << line << "' is refused: " << answer->err);
  return std::get<Command>(std::get<invocation>(parsed).what);
}

global_options globals(const std::string& line) {
  auto parsed = parse(line);
  if (auto* answer = std::get_if<printed_answer>(&parsed))
    CAF_FAIL("'" << line << "' is refused: " << answer->err);
  return std::get<invocation>(parsed).globals;
}

std::string complaint(const std::string& line) {
  auto parsed = parse(line);
  const auto* answer = std::get_if<printed_answer>(&parsed);
  if (!answer)
    return "";
  CAF_CHECK(answer->code == exit_code::usage);
  return answer->err;
}

} // namespace

CAF_TEST(an http tunnel has its options) {
  auto plan = understood<open_tunnel>("http 3000 --subdomain Shop --basic-auth anna:secret "
                                      "--host-header app.test --no-inspect")
                .plan;
  CAF_CHECK(plan.endpoint.kind == endpoint_kind::http);
  CAF_CHECK_EQUAL(plan.endpoint.name, "shop");
  CAF_CHECK_EQUAL(plan.endpoint.basic_auth, "anna:secret");
  CAF_CHECK_EQUAL(plan.endpoint.host_header, "app.test");
  CAF_CHECK(plan.endpoint.inspect == inspection::off);
  CAF_CHECK_EQUAL(to_string(plan.local), "localhost:3000");
  CAF_CHECK(understood<open_tunnel>("http 3000").plan.endpoint.inspect == inspection::on);
}

CAF_TEST(local addresses are understood) {
  for (auto text : {"localhost:3000", "https://localhost:3000", "unix:/run/app.sock"})
    CAF_CHECK_EQUAL(to_string(understood<open_tunnel>(std::string{"http "} + text).plan.local),
                    text);
}

CAF_TEST(a tcp tunnel has its options) {
  auto plan = understood<open_tunnel>("tcp --proxy-protocol 5432 --remote-port 10022").plan;
  CAF_CHECK(plan.endpoint.kind == endpoint_kind::tcp);
  CAF_CHECK_EQUAL(plan.endpoint.port, 10022u);
  CAF_CHECK(plan.proxy == proxy_protocol::v1);
  CAF_CHECK_EQUAL(plan.local.port, 5432u);
  CAF_CHECK(understood<open_tunnel>("tcp 22 --proxy-protocol=v2").plan.proxy == proxy_protocol::v2);
  CAF_CHECK(understood<open_tunnel>("tcp 22").plan.proxy == proxy_protocol::none);
}

CAF_TEST(a tls tunnel has a name) {
  auto plan = understood<open_tunnel>("tls 443 --subdomain bank").plan;
  CAF_CHECK(plan.endpoint.kind == endpoint_kind::tls);
  CAF_CHECK_EQUAL(plan.endpoint.name, "bank");
}

CAF_TEST(the other commands are understood) {
  CAF_CHECK(understood<start_tunnels>("start").titles.empty());
  CAF_CHECK_EQUAL(understood<start_tunnels>("start web ssh").titles.size(), 2u);
  CAF_CHECK(understood<show_status>("status").form == report_form::table);
  CAF_CHECK(understood<show_status>("status --json").form == report_form::json);
  CAF_CHECK_EQUAL(understood<store_token>("authtoken sm_live_x").token, "sm_live_x");
  CAF_CHECK_EQUAL(understood<store_token>("authtoken").token, "");
  CAF_CHECK(!understood<diagnose>("doctor").local);
  CAF_CHECK_EQUAL(understood<diagnose>("doctor 3000").local.value_or(""), "3000");
  CAF_CHECK_EQUAL(understood<print_completion>("completion fish").shell, "fish");
  understood<check_config>("config check");
  understood<edit_config>("config edit");
  understood<show_config_path>("config path");
  understood<show_version>("version");
}

CAF_TEST(global options stand before the command or after it) {
  global_options all{"f.yml", "h:1", "k", "ca.pem", "http://localhost:1", log_format::json};
  const std::string options = "--config f.yml --server h:1 --token k --ca ca.pem --api "
                              "http://localhost:1 --log-format json";
  CAF_CHECK(globals(options + " http 3000") == all);
  CAF_CHECK(globals("http 3000 " + options) == all);
  CAF_CHECK(globals("config check " + options) == all);
  CAF_CHECK(globals("--log-format=plain version").format == log_format::plain);
  CAF_CHECK(globals("version") == global_options{});
}

CAF_TEST(a misspelt word finds its neighbour in the complaint) {
  CAF_CHECK_EQUAL(complaint("stauts"),
                  "serverme: unknown command 'stauts', did you mean 'status'?\n"
                  "  See `serverme --help`.\n");
  CAF_CHECK_EQUAL(complaint("config chek"),
                  "serverme: unknown command 'chek', did you mean 'check'?\n"
                  "  See `serverme config --help`.\n");
  CAF_CHECK_EQUAL(complaint("http 80 --subdomian x"),
                  "serverme: unknown option '--subdomian', did you mean '--subdomain'?\n"
                  "  See `serverme http --help`.\n");
  CAF_CHECK_EQUAL(complaint("http 80 --tokn x"),
                  "serverme: unknown option '--tokn', did you mean '--token'?\n"
                  "  See `serverme http --help`.\n");
}

CAF_TEST(misuse is explained) {
  CAF_CHECK(complaint("nonsense").find("unknown command 'nonsense'\n") != std::string::npos);
  CAF_CHECK_EQUAL(complaint("http"), "serverme: local is missing: Where your service listens\n"
                                     "  See `serverme http --help`.\n");
  CAF_CHECK(complaint("http 80 90").find("'90' is one word too many") != std::string::npos);
  CAF_CHECK(complaint("http 80 --nonsense").find("unknown option '--nonsense'\n")
            != std::string::npos);
  CAF_CHECK(complaint("--log-format xml version").find("auto, plain or json, not 'xml'")
            != std::string::npos);
  CAF_CHECK(complaint("completion powershell").find("bash, zsh or fish, not 'powershell'")
            != std::string::npos);
  CAF_CHECK(complaint("config").find("a command is missing: check, edit or path")
            != std::string::npos);
  CAF_CHECK(complaint("http 80 --subdomain").find("--subdomain needs a value")
            != std::string::npos);
}

CAF_TEST(a value that will not do is refused before anything is dialed) {
  CAF_CHECK_EQUAL(complaint("tcp 22 --remote-port 0"),
                  "serverme: --remote-port: a port from 1 to 65535, not '0'\n"
                  "  See `serverme tcp --help`.\n");
  CAF_CHECK(complaint("http 80 --basic-auth anna").find("--basic-auth: USER:PASSWORD")
            != std::string::npos);
  CAF_CHECK(complaint("http 80 --subdomain a.b").find("SM-2004") != std::string::npos);
  CAF_CHECK(complaint("tcp 22 --proxy-protocol=v3").find("v1 or v2, not 'v3'")
            != std::string::npos);
  for (auto local : {"notaport:x", "70000", "ftp://localhost:1", "localhost:0", "unix:"})
    CAF_CHECK(complaint(std::string{"http "} + local).find("SM-4007") != std::string::npos);
  CAF_CHECK(std::holds_alternative<printed_answer>(parse_command_line({"http", ""})));
}

CAF_TEST(help is no mistake and has examples) {
  for (auto line : {"--help", "-h", "http --help", "config check --help"}) {
    auto parsed = parse(line);
    const auto* answer = std::get_if<printed_answer>(&parsed);
    CAF_REQUIRE(answer);
    CAF_CHECK(answer->code == exit_code::success);
    CAF_CHECK(answer->err.empty());
    CAF_CHECK(answer->out.size() > 100);
  }
  auto help = std::get<printed_answer>(parse("--help")).out;
  for (const auto& command : list_commands().commands)
    if (command.name.find(' ') == std::string::npos)
      CAF_CHECK(help.find("\n  " + command.name + " ") != std::string::npos);
  CAF_CHECK(help.find("Exit codes: 0") != std::string::npos);
}

CAF_TEST(help of a command is about this command) {
  for (auto line : {"status --help", "config --help", "version --help"}) {
    auto help = std::get<printed_answer>(parse(line)).out;
    CAF_CHECK(help.find("serverme http 3000") == std::string::npos);
    CAF_CHECK(help.ends_with("are accepted here too.\n"));
  }
  auto help = std::get<printed_answer>(parse("tcp --help")).out;
  CAF_CHECK(help.find("--proxy-protocol[=v2] ") != std::string::npos);
  CAF_CHECK(help.find("REQUIRED") == std::string::npos);
}

CAF_TEST(the version can be asked for as an option) {
  auto answer = std::get<printed_answer>(parse("--version"));
  CAF_CHECK(answer.code == exit_code::success);
  CAF_CHECK(answer.out.starts_with("serverme "));
}

CAF_TEST(without a word the help is shown but it was no success) {
  auto answer = std::get<printed_answer>(parse(""));
  CAF_CHECK(answer.code == exit_code::usage);
  CAF_CHECK(answer.out.find("Examples:") != std::string::npos);
}

CAF_TEST(completions know every command and option) {
  auto all = list_commands();
  CAF_CHECK(all.commands.size() >= 13);
  for (auto shell : {"bash", "zsh", "fish"}) {
    auto script = completion_script(shell, all);
    for (const auto& command : all.commands) {
      auto last = command.name.substr(command.name.rfind(' ') + 1);
      CAF_CHECK(script.find(last) != std::string::npos);
      for (const auto& option : command.options)
        CAF_CHECK(script.find(option.substr(2)) != std::string::npos);
    }
    for (const auto& option : all.global_options)
      CAF_CHECK(script.find(option.substr(2)) != std::string::npos);
  }
  CAF_CHECK(completion_script("powershell", all).empty());
}

CAF_TEST(failures end with the code that is promised) {
  CAF_CHECK(exit_code_of(errc::key_missing) == exit_code::configuration);
  CAF_CHECK(exit_code_of(errc::file_mode_too_open) == exit_code::configuration);
  CAF_CHECK(exit_code_of(errc::key_invalid) == exit_code::refused);
  CAF_CHECK(exit_code_of(errc::certificate_refused) == exit_code::refused);
  CAF_CHECK(exit_code_of(errc::name_taken) == exit_code::refused);
  CAF_CHECK(exit_code_of(errc::server_unreachable) == exit_code::failed);
}
