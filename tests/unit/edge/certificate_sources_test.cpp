// Where certificates come from: files that change, and the development CA.
#define CAF_SUITE certificate_sources
#include "net/certificate_issuer.hpp"
#include "net/file.hpp"
#include "nodes/edge/certificate_files.hpp"
#include "nodes/edge/development_ca.hpp"
#include "tests/unit/support/temporary_directory.hpp"
#include "tests/unit/test.hpp"

#include <sys/stat.h>

#include <future>

using namespace serverme;
using namespace serverme::edge;

namespace {

struct fixture {
  tests::temporary_directory place;
  net::certificate_issuer issuer
    = net::certificate_issuer::make_root("a test", std::chrono::hours{1});

  /// Files `title`.pem and `title`.key for these names.
  certificate_paths put(const std::string& title, std::vector<std::string> names) {
    auto made = issuer.issue({.common_name = title, .dns_names = std::move(names), .addresses = {}})
                  .value();
    certificate_paths paths{place.path() / (title + ".pem"), place.path() / (title + ".key")};
    CAF_REQUIRE(net::write_file(paths.chain, made.chain, net::file_readers::everyone));
    CAF_REQUIRE(net::write_file(paths.key, made.key, net::file_readers::owner));
    return paths;
  }
};

constexpr milliseconds often{5};
constexpr milliseconds never{1'000'000};

void ignore(const certificate_paths&, const result<done>&) {}

} // namespace

CAF_TEST_FIXTURE_SCOPE(certificate_sources_tests, fixture)

CAF_TEST(the exact name comes before the wildcard) {
  auto files = certificate_files::open(
    {put("wild", {"*.example.com"}), put("shop", {"shop.example.com"})}, never, ignore);
  CAF_REQUIRE(files);
  auto& source = **files;
  CAF_CHECK(source.find("shop.example.com") != nullptr);
  CAF_CHECK(source.find("shop.example.com") != source.find("blog.example.com"));
  CAF_CHECK(source.find("blog.example.com") == source.find("news.example.com"));
}

CAF_TEST(who names no server gets the first certificate) {
  auto files = certificate_files::open({put("a", {"a.org"}), put("b", {"b.org"})}, never, ignore);
  CAF_REQUIRE(files);
  CAF_CHECK((*files)->find("") == (*files)->find("a.org"));
}

CAF_TEST(a name of nobody gets nothing) {
  auto files = certificate_files::open({put("wild", {"*.example.com"})}, never, ignore);
  CAF_REQUIRE(files);
  for (const auto* name : {"example.com", "a.b.example.com", "other.org", "localhost"})
    CAF_CHECK((*files)->find(name) == nullptr);
}

CAF_TEST(a renewed certificate is served without a restart) {
  auto paths = put("renewed", {"old.example.com"});
  std::promise<void> reloaded;
  auto files = certificate_files::open(
    {paths}, often, [&reloaded](const certificate_paths&, const result<done>& outcome) {
      if (outcome) // not yet while one of the two files is still the old one
        reloaded.set_value();
    });
  CAF_REQUIRE(files);
  put("renewed", {"brand-new.example.com"});
  reloaded.get_future().wait();
  CAF_CHECK((*files)->find("brand-new.example.com") != nullptr);
  CAF_CHECK((*files)->find("old.example.com") == nullptr);
}

CAF_TEST(a key of another certificate is refused) {
  auto one = put("one", {"one.org"}), other = put("other", {"other.org"});
  CAF_CHECK(!certificate_files::open({{one.chain, other.key}}, never, ignore));
}

CAF_TEST(what cannot be loaded again leaves the certificate from before) {
  auto paths = put("kept", {"kept.example.com"});
  std::promise<errc> told;
  auto files = certificate_files::open(
    {paths}, often, [&told](const certificate_paths&, const result<done>& outcome) {
      if (!outcome)
        told.set_value(outcome.error().code);
    });
  CAF_REQUIRE(files);
  CAF_REQUIRE(net::write_file(paths.chain, "broken", net::file_readers::everyone));
  CAF_CHECK(told.get_future().get() == errc::certificate_unreadable);
  CAF_CHECK((*files)->find("kept.example.com") != nullptr);
}

CAF_TEST(files that are not there are said at once) {
  auto files = certificate_files::open({{place / "no.pem", place / "no.key"}}, never, ignore);
  CAF_REQUIRE(!files);
  CAF_CHECK(files.error().code == errc::certificate_unreadable);
  CAF_CHECK(!certificate_files::open({}, never, ignore));
}

CAF_TEST(the development ca serves its domain and localhost only) {
  auto ca = development_ca::open(place.path(), "dev.test");
  CAF_REQUIRE(ca);
  for (const auto* name : {"", "localhost", "dev.test", "a.dev.test", "a.b.dev.test"})
    CAF_CHECK((*ca)->find(name) != nullptr);
  for (const auto* name : {"example.com", "xdev.test", "a..dev.test,DNS:evil"})
    CAF_CHECK((*ca)->find(name) == nullptr);
}

CAF_TEST(the development ca makes a certificate once for a name) {
  auto ca = development_ca::open(place.path(), "dev.test");
  CAF_REQUIRE(ca);
  CAF_CHECK((*ca)->find("a.dev.test") == (*ca)->find("a.dev.test"));
  CAF_CHECK((*ca)->find("a.dev.test") != (*ca)->find("b.dev.test"));
}

CAF_TEST(the development ca stays the same from start to start) {
  CAF_REQUIRE(development_ca::open(place.path(), "dev.test"));
  auto first = net::read_file(place / "ca.pem").value();
  CAF_REQUIRE(development_ca::open(place.path(), "other.test"));
  auto second = net::read_file(place / "ca.pem").value();
  CAF_CHECK_EQUAL(second, first);
  struct stat key {};
  ::stat((place / "ca.key").c_str(), &key);
  CAF_CHECK_EQUAL(key.st_mode & 0777U, 0600u);
}

CAF_TEST_FIXTURE_SCOPE_END()
