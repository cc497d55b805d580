#include "config/settings_reader.hpp"

#include "config/suggestion.hpp"
#include "protocol/quantity.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

namespace serverme::config {

namespace {

// Larger ones are no settings of ours, and yaml-cpp takes hundreds of times a file's size.
constexpr std::size_t file_bytes_max = 1024 * 1024;

struct problem {
  int line = 0;
  std::string text;

  friend auto operator<=>(const problem&, const problem&) = default;
};

int line_of(const YAML::Node& node) { return node.Mark().line + 1; }

std::string suggestion(const std::string& key, const std::set<std::string>& known) {
  std::vector<std::string_view> words{known.begin(), known.end()};
  return did_you_mean(key, words);
}

} // namespace

struct settings_reader::mapping {
  YAML::Node node;
  std::set<std::string> known;
};

struct settings_reader::document {
  std::string name;
  std::vector<problem> problems;
  std::vector<std::shared_ptr<mapping>> mappings;

  void complain(int line, std::string what) { problems.push_back({line, std::move(what)}); }

  std::shared_ptr<mapping> enter(const YAML::Node& node) {
    mappings.push_back(std::make_shared<mapping>(mapping{node, {}}));
    return mappings.back();
  }

  /// nullptr when the key is not there. Its value when it is plain text; else it is a problem.
  bool text_of(mapping& in, const char* key, std::string& into) {
    in.known.insert(key);
    const auto& node = std::as_const(in.node)[key];
    if (!node || node.IsNull())
      return false;
    if (!node.IsScalar()) {
      complain(line_of(node), std::string{key} + ": one value is expected");
      return false;
    }
    into = node.Scalar();
    return true;
  }

  int line_in(const mapping& in, const char* key) const {
    const auto& node = std::as_const(in.node)[key];
    return line_of(node ? node : in.node);
  }
};

settings_reader::settings_reader(std::shared_ptr<document> from, std::shared_ptr<mapping> here)
  : document_{std::move(from)}, here_{std::move(here)} {}

result<settings_reader> settings_reader::open(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::string text(file_bytes_max + 1, '\0');
  if (!in || (in.read(text.data(), static_cast<std::streamsize>(text.size())), in.bad()))
    return fail(errc::config_unreadable, file.string());
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > file_bytes_max)
    return fail(errc::config_unreadable, file.string() + " is larger than 1 MiB");
  return parse(text, file.string());
}

result<settings_reader> settings_reader::parse(const std::string& text, std::string name) {
  YAML::Node root;
  try {
    root = YAML::Load(text);
  } catch (const YAML::Exception& why) {
    return fail(errc::config_invalid,
                name + ":" + std::to_string(why.mark.line + 1) + ": " + why.msg);
  }
  if (root.IsNull())
    root = YAML::Node{YAML::NodeType::Map};
  if (!root.IsMap())
    return fail(errc::config_invalid, name + ":1: a list of `key: value` is expected");
  auto made = std::make_shared<document>();
  made->name = std::move(name);
  auto here = made->enter(root);
  return settings_reader{std::move(made), std::move(here)};
}

bool settings_reader::has(const char* key) const {
  const auto& node = std::as_const(here_->node)[key];
  return node && !node.IsNull();
}

void settings_reader::read(const char* key, std::string& into) {
  document_->text_of(*here_, key, into);
}

void settings_reader::read(const char* key, bool& into) {
  std::string text;
  if (!document_->text_of(*here_, key, text))
    return;
  if (text == "true" || text == "yes" || text == "on")
    into = true;
  else if (text == "false" || text == "no" || text == "off")
    into = false;
  else
    complain(key, "'" + text + "' is neither true nor false");
}

void settings_reader::read(const char* key, milliseconds& into) {
  std::string text;
  if (!document_->text_of(*here_, key, text))
    return;
  if (auto time = parse_duration(text))
    into = *time;
  else
    complain(key, time.error().detail);
}

void settings_reader::read_bytes(const char* key, std::size_t& into) {
  std::string text;
  if (!document_->text_of(*here_, key, text))
    return;
  if (auto size = parse_byte_count(text))
    into = *size;
  else
    complain(key, size.error().detail);
}

void settings_reader::read_number(const char* key, std::uint64_t& into, std::uint64_t least,
                                  std::uint64_t most) {
  std::string text;
  if (!document_->text_of(*here_, key, text))
    return;
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most)
    return complain(key, "'" + text + "' is no number from " + std::to_string(least) + " to "
                           + std::to_string(most));
  into = value;
}

settings_reader settings_reader::section(const char* key) {
  here_->known.insert(key);
  const auto& node = std::as_const(here_->node)[key];
  if (node && node.IsMap())
    return {document_, document_->enter(node)};
  if (node && !node.IsNull())
    complain(key, "a list of `key: value` is expected");
  return {document_, document_->enter(YAML::Node{YAML::NodeType::Map})};
}

std::vector<settings_reader> settings_reader::list(const char* key) {
  here_->known.insert(key);
  const auto& node = std::as_const(here_->node)[key];
  std::vector<settings_reader> all;
  if (!node || node.IsNull())
    return all;
  if (!node.IsSequence()) {
    complain(key, "a list is expected");
    return all;
  }
  for (const auto& each : node) {
    if (each.IsMap())
      all.push_back({document_, document_->enter(each)});
    else
      document_->complain(line_of(each), std::string{key} + ": `key: value` is expected");
  }
  return all;
}

std::vector<std::pair<std::string, settings_reader>> settings_reader::sections(const char* key) {
  std::vector<std::pair<std::string, settings_reader>> all;
  auto inside = section(key);
  for (const auto& each : std::as_const(inside.here_->node)) {
    auto name = each.first.IsScalar() ? each.first.Scalar() : std::string{};
    inside.here_->known.insert(name);
    if (each.second.IsMap())
      all.emplace_back(name, settings_reader{document_, document_->enter(each.second)});
    else
      document_->complain(line_of(each.first), name + ": a list of `key: value` is expected");
  }
  return all;
}

void settings_reader::complain(const char* key, const std::string& what) {
  document_->complain(document_->line_in(*here_, key), std::string{key} + ": " + what);
}

result<done> settings_reader::finish() const {
  auto problems = document_->problems;
  for (const auto& each : document_->mappings) {
    std::set<std::string> seen;
    for (const auto& entry : std::as_const(each->node)) {
      auto key = entry.first.IsScalar() ? entry.first.Scalar() : std::string{"?"};
      if (!each->known.contains(key))
        problems.push_back(
          {line_of(entry.first), "unknown key '" + key + "'" + suggestion(key, each->known)});
      else if (!seen.insert(key).second)
        problems.push_back({line_of(entry.first), "key '" + key + "' stands here twice"});
    }
  }
  if (problems.empty())
    return done{};
  std::sort(problems.begin(), problems.end());
  std::string text;
  for (const auto& each : problems)
    text += (text.empty() ? "" : "\n") + document_->name + ":" + std::to_string(each.line) + ": "
            + each.text;
  return fail(errc::config_invalid, std::move(text));
}

} // namespace serverme::config
