#include "nodes/servermed/cluster/identity_files.hpp"

#include "net/cluster/join_tls.hpp"
#include "net/file.hpp"

#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace serverme::servermed {

namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

constexpr auto folder_name = "cluster";
constexpr auto key_name = "node.key";
constexpr auto certificate_name = "node.pem";
constexpr auto ca_name = "ca.pem";
constexpr auto facts_name = "cluster.json"; // written last: its presence means that all is there
constexpr auto cluster_key_name = "cluster.key";

fs::path folder_of(const fs::path& data_dir) { return data_dir / folder_name; }

failure unusable(const fs::path& path, const std::string& why) {
  return fail(errc::identity_unusable, path.string() + ": " + why);
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

result<std::string> read(const fs::path& path) {
  auto text = net::read_file(path);
  if (!text)
    return fail(errc::identity_unusable, text.error().detail);
  return text;
}

/// Ours, and nobody else can read it.
result<std::string> read_secret(const fs::path& path) {
  struct stat entry {};
  if (::stat(path.c_str(), &entry) != 0)
    return unusable(path, std::generic_category().message(errno));
  if (entry.st_uid != ::geteuid())
    return unusable(path, "it belongs to another user");
  if ((entry.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail(errc::file_mode_too_open, path.string());
  return read(path);
}

std::string facts_text(const kept_identity& identity) {
  json facts{{"version", 1},
             {"cluster", to_string(identity.who().cluster)},
             {"node", to_string(identity.who().node)},
             {"roles", to_string(identity.who().roles)},
             {"name", identity.name},
             {"host", identity.host},
             {"join", identity.ways.joins},
             {"seeds", identity.ways.seeds}};
  return facts.dump(2) + "\n";
}

std::string text_of(const json& facts, const char* name) {
  auto found = facts.find(name);
  return found != facts.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::vector<std::string> texts_of(const json& facts, const char* name) {
  std::vector<std::string> texts;
  auto found = facts.find(name);
  if (found != facts.end() && found->is_array())
    for (const auto& each : *found)
      if (each.is_string())
        texts.push_back(each.get<std::string>());
  return texts;
}

result<done> read_facts(const fs::path& path, kept_identity& into) {
  auto text = read(path);
  if (!text)
    return fail(text.error());
  auto facts = json::parse(*text, nullptr, false);
  if (!facts.is_object())
    return unusable(path, "it is not what was written there");
  if (text_of(facts, "node") != to_string(into.who().node)
      || text_of(facts, "cluster") != to_string(into.who().cluster))
    return unusable(path, "it is of another node than node.pem");
  into.name = text_of(facts, "name");
  into.host = text_of(facts, "host");
  into.ways = {texts_of(facts, "join"), texts_of(facts, "seeds")};
  return done{};
}

/// Everything but the key, cluster.json last.
result<done> write_all(const fs::path& folder, const kept_identity& identity) {
  if (auto checked = net::check_credentials(identity.credentials); !checked)
    return fail(errc::identity_unusable, checked.error().detail);
  if (!identity.cluster_key.empty())
    if (auto written = net::write_file(folder / cluster_key_name, identity.cluster_key + "\n",
                                       net::file_readers::owner);
        !written)
      return written;
  for (const auto& [name, text] : {std::pair{ca_name, identity.credentials.ca},
                                   std::pair{certificate_name, identity.credentials.own.chain},
                                   std::pair{facts_name, facts_text(identity)}})
    if (auto written = net::write_file(folder / name, text, net::file_readers::everyone); !written)
      return written;
  return done{};
}

} // namespace

bool holds_identity(const fs::path& data_dir) { return is_there(folder_of(data_dir) / facts_name); }

result<kept_identity> load_identity(const fs::path& data_dir) {
  auto folder = folder_of(data_dir);
  if (!holds_identity(data_dir))
    return fail(errc::identity_missing, data_dir.string());
  kept_identity made;
  auto key = read_secret(folder / key_name);
  if (!key)
    return fail(key.error());
  auto chain = read(folder / certificate_name), ca = read(folder / ca_name);
  if (!chain || !ca)
    return fail(chain ? ca.error() : chain.error());
  made.credentials = {{*std::move(chain), *std::move(key)}, *std::move(ca)};
  if (auto checked = net::check_credentials(made.credentials); !checked)
    return unusable(folder, checked.error().detail);
  auto certificate = net::read_node_certificate(made.credentials.own.chain);
  if (!certificate)
    return unusable(folder / certificate_name, certificate.error().detail);
  made.certificate = *std::move(certificate);
  if (is_there(folder / cluster_key_name)) {
    auto cluster_key = read_secret(folder / cluster_key_name);
    if (!cluster_key)
      return fail(cluster_key.error());
    made.cluster_key = *std::move(cluster_key);
    while (made.cluster_key.ends_with('\n'))
      made.cluster_key.pop_back();
  }
  if (auto facts = read_facts(folder / facts_name, made); !facts)
    return fail(facts.error());
  return made;
}

result<done> begin_identity(const fs::path& data_dir, const std::string& key) {
  if (holds_identity(data_dir))
    return fail(errc::identity_exists, data_dir.string());
  auto folder = folder_of(data_dir);
  std::error_code error;
  fs::create_directory(folder, error);
  if (error || ::chmod(folder.c_str(), 0700) != 0)
    return fail(errc::data_dir_unusable,
                folder.string() + ": " + std::generic_category().message(errno));
  return net::write_file(folder / key_name, key, net::file_readers::owner);
}

result<done> keep_identity(const fs::path& data_dir, const kept_identity& identity) {
  return write_all(folder_of(data_dir), identity);
}

result<done> keep_renewal(const fs::path& data_dir, const kept_identity& identity) {
  // The key stays: with two files to replace, a crash between them would end the node.
  if (auto checked = net::check_credentials(identity.credentials); !checked)
    return fail(errc::identity_unusable, checked.error().detail);
  auto folder = folder_of(data_dir);
  if (auto written = net::write_file(folder / certificate_name, identity.credentials.own.chain,
                                     net::file_readers::everyone);
      !written)
    return written;
  return net::write_file(folder / facts_name, facts_text(identity), net::file_readers::everyone);
}

result<done> forget_identity(const fs::path& data_dir) {
  auto folder = folder_of(data_dir);
  // In this order: what is left of it after a crash is no node.
  for (const auto* name : {facts_name, key_name, cluster_key_name, certificate_name, ca_name}) {
    std::error_code error;
    fs::remove(folder / name, error);
    if (error)
      return fail(errc::data_dir_unusable, (folder / name).string() + ": " + error.message());
  }
  std::error_code ignored; // somebody else's file is in it
  fs::remove(folder, ignored);
  return done{};
}

} // namespace serverme::servermed
