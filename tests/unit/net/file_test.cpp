// Small files: whole or not at all, and for whom.
#define CAF_SUITE file
#include "net/file.hpp"

#include "tests/unit/support/temporary_directory.hpp"
#include "tests/unit/test.hpp"

#include <sys/stat.h>

using namespace serverme;
using namespace serverme::net;

namespace {

struct fixture {
  tests::temporary_directory place;
  std::filesystem::path path = place / "file";

  unsigned mode() const {
    struct stat found {};
    ::stat(path.c_str(), &found);
    return found.st_mode & 0777U;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(file_tests, fixture)

CAF_TEST(what was written is read) {
  CAF_REQUIRE(write_file(path, "text\n", file_readers::everyone));
  CAF_CHECK_EQUAL(read_file(path).value(), "text\n");
  CAF_CHECK_EQUAL(mode() & 0077U & ~0044U, 0u);
}

CAF_TEST(a secret is for its owner even where the file was open before) {
  CAF_REQUIRE(write_file(path, "public", file_readers::everyone));
  CAF_REQUIRE(write_file(path, "secret", file_readers::owner));
  CAF_CHECK_EQUAL(mode(), 0600u);
  CAF_CHECK_EQUAL(read_file(path).value(), "secret");
}

CAF_TEST(nothing of an attempt is left beside the file) {
  CAF_REQUIRE(write_file(path, "text", file_readers::owner));
  auto entries = std::filesystem::directory_iterator{place.path()};
  CAF_CHECK_EQUAL(std::distance(begin(entries), end(entries)), 1);
}

CAF_TEST(a file that is not there is said by its path) {
  auto outcome = read_file(path);
  CAF_REQUIRE(!outcome);
  CAF_CHECK(outcome.error().code == errc::data_dir_unusable);
  CAF_CHECK(outcome.error().detail.find(path.string()) != std::string::npos);
}

CAF_TEST(a directory that is not there cannot be written to) {
  CAF_CHECK(!write_file(place.path() / "missing" / "file", "text", file_readers::owner));
}

CAF_TEST(a file of more than a mebibyte is none of ours) {
  CAF_REQUIRE(write_file(path, std::string(1024 * 1024 + 1, 'x'), file_readers::owner));
  CAF_CHECK(!read_file(path));
}

CAF_TEST_FIXTURE_SCOPE_END()
