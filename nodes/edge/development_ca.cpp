#include "nodes/edge/development_ca.hpp"

#include "net/file.hpp"

#include <utility>

namespace serverme::edge {

namespace {

namespace fs = std::filesystem;

// Strangers choose the names: beyond this many all are forgotten and made again.
constexpr std::size_t names_max = 1024;
// A certificate lives a year; a server that runs longer makes new ones in time.
constexpr std::chrono::hours remade_after{30 * 24};
constexpr std::chrono::hours root_lifetime{10 * 365 * 24};

result<net::certificate_issuer> load_or_make(const fs::path& chain, const fs::path& key) {
  std::error_code ignored;
  if (fs::exists(key, ignored)) {
    auto chain_text = net::read_file(chain), key_text = net::read_file(key);
    if (!chain_text)
      return fail(chain_text.error());
    if (!key_text)
      return fail(key_text.error());
    return net::certificate_issuer::load({std::move(*chain_text), std::move(*key_text)});
  }
  auto made = net::certificate_issuer::make_root("ServerMe development CA", root_lifetime);
  auto root = made.root();
  // The key last: it is what tells a next start that both are there.
  if (auto written = net::write_file(chain, root.chain, net::file_readers::everyone); !written)
    return fail(written.error());
  if (auto written = net::write_file(key, root.key, net::file_readers::owner); !written)
    return fail(written.error());
  return made;
}

} // namespace

result<std::unique_ptr<development_ca>> development_ca::open(const fs::path& directory,
                                                             std::string domain) {
  auto chain = directory / "ca.pem";
  auto issuer = load_or_make(chain, directory / "ca.key");
  if (!issuer)
    return fail(issuer.error());
  return std::unique_ptr<development_ca>{
    new development_ca{std::move(*issuer), std::move(chain), std::move(domain)}};
}

development_ca::development_ca(net::certificate_issuer issuer, fs::path ca_file, std::string domain)
  : issuer_{std::move(issuer)}, ca_file_{std::move(ca_file)}, domain_{std::move(domain)} {}

net::ssl_context development_ca::find(std::string_view server_name) {
  // Who dials an address names no server (RFC 6066, section 3).
  std::string name{server_name.empty() ? "localhost" : server_name};
  if (name != "localhost" && name != domain_ && !name.ends_with("." + domain_))
    return nullptr;
  auto now = std::chrono::steady_clock::now();
  std::lock_guard guard{mutex_};
  if (auto found = made_.find(name);
      found != made_.end() && now - found->second.since < remade_after)
    return found->second.context;
  if (made_.size() >= names_max)
    made_.clear();
  auto context = make(name);
  if (context)
    made_.insert_or_assign(std::move(name), made_context{context, now});
  return context;
}

net::ssl_context development_ca::make(const std::string& name) const {
  net::certificate_subject subject{.common_name = name, .dns_names = {name}, .addresses = {}};
  if (name == "localhost")
    subject.addresses = {"127.0.0.1", "::1"};
  auto certificate = issuer_.issue(subject);
  if (!certificate)
    return nullptr;
  auto context = net::make_server_context(*certificate, {alpn_lane, alpn_http});
  return context ? *context : nullptr;
}

} // namespace serverme::edge
