#include "nodes/servermed/commands/api_access.hpp"

#include "net/file.hpp"
#include "nodes/servermed/cluster/watch_post.hpp"
#include "nodes/servermed/node_config.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <algorithm>
#include <charconv>
#include <iostream>

namespace serverme::servermed {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

// The API itself waits 5 s for its actors.
constexpr milliseconds patience{10'000};

std::string trimmed(std::string text) {
  constexpr auto blank = " \t\r\n";
  text.erase(text.find_last_not_of(blank) + 1);
  text.erase(0, std::min(text.size(), text.find_first_not_of(blank)));
  return text;
}

result<std::string> read_key(const std::string& file) {
  if (file == "-") {
    std::string line;
    std::getline(std::cin, line);
    return trimmed(line);
  }
  auto text = net::read_file(file);
  return text ? result<std::string>{trimmed(*std::move(text))}
              : fail(errc::config_unreadable, text.error().detail);
}

/// The key must not cross a network in the clear.
result<net::address> parse_own_address(const std::string& text) {
  auto where = net::parse_address(text);
  if (!where)
    return fail(errc::config_invalid, "--api: " + where.error().detail);
  error_code error;
  auto ip = asio::ip::make_address(where->host, error);
  if (error || !ip.is_loopback())
    return fail(errc::config_invalid, "--api: '" + text
                                        + "' is not on this machine, and the key would cross the "
                                          "network in the clear: use an SSH tunnel");
  return where;
}

/// Where a node of this machine is reached that listens on every address, or on one.
net::address reachable(net::address where) {
  error_code error;
  auto ip = asio::ip::make_address(where.host, error);
  if (error || ip.is_unspecified())
    where.host = !error && ip.is_v6() ? "::1" : "127.0.0.1";
  return where;
}

result<std::filesystem::path> data_dir_of(const api_options& options) {
  node_config config;
  if (!options.config_file.empty())
    if (auto outcome = read_config_file(options.config_file, config); !outcome)
      return fail(outcome.error());
  if (!options.data_dir.empty())
    config.data_dir = options.data_dir;
  if (config.data_dir.empty())
    return fail(errc::config_invalid,
                "which node? Say --data-dir or --config, or --api and --key-file");
  return config.data_dir;
}

result<net::address> address_in(const std::filesystem::path& data_dir) {
  auto text = net::read_file(data_dir / "ready.json");
  if (!text)
    return fail(errc::node_not_running, data_dir.string() + " has no ready.json");
  auto ready = json::parse(*text, nullptr, false);
  if (!ready.is_object() || !ready.contains("api") || !ready["api"].is_string())
    return fail(errc::node_not_running, "the node of " + data_dir.string() + " has no API");
  auto where = net::parse_address(ready["api"].get<std::string>());
  if (!where)
    return fail(errc::node_not_running, where.error().detail);
  return reachable(*std::move(where));
}

/// What the API says when it refuses; its message begins with our own words for the code.
failure refusal_in(const json& body, unsigned status) {
  auto error = body.is_object() ? body.value("error", json::object()) : json::object();
  auto code = error.is_object() ? error.value("code", "") : "";
  std::uint16_t number = 0;
  if (!code.starts_with("SM-")
      || std::from_chars(code.data() + 3, code.data() + code.size(), number).ec != std::errc{})
    return fail(errc::node_not_running, "it answers with HTTP " + std::to_string(status));
  auto known = static_cast<errc>(number);
  auto message = error.value("message", "");
  auto title = std::string{describe(known).title} + ": ";
  return fail(known, message.starts_with(title) ? message.substr(title.size()) : "");
}

/// One thing after another on a connection of its own, none of which waits for ever.
class connection {
public:
  connection(const net::address& where, const std::string& key)
    : where_{where}, authorization_{"Bearer " + key} {}

  result<json> get(const std::string& target) {
    if (auto connected = connect(); !connected)
      return fail(connected.error());
    http::request<http::empty_body> request{http::verb::get, target, 11};
    request.set(http::field::host, net::to_string(where_));
    request.set(http::field::authorization, authorization_);
    http::async_write(stream(), request, [this](error_code error, std::size_t) { error_ = error; });
    if (auto sent = run(); !sent)
      return fail(sent.error());
    http::response_parser<http::string_body> parser;
    parser.body_limit(64UL * 1024 * 1024);
    http::async_read(stream(), buffer_, parser,
                     [this](error_code error, std::size_t) { error_ = error; });
    if (auto came = run(); !came)
      return fail(came.error());
    auto body = json::parse(parser.get().body(), nullptr, false);
    auto status = parser.get().result_int();
    if (status == 200 && !body.is_discarded())
      return body;
    return refusal_in(body, status);
  }

  result<done> open(const std::string& target) {
    if (auto connected = connect(); !connected)
      return connected;
    socket_.set_option(websocket::stream_base::decorator{[this](websocket::request_type& request) {
      request.set(http::field::authorization, authorization_);
    }});
    websocket::response_type response;
    socket_.async_handshake(response, net::to_string(where_), target,
                            [this](error_code error) { error_ = error; });
    auto opened = run();
    if (opened || response.result_int() == 200)
      return opened;
    auto body = json::parse(response.body(), nullptr, false);
    return body.is_discarded() ? opened : refusal_in(body, response.result_int());
  }

  /// Waits for as long as it takes.
  result<json> read() {
    stream().expires_never();
    socket_.async_read(buffer_, [this](error_code error, std::size_t) { error_ = error; });
    if (auto came = run(); !came)
      return fail(came.error());
    auto text = beast::buffers_to_string(buffer_.data());
    buffer_.clear();
    return json::parse(text, nullptr, false);
  }

private:
  beast::tcp_stream& stream() { return socket_.next_layer(); }

  result<done> connect() {
    stream().expires_after(patience);
    stream().async_connect(
      asio::ip::tcp::endpoint{asio::ip::make_address(where_.host), where_.port},
      [this](error_code error) { error_ = error; });
    return run();
  }

  result<done> run() {
    loop_.restart();
    loop_.run();
    if (error_)
      return fail(errc::node_not_running, net::to_string(where_) + ": " + error_.message());
    return done{};
  }

  const net::address where_;
  const std::string authorization_;
  asio::io_context loop_;
  websocket::stream<beast::tcp_stream> socket_{loop_};
  beast::flat_buffer buffer_;
  error_code error_;
};

} // namespace

void add_api_options(CLI::App& command, api_options& into) {
  command
    .add_option("--data-dir", into.data_dir, "Data directory of a control node that runs here")
    ->type_name("DIR");
  command.add_option("--config", into.config_file, "Configuration file of that node")
    ->type_name("FILE");
  auto* api = command.add_option("--api", into.api, "Another node's API, on this machine")
                ->type_name("HOST:PORT");
  auto* key
    = command.add_option("--key-file", into.key_file, "An admin's key for it; -: standard input")
        ->type_name("FILE");
  api->needs(key);
  key->needs(api);
}

result<api_access> api_access::open(const api_options& options) {
  api_access made;
  std::filesystem::path key_file = options.key_file;
  if (!options.api.empty()) {
    auto where = parse_own_address(options.api);
    if (!where)
      return fail(where.error());
    made.where_ = *std::move(where);
  } else {
    auto data_dir = data_dir_of(options);
    if (!data_dir)
      return fail(data_dir.error());
    auto where = address_in(*data_dir);
    if (!where)
      return fail(where.error());
    made.where_ = *std::move(where);
    key_file = *data_dir / operator_key_file;
  }
  auto key = read_key(key_file.string());
  if (!key)
    return fail(key.error());
  made.key_ = *std::move(key);
  return made;
}

result<json> api_access::get(const std::string& target) const {
  return connection{where_, key_}.get(target);
}

result<done> api_access::follow(const std::string& target,
                                const std::function<bool(const json&)>& on_message) const {
  connection there{where_, key_};
  if (auto opened = there.open(target); !opened)
    return opened;
  for (auto message = there.read();; message = there.read()) {
    if (!message)
      return fail(message.error());
    if (!on_message(*message))
      return done{};
  }
}

} // namespace serverme::servermed
