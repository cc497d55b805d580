// Who may have a data directory, and that one node at a time has it.
#define CAF_SUITE data_directory

#include "nodes/servermed/data_directory.hpp"

#include "tests/unit/support/temporary_directory.hpp"
#include "tests/unit/test.hpp"

#include <sys/stat.h>
#include <unistd.h>

using namespace serverme;
using namespace serverme::tests;
using servermed::data_directory;

namespace {

errc code_of(const result<data_directory>& outcome) {
  return outcome ? errc{} : outcome.error().code;
}

} // namespace

CAF_TEST(one that is missing is made and nobody looks around in it) {
  temporary_directory place;
  CAF_REQUIRE(data_directory::open(place / "data"));
  struct stat entry {};
  CAF_REQUIRE_EQUAL(::stat((place / "data").c_str(), &entry), 0);
  CAF_CHECK_EQUAL(entry.st_mode & 0777u, 0711u);
}

CAF_TEST(one node at a time has it) {
  temporary_directory place;
  {
    auto first = data_directory::open(place.path());
    CAF_REQUIRE(first);
    CAF_CHECK_EQUAL(code_of(data_directory::open(place.path())), errc::already_running);
  }
  CAF_CHECK(data_directory::open(place.path()));
}

CAF_TEST(one that others can write to is refused) {
  temporary_directory place;
  CAF_REQUIRE_EQUAL(::chmod(place.path().c_str(), 0757), 0);
  CAF_CHECK_EQUAL(code_of(data_directory::open(place.path())), errc::data_dir_unusable);
  CAF_CHECK(!std::filesystem::exists(place / "lock"));
  CAF_REQUIRE_EQUAL(::chmod(place.path().c_str(), 0775), 0);
  CAF_CHECK(data_directory::open(place.path())); // its group is ours alone on Debian
  if (::geteuid() != 0)
    return;
  CAF_REQUIRE_EQUAL(::chown(place.path().c_str(), 0, 1), 0);
  CAF_REQUIRE_EQUAL(::chmod(place.path().c_str(), 0775), 0);
  CAF_CHECK_EQUAL(code_of(data_directory::open(place.path())), errc::data_dir_unusable);
}

CAF_TEST(one of another user is refused also by root) {
  if (::geteuid() != 0)
    return;
  temporary_directory place;
  CAF_REQUIRE_EQUAL(::chown(place.path().c_str(), 1, 1), 0);
  CAF_CHECK_EQUAL(code_of(data_directory::open(place.path())), errc::data_dir_unusable);
  CAF_CHECK(!std::filesystem::exists(place / "lock"));
}
