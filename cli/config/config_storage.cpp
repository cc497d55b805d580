#include "cli/config/config_storage.hpp"

#include "cli/config/config_file.hpp"
#include "net/file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <system_error>

namespace serverme::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t token_bytes_max = 256;

failure unreadable(const fs::path& path, const std::error_code& why) {
  return fail(errc::config_unreadable, path.string() + ": " + why.message());
}

bool is_blank(std::string_view text) {
  auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos)
    return true;
  auto last = text.find_last_not_of(" \t\r\n");
  return text.substr(first, last - first + 1) == "{}";
}

std::size_t start_of_token(std::string_view text) {
  if (text.starts_with("token:"))
    return 0;
  auto before = text.find("\ntoken:");
  return before == std::string_view::npos ? before : before + 1;
}

} // namespace

result<std::optional<stored_config>> read_config(const fs::path& path) {
  struct stat seen {};
  if (path.empty() || (::stat(path.c_str(), &seen) != 0 && errno == ENOENT))
    return std::optional<stored_config>{};
  if (!fs::is_regular_file(path) && !fs::is_character_file(path) && !fs::is_fifo(path))
    return fail(errc::config_unreadable, path.string() + ": no file");
  auto text = net::read_file(path);
  if (!text)
    return fail(errc::config_unreadable, text.error().detail);
  auto readers = (seen.st_mode & (S_IRWXG | S_IRWXO)) == 0 ? config_readers::owner_only
                                                           : config_readers::others_too;
  return std::optional{stored_config{std::move(*text), readers}};
}

result<done> write_config(const fs::path& path, std::string_view text) {
  if (path.empty())
    return fail(errc::config_unreadable, "no home directory: give a file with --config");
  std::error_code error;
  auto target = fs::weakly_canonical(path, error);
  if (error)
    return unreadable(path, error);
  if (auto folder = target.parent_path(); fs::create_directories(folder, error))
    fs::permissions(folder, fs::perms::owner_all, error);
  if (error)
    return unreadable(target.parent_path(), error);
  auto written = net::write_file(target, text, net::file_readers::owner);
  if (!written)
    return fail(errc::config_unreadable, written.error().detail);
  return done{};
}

bool is_token(std::string_view text) {
  auto is_fine = [](char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z')
           || (letter >= 'A' && letter <= 'Z') || letter == '_' || letter == '-' || letter == '.';
  };
  return !text.empty() && text.size() <= token_bytes_max && std::ranges::all_of(text, is_fine);
}

result<std::string> with_token(const std::string& text, const std::string& token) {
  auto line = "token: " + token + "\n";
  std::string made;
  if (is_blank(text)) {
    made = line;
  } else if (auto begin = start_of_token(text); begin != std::string::npos) {
    auto end = text.find('\n', begin);
    made = text.substr(0, begin) + line + (end == std::string::npos ? "" : text.substr(end + 1));
  } else {
    made = text + (text.ends_with('\n') ? "" : "\n") + line;
  }
  // A file with mistakes, or in another shape (one `{...}`), is not ours to rewrite.
  auto parsed = parse_config(made, "with the key in it");
  if (!parsed)
    return fail(parsed.error());
  if (parsed->token != token)
    return fail(errc::config_invalid,
                "the key has no place in this file: write `token: KEY` into it");
  return made;
}

} // namespace serverme::cli
