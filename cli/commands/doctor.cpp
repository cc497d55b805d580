#include "cli/commands/doctor.hpp"

#include "cli/commands/server_probe.hpp"
#include "cli/output/failure_text.hpp"
#include "cli/output/session_view.hpp"
#include "net/listener.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace serverme::cli {

namespace {

constexpr std::size_t name_columns = 16;

check pass(std::string name, std::string detail) {
  return {std::move(name), verdict::pass, std::move(detail), ""};
}

check skip(std::string name, std::string why) {
  return {std::move(name), verdict::skip, std::move(why), ""};
}

check fails(std::string name, const failure& why, std::string advice = {}) {
  if (advice.empty())
    advice = describe(why.code).advice;
  return {std::move(name), verdict::fail, to_string(why), std::move(advice)};
}

class stopwatch {
public:
  std::string text() const {
    return format_duration(
      std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - began_));
  }

private:
  time_point began_ = std::chrono::steady_clock::now();
};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words)
    text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// The way to the server, step by step; whatever comes after a failed step is skipped.
class journey {
public:
  explicit journey(const settings& from) : from_{from} {}
  std::vector<check> run();

private:
  using step = bool (journey::*)();

  bool resolve();
  bool connect();
  bool secure();
  bool greet();

  const settings& from_;
  net::address server_;
  std::vector<std::string> addresses_;
  std::optional<probe> probe_;
  std::vector<check> checks_;
};

std::vector<check> journey::run() {
  auto server = parse_server(from_.server.value);
  if (!server)
    return {
      fails("Server name", server.error(),
            "Correct it where it is set: " + std::string{to_string(from_.server.from)} + ".")};
  server_ = std::move(*server);
  struct named_step {
    const char* name;
    step run;
  };
  constexpr named_step steps[] = {{"Server name", &journey::resolve},
                                  {"Connection", &journey::connect},
                                  {"TLS", &journey::secure},
                                  {"API key", &journey::greet}};
  bool goes_on = true;
  for (const auto& each : steps) {
    if (goes_on)
      goes_on = (this->*each.run)();
    else
      checks_.push_back(skip(each.name, "needs the step before"));
  }
  return std::move(checks_);
}

bool journey::resolve() {
  stopwatch watch;
  auto found = look_up(server_.host);
  if (!found) {
    checks_.push_back(fails("Server name", found.error(),
                            "Check the spelling (it comes from "
                              + std::string{to_string(from_.server.from)}
                              + ") and this machine's DNS."));
    return false;
  }
  addresses_ = std::move(*found);
  checks_.push_back(
    pass("Server name", server_.host + " is " + joined(addresses_) + " (" + watch.text() + ")"));
  return true;
}

bool journey::connect() {
  stopwatch watch;
  auto connected = probe::connect(addresses_, server_.port);
  if (!connected) {
    checks_.push_back(fails("Connection", connected.error(),
                            "Is servermed running there, is this its TLS port, and does a firewall "
                            "let it through?"));
    return false;
  }
  probe_.emplace(std::move(*connected));
  checks_.push_back(pass("Connection", net::to_string(server_) + " (" + watch.text() + ")"));
  return true;
}

bool journey::secure() {
  stopwatch watch;
  auto context = net::make_client_context(
    {.ca_file = from_.ca.value, .alpn = {"serverme/1"}, .only_tls_1_3 = true});
  if (!context) {
    checks_.push_back(fails("TLS", context.error(), "Check the file that --ca or `ca:` names."));
    return false;
  }
  if (auto outcome = probe_->secure(*context, server_.host); !outcome) {
    checks_.push_back(fails("TLS", outcome.error(),
                            outcome.error().code == errc::certificate_refused
                              ? ""
                              : "Something else may listen on this port: give the TLS address of "
                                "servermed (8443 if nobody changed it)."));
    return false;
  }
  if (probe_->tls().alpn() != "serverme/1") {
    checks_.push_back(fails("TLS", fail(errc::protocol_violation, "it does not speak serverme/1"),
                            "Something between may end TLS: let it pass the port through."));
    return false;
  }
  checks_.push_back(
    pass("TLS", probe_->tls().version() + ", certificate trusted (" + watch.text() + ")"));
  return true;
}

bool journey::greet() {
  if (from_.token.value.empty()) {
    checks_.push_back(fails("API key", fail(errc::key_missing)));
    return false;
  }
  stopwatch watch;
  auto welcome = probe_->greet(from_.token.value);
  if (!welcome) {
    auto advice = std::string{describe(welcome.error().code).advice};
    checks_.push_back(
      fails("API key", welcome.error(),
            advice + " (The key comes from " + std::string{to_string(from_.token.from)} + ".)"));
    return false;
  }
  checks_.push_back(
    pass("API key", "accepted by node " + welcome->node + " (" + watch.text() + ")"));
  return true;
}

check examine_local(const std::string& text) {
  auto where = parse_local_target(text, endpoint_kind::http);
  if (!where)
    return fails("Local service", where.error());
  stopwatch watch;
  auto connected = probe::connect_local(*where);
  if (!connected)
    return fails("Local service", connected.error());
  if (where->security == local_security::tls) {
    auto context = net::make_client_context({.verify_peer = false});
    auto outcome
      = context ? connected->secure(*context, where->host) : result<done>{context.error()};
    if (!outcome)
      return fails("Local service", outcome.error(), "It does not speak TLS: leave https:// away?");
  }
  return pass("Local service", to_string(*where) + " (" + watch.text() + ")");
}

check examine_configuration(const result<settings>& found) {
  if (!found)
    return fails("Configuration", found.error());
  auto file = found->file.string();
  if (!found->has_file)
    return skip("Configuration", file.empty() ? "no file" : file + " does not exist");
  return pass("Configuration", file);
}

} // namespace

std::string_view to_string(verdict outcome) noexcept {
  switch (outcome) {
    case verdict::pass: return "PASS";
    case verdict::fail: return "FAIL";
    case verdict::skip: return "SKIP";
  }
  return "";
}

bool has_failure(const std::vector<check>& checks) noexcept {
  return std::ranges::any_of(checks, [](const check& x) { return x.outcome == verdict::fail; });
}

std::string report(const std::vector<check>& checks, report_form form) {
  if (form == report_form::json) {
    nlohmann::ordered_json all{{"ok", !has_failure(checks)}};
    for (const auto& each : checks)
      all["checks"].push_back({{"name", each.name},
                               {"outcome", to_string(each.outcome)},
                               {"detail", each.detail},
                               {"advice", each.advice}});
    return all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  }
  std::string text;
  for (const auto& each : checks) {
    auto name = each.name;
    name.resize(std::max(name.size(), name_columns), ' ');
    text += std::string{to_string(each.outcome)} + "  " + name + shown(each.detail) + "\n";
    if (!each.advice.empty())
      text += std::string(6 + name_columns, ' ') + shown(each.advice) + "\n";
  }
  return text;
}

std::vector<check> examine(const result<settings>& found, const std::optional<std::string>& local) {
  std::vector<check> checks{examine_configuration(found)};
  if (found)
    std::ranges::move(journey{*found}.run(), std::back_inserter(checks));
  else
    checks.push_back(skip("Server", "needs the configuration"));
  checks.push_back(local ? examine_local(*local)
                         : skip("Local service", "`serverme doctor 3000` tries port 3000, too"));
  return checks;
}

} // namespace serverme::cli
