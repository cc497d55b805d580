// The list of errors: whole, unmistakable, and the same in docs/errors.md.
#define CAF_SUITE error
#include "protocol/error.hpp"

#include "tests/unit/test.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

using namespace serverme;

namespace {

int family_of(const error_entry& entry) { return static_cast<int>(entry.code) / 1000; }

std::string line_of(const error_entry& entry) {
  auto status = entry.status == 0 ? std::string{"-"} : std::to_string(entry.status);
  return "| " + public_code(entry.code) + " | `" + std::string{entry.name} + "` | " + status + " | "
         + std::string{entry.title} + " | " + std::string{entry.advice} + " |";
}

} // namespace

CAF_TEST(the list is sorted and no number is there twice) {
  auto list = error_catalogue();
  CAF_REQUIRE(!list.empty());
  CAF_CHECK(std::ranges::adjacent_find(list, std::ranges::greater_equal{}, &error_entry::code)
            == list.end());
}

CAF_TEST(a name means one thing within its family) {
  std::set<std::pair<int, std::string_view>> seen;
  for (const auto& entry : error_catalogue())
    CAF_CHECK(seen.emplace(family_of(entry), entry.name).second);
}

CAF_TEST(every error says what it is and what to do) {
  for (const auto& entry : error_catalogue()) {
    CAF_CHECK(family_of(entry) >= 1 && family_of(entry) <= 5);
    CAF_CHECK(!entry.name.empty() && !entry.title.empty());
    CAF_CHECK(!entry.title.ends_with('.') && entry.advice.size() > 5);
    CAF_CHECK(entry.status == 0 || (entry.status >= 400 && entry.status <= 599));
    CAF_CHECK(&describe(entry.code) == &entry);
  }
}

CAF_TEST(a number that is not listed is described as unknown) {
  for (auto code : {errc{0}, errc{1000}, errc{1500}, errc{65535}}) {
    CAF_CHECK_EQUAL(describe(code).name, "unknown");
    CAF_CHECK(!is_permanent(code));
  }
}

CAF_TEST(a failure reads as one line) {
  CAF_CHECK_EQUAL(to_string(fail(errc::no_such_endpoint, "host shop")),
                  "SM-1004 no tunnel has this name: host shop");
  CAF_CHECK_EQUAL(to_string(fail(errc::draining)), "SM-1014 this node is about to stop");
}

CAF_TEST(an agent gives up only where trying again cannot help) {
  CAF_CHECK(is_permanent(errc::key_invalid));
  CAF_CHECK(is_permanent(errc::too_many_claims));
  CAF_CHECK(!is_permanent(errc::control_unavailable));
  CAF_CHECK(!is_permanent(errc::name_taken));
  CAF_CHECK(!is_permanent(errc::server_unreachable));
}

CAF_TEST(the page about errors has each of them in the words of the list) {
  std::ifstream file{SERVERME_SOURCE_DIR "/docs/errors.md"};
  CAF_REQUIRE(file.is_open());
  std::set<std::string> expected;
  for (const auto& entry : error_catalogue())
    expected.insert(line_of(entry));
  std::size_t rows = 0;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| SM-"))
      continue;
    ++rows;
    CAF_CHECK_EQUAL(line + (expected.contains(line) ? "" : " is not in the list"), line);
    expected.erase(line);
  }
  for (const auto& line : expected)
    CAF_ERROR("docs/errors.md has not: " << line);
  CAF_CHECK_EQUAL(rows, error_catalogue().size());
}
