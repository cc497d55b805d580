#include "net/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace serverme::net {

namespace {

constexpr std::size_t file_bytes_max = 1024 * 1024;

class descriptor {
public:
  explicit descriptor(int number) noexcept : number_{number} {}
  ~descriptor() {
    if (number_ >= 0)
      ::close(number_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int number() const noexcept { return number_; }

private:
  int number_;
};

failure unusable(const std::filesystem::path& path) {
  return fail(errc::data_dir_unusable,
              path.string() + ": " + std::generic_category().message(errno));
}

bool write_all(int into, std::string_view text) {
  while (!text.empty()) {
    auto written = ::write(into, text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

} // namespace

result<std::string> read_file(const std::filesystem::path& path) {
  descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.number() < 0)
    return unusable(path);
  std::string text(file_bytes_max + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    auto got = ::read(file.number(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return unusable(path);
    if (got == 0)
      break;
    size += static_cast<std::size_t>(got);
  }
  if (size > file_bytes_max)
    return fail(errc::data_dir_unusable, path.string() + " is larger than 1 MiB");
  text.resize(size);
  text.shrink_to_fit();
  return text;
}

result<done> write_file(const std::filesystem::path& path, std::string_view text,
                        file_readers readers) {
  auto fresh = path;
  fresh += ".new";
  auto mode = readers == file_readers::owner ? 0600U : 0644U;
  ::unlink(fresh.c_str()); // its mode would stay
  descriptor file{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
  if (file.number() < 0)
    return unusable(fresh);
  if (!write_all(file.number(), text) || ::fsync(file.number()) != 0
      || std::rename(fresh.c_str(), path.c_str()) != 0) {
    auto why = unusable(path);
    ::unlink(fresh.c_str());
    return why;
  }
  return done{};
}

} // namespace serverme::net
