// Who a node is, on disk: whole or not at all, and for nobody else's eyes.
#define CAF_SUITE identity_files
#include "nodes/servermed/cluster/identity_files.hpp"

#include "net/file.hpp"
#include "tests/unit/servermed/cluster_member.hpp"
#include "tests/unit/support/temporary_directory.hpp"
#include "tests/unit/test.hpp"

#include <sys/stat.h>

using namespace serverme;
using namespace serverme::servermed;
using namespace serverme::tests;

namespace {

struct fixture {
  /// The member's identity is in `place`.
  kept_identity keep(kept_identity identity) {
    CAF_REQUIRE(begin_identity(place.path(), identity.credentials.own.key));
    CAF_REQUIRE(keep_identity(place.path(), identity));
    return identity;
  }

  std::filesystem::path file(const char* name) const { return place.path() / "cluster" / name; }

  void overwrite(const char* name, const std::string& text) {
    CAF_REQUIRE(net::write_file(file(name), text, net::file_readers::owner));
  }

  errc trouble() {
    auto loaded = load_identity(place.path());
    return loaded ? errc{} : loaded.error().code;
  }

  unsigned mode_of(const char* name) {
    struct stat entry {};
    CAF_REQUIRE_EQUAL(::stat(file(name).c_str(), &entry), 0);
    return entry.st_mode & 0777U;
  }

  temporary_directory place;
  cluster_member member;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(identity_files_tests, fixture)

CAF_TEST(an identity is loaded as it was kept) {
  auto kept = member.identity();
  kept.cluster_key = "abc";
  keep(kept);
  auto loaded = load_identity(place.path());
  CAF_REQUIRE(loaded);
  CAF_CHECK(loaded->who() == member.who);
  CAF_CHECK_EQUAL(loaded->certificate.serial, kept.certificate.serial);
  CAF_CHECK_EQUAL(loaded->credentials.own.key, member.request.key);
  CAF_CHECK_EQUAL(loaded->credentials.ca, kept.credentials.ca);
  CAF_CHECK_EQUAL(loaded->name, "second");
  CAF_CHECK_EQUAL(loaded->host, "10.0.0.2");
  CAF_CHECK(loaded->ways.joins == kept.ways.joins);
  CAF_CHECK(loaded->ways.seeds == kept.ways.seeds);
  CAF_CHECK_EQUAL(loaded->cluster_key, "abc");
}

CAF_TEST(secrets are for their owner only) {
  auto kept = member.identity();
  kept.cluster_key = "abc";
  keep(kept);
  CAF_CHECK_EQUAL(mode_of("node.key"), 0600u);
  CAF_CHECK_EQUAL(mode_of("cluster.key"), 0600u);
  CAF_CHECK_EQUAL(mode_of("."), 0700u);
  for (const auto* secret : {"node.key", "cluster.key"}) {
    ::chmod(file(secret).c_str(), 0640);
    CAF_CHECK_EQUAL(trouble(), errc::file_mode_too_open);
    ::chmod(file(secret).c_str(), 0600);
  }
  CAF_CHECK_EQUAL(trouble(), errc{});
}

CAF_TEST(there is none where none was kept) {
  CAF_CHECK(!holds_identity(place.path()));
  CAF_CHECK_EQUAL(trouble(), errc::identity_missing);
  CAF_CHECK(begin_identity(place.path(), member.request.key));
  CAF_CHECK(!holds_identity(place.path())); // begun is not done
  CAF_CHECK_EQUAL(trouble(), errc::identity_missing);
  CAF_CHECK(begin_identity(place.path(), member.request.key));
}

CAF_TEST(another one is not overwritten) {
  keep(member.identity());
  auto again = begin_identity(place.path(), "another key");
  CAF_REQUIRE(!again);
  CAF_CHECK_EQUAL(again.error().code, errc::identity_exists);
  CAF_CHECK_EQUAL(trouble(), errc{});
}

CAF_TEST(files that do not belong together are no identity) {
  auto kept = keep(member.identity());
  cluster_member other;
  overwrite("node.key", other.request.key);
  CAF_CHECK_EQUAL(trouble(), errc::identity_unusable);
  overwrite("node.key", member.request.key);
  overwrite("ca.pem", other.ca.root().chain);
  CAF_CHECK_EQUAL(trouble(), errc::identity_unusable);
  overwrite("ca.pem", kept.credentials.ca);
  for (const auto* text : {"", "{", "[]", "{}", R"({"node":1,"cluster":2})"}) {
    overwrite("cluster.json", text);
    CAF_CHECK_EQUAL(trouble(), errc::identity_unusable);
  }
}

CAF_TEST(a file that is missing is named) {
  keep(member.identity());
  for (const auto* name : {"node.key", "node.pem", "ca.pem"}) {
    auto away = file(name);
    auto aside = away;
    aside += ".aside";
    std::filesystem::rename(away, aside);
    auto loaded = load_identity(place.path());
    CAF_REQUIRE(!loaded);
    CAF_CHECK_EQUAL(loaded.error().code, errc::identity_unusable);
    CAF_CHECK(loaded.error().detail.find(name) != std::string::npos);
    std::filesystem::rename(aside, away);
  }
}

CAF_TEST(a renewal replaces the certificate and not the key) {
  auto kept = keep(member.identity());
  auto fresh = member.identity();
  fresh.ways = {{"10.0.0.3:7946"}, {}};
  CAF_CHECK(keep_renewal(place.path(), fresh));
  auto loaded = load_identity(place.path());
  CAF_REQUIRE(loaded);
  CAF_CHECK_EQUAL(loaded->certificate.serial, fresh.certificate.serial);
  CAF_CHECK(loaded->certificate.serial != kept.certificate.serial);
  CAF_CHECK(loaded->ways.joins == fresh.ways.joins);
  auto foreign = cluster_member{}.identity();
  foreign.credentials.own.key = member.request.key;
  CAF_CHECK(!keep_renewal(place.path(), foreign));
  CAF_CHECK_EQUAL(trouble(), errc{});
}

CAF_TEST(a forgotten identity leaves nothing but what others put there) {
  keep(member.identity());
  overwrite("notes.txt", "mine");
  CAF_CHECK(forget_identity(place.path()));
  CAF_CHECK_EQUAL(trouble(), errc::identity_missing);
  CAF_CHECK(std::filesystem::exists(file("notes.txt")));
  CAF_CHECK(!std::filesystem::exists(file("node.key")));
  CAF_CHECK(forget_identity(place.path()));
}

CAF_TEST_FIXTURE_SCOPE_END()
