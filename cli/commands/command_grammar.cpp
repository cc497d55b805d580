#include "cli/commands/command_grammar.hpp"

#include "cli/commands/commands.hpp"
#include "config/misuse.hpp"

namespace serverme::cli {

namespace {

constexpr auto examples = R"(Examples:
  serverme http 3000                         http://localhost:3000 on a public URL
  serverme http 3000 --subdomain shop        ... on a name that you choose
  serverme http https://localhost:8443       a local service with TLS of its own
  serverme http unix:/run/app.sock           one on a Unix socket
  serverme tcp 5432                          a database, ssh, anything on TCP
  serverme start                             every tunnel of the configuration file
  serverme doctor 3000                       why does it not work?

Values are looked for in this order: option, variable (SERVERME_SERVER, SERVERME_TOKEN,
SERVERME_CA, SERVERME_API, SERVERME_CONFIG), configuration file, default.

Exit codes: 0 done or stopped by you, 1 failed, 2 misuse, 3 refused for good (key, certificate,
every tunnel), 4 configuration, 130 interrupted twice.)";

constexpr auto of_every_command = "Options of `serverme --help` are accepted here too.";

constexpr auto http_examples = R"(Examples:
  serverme http 3000
  serverme http localhost:3000 --subdomain shop --basic-auth anna:secret
  serverme http https://localhost:8443       its certificate is not checked: it is your own
  serverme http unix:/run/app.sock --host-header app.test

Options of `serverme --help` are accepted here too.)";

constexpr auto tcp_examples = R"(Examples:
  serverme tcp 5432
  serverme tcp 192.168.1.20:22 --remote-port 10022
  serverme tcp 25 --proxy-protocol=v2        the service learns the visitor's address

Options of `serverme --help` are accepted here too.)";

constexpr auto tls_examples = R"(Example:
  serverme tls 443 --subdomain bank          the service ends TLS itself, nobody in between can

Options of `serverme --help` are accepted here too.)";

constexpr auto start_examples = R"(Examples:
  serverme start                             every tunnel of the file
  serverme start web database                these two

Options of `serverme --help` are accepted here too.)";

constexpr auto status_notes
  = R"(IN and OUT are what visitors sent and got. The live view of a tunnel counts what this
machine got and sent: an http request is a little longer there, for X-Forwarded-For and the like.

Options of `serverme --help` are accepted here too.)";

constexpr auto doctor_examples = R"(Examples:
  serverme doctor                            is it the server, the certificate, the key?
  serverme doctor 3000                       or my own service?

Options of `serverme --help` are accepted here too.)";

constexpr auto authtoken_examples = R"(Examples:
  serverme authtoken                         asks for the key, which leaves no trace in the history
  serverme authtoken <key.txt
  serverme authtoken sm_live_...

Options of `serverme --help` are accepted here too.)";

constexpr auto completion_examples = R"(Examples:
  source <(serverme completion bash)
  serverme completion zsh >"${fpath[1]}/_serverme"
  serverme completion fish | source)";

void add_globals(CLI::App& app, typed_words& words) {
  auto& globals = words.globals;
  app.add_option("--config", globals.config, "Configuration file (~/.serverme/config.yml)")
    ->type_name("FILE");
  app.add_option("--server", globals.server, "The server's TLS address")->type_name("HOST:PORT");
  app.add_option("--token", globals.token, "API key; others may see it in the list of processes")
    ->type_name("KEY");
  app
    .add_option("--ca", globals.ca, "CA of the server's certificate, PEM; without it the system's")
    ->type_name("FILE");
  app.add_option("--api", globals.api, "Address of the server's API, for `status`")
    ->type_name("URL");
  app.add_option("--log-format", words.format, "auto: live on a terminal, plain lines elsewhere")
    ->type_name("auto|plain|json")
    ->check(config::one_of({"auto", "plain", "json"}));
}

CLI::App* add_command(CLI::App& parent, const char* name, const char* purpose) {
  auto* made = parent.add_subcommand(name, purpose);
  made->fallthrough();
  return made;
}

// Options of tunnels and fields of the file are the same things: --basic-auth is basic_auth.
void add_field(CLI::App& to, typed_words& words, const char* option, const char* field,
               const char* value, const char* purpose) {
  to.add_option(option)
    ->each([&words, field](const std::string& text) { words.fields[field] = text; })
    ->description(purpose)
    ->type_name(value);
}

void add_proxy_protocol(CLI::App& to, typed_words& words) {
  to.add_flag("--proxy-protocol{v1}")
    ->each([&words](const std::string& text) { words.fields["proxy_protocol"] = text; })
    ->description("Tell the service who the visitor is; v1, or =v2");
}

void add_local(CLI::App& to, typed_words& words, const char* value) {
  to.add_option("local", words.local, "Where your service listens")->required()->type_name(value);
}

void add_tunnels(CLI::App& app, typed_words& words) {
  auto* http = add_command(app, "http", "Put a web server on a public URL");
  add_local(*http, words, "PORT|ADDRESS");
  add_field(*http, words, "--subdomain", "subdomain", "NAME", "The name in front of the domain");
  add_field(*http, words, "--basic-auth", "basic_auth", "USER:PASSWORD", "What visitors must know");
  add_field(*http, words, "--host-header", "host_header", "HOST",
            "The Host your service sees instead of the public one");
  http->add_flag("--no-inspect", words.no_inspect, "Record no requests");
  http->footer(http_examples);

  auto* tcp = add_command(app, "tcp", "Put any TCP service on a public port");
  add_local(*tcp, words, "PORT|ADDRESS");
  add_field(*tcp, words, "--remote-port", "remote_port", "PORT",
            "The public port; a free one without");
  add_proxy_protocol(*tcp, words);
  tcp->footer(tcp_examples);

  auto* tls = add_command(app, "tls", "Pass TLS through, untouched, by its server name");
  add_local(*tls, words, "PORT|ADDRESS");
  add_field(*tls, words, "--subdomain", "subdomain", "NAME", "The name in front of the domain");
  add_proxy_protocol(*tls, words);
  tls->footer(tls_examples);

  auto* start = add_command(app, "start", "Open the tunnels of the configuration file");
  start->add_option("names", words.titles, "These only; all without a name")->type_name("NAME");
  start->footer(start_examples);
}

void add_reports(CLI::App& app, typed_words& words) {
  auto* status = add_command(app, "status", "List the tunnels that are open, through the API");
  status->add_flag("--json", words.json, "For programs");
  status->footer(status_notes);

  auto* doctor = add_command(app, "doctor", "Find out which step to the server fails, and why");
  doctor->add_option("local", words.local, "Your service, to be tried too")
    ->type_name("PORT|ADDRESS");
  doctor->add_flag("--json", words.json, "For programs");
  doctor->footer(doctor_examples);
}

void add_configuration(CLI::App& app, typed_words& words) {
  auto* token = add_command(app, "authtoken", "Store your API key in the configuration file");
  token->add_option("key", words.token, "The key; without it, one line of the standard input")
    ->type_name("KEY");
  token->footer(authtoken_examples);

  auto* config = add_command(app, "config", "Look at the configuration file");
  config->require_subcommand(1);
  add_command(*config, "check", "Name every mistake in it, and what is in force");
  add_command(*config, "edit", "Open it in $VISUAL or $EDITOR");
  add_command(*config, "path", "Print where it is");

  auto* completion = add_command(app, "completion", "Print a script that completes these commands");
  completion->add_option("shell", words.shell, "Your shell")
    ->required()
    ->type_name("bash|zsh|fish")
    ->check(config::one_of({"bash", "zsh", "fish"}));
  completion->footer(completion_examples);

  add_command(app, "version", "Print the version");
}

/// CLI11 shows the value of a flag as it wants it declared; this, as it is typed.
class help_formatter : public CLI::Formatter {
public:
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    auto name = CLI::Formatter::make_option_name(option, is_positional);
    auto brace = name.find('{');
    return brace == std::string::npos ? name : name.substr(0, brace) + "[=v2]";
  }
};

} // namespace

std::unique_ptr<CLI::App> make_grammar(typed_words& words) {
  auto app = std::make_unique<CLI::App>(
    "Put a program that runs on your machine on a public URL, through a server of your own.",
    "serverme");
  app->require_subcommand(0, 1);
  // Commands take over what the program has when they are added.
  auto formatter = std::make_shared<help_formatter>();
  formatter->label("REQUIRED", "");
  app->formatter(formatter);
  app->set_help_flag("-h,--help", "Print this");
  app->footer(of_every_command);
  add_globals(*app, words);
  add_tunnels(*app, words);
  add_reports(*app, words);
  add_configuration(*app, words);
  app->set_version_flag("--version", version_text(), "Print the version");
  app->footer(examples);
  return app;
}

} // namespace serverme::cli
