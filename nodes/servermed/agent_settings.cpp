#include "nodes/servermed/agent_settings.hpp"

#include "config/settings_reader.hpp"
#include "net/file.hpp"
#include "net/listener.hpp"

#include <boost/asio/ip/address.hpp>
#include <nlohmann/json.hpp>

namespace serverme::servermed {

namespace {

/// A name that is in the certificate and leads here: the development CA signs for the domain and
/// for localhost.
std::string reachable_host(const net::address& tls, const std::string& domain) {
  boost::system::error_code error;
  auto ip = boost::asio::ip::make_address(tls.host, error);
  return !error && (ip.is_loopback() || ip.is_unspecified()) ? "localhost" : domain;
}

/// JSON's strings are strings of YAML too, whatever a path has in it.
std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

} // namespace

std::string read_token(const std::filesystem::path& file) {
  auto settings = config::settings_reader::open(file);
  std::string token;
  if (settings)
    settings->read("token", token);
  return token;
}

result<done> write_agent_settings(const std::filesystem::path& file, const ready_addresses& where,
                                  const std::string& token, const std::filesystem::path& ca_file) {
  std::string text
    = "# Written by `servermed dev` at each start, for `serverme --config` of this file.\n";
  if (where.tls) {
    net::address server{reachable_host(*where.tls, where.domain), where.tls->port};
    text += "server: " + net::to_string(server) + "\nca: " + quoted(ca_file.string()) + "\n";
  }
  text += "token: " + token + "\n";
  if (where.api)
    text += "api: http://" + net::to_string(*where.api) + "\n";
  return net::write_file(file, text, net::file_readers::owner);
}

} // namespace serverme::servermed
