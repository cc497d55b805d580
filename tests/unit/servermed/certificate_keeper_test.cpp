// A node's certificate is renewed in time, as often as it takes, and never after the node was
// removed.
#define CAF_SUITE certificate_keeper
#include "nodes/servermed/cluster/certificate_keeper.hpp"

#include "tests/unit/servermed/cluster_member.hpp"
#include "tests/unit/support/temporary_directory.hpp"
#include "tests/unit/test.hpp"

#include <atomic>
#include <future>

using namespace serverme;
using namespace serverme::servermed;
using namespace serverme::tests;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::hours nearly_over{24};

struct fixture {
  kept_identity keep(std::chrono::hours lifetime) {
    auto identity = member.identity(lifetime);
    CAF_REQUIRE(begin_identity(place.path(), identity.credentials.own.key));
    CAF_REQUIRE(keep_identity(place.path(), identity));
    return identity;
  }

  keeper_settings settings() {
    return {.data_dir = place.path(),
            .ask =
              [this](const kept_identity&, const auto&) {
                ++asked;
                return result<control::welcome>{member.renewal()};
              },
            .on_renewed = [this](const kept_identity& fresh) { renewed.set_value(fresh); },
            .on_refused = [this](const failure& why) { refused.set_value(why.code); },
            .again_after = 1ms};
  }

  template <class T>
  T await(std::promise<T>& what) {
    auto it = what.get_future();
    CAF_REQUIRE(it.wait_for(10s) == std::future_status::ready);
    return it.get();
  }

  temporary_directory place;
  cluster_member member;
  std::atomic<int> asked{0};
  std::promise<kept_identity> renewed;
  std::promise<errc> refused;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(certificate_keeper_tests, fixture)

CAF_TEST(a certificate is due when a third of its life is left) {
  auto identity = member.identity();
  auto end = identity.certificate.expires;
  CAF_CHECK(!is_renewal_due(identity, end - control::renewed_before - 1s));
  CAF_CHECK(is_renewal_due(identity, end - control::renewed_before + 1s));
  CAF_CHECK(!has_ended(identity, end - 1s));
  CAF_CHECK(has_ended(identity, end));
}

CAF_TEST(one that is due is renewed and kept) {
  certificate_keeper keeper{keep(nearly_over), settings()};
  auto fresh = await(renewed);
  auto loaded = load_identity(place.path());
  CAF_REQUIRE(loaded);
  CAF_CHECK_EQUAL(loaded->certificate.serial, fresh.certificate.serial);
  CAF_CHECK(!is_renewal_due(*loaded, std::chrono::system_clock::now()));
  CAF_CHECK(loaded->ways.seeds == std::vector<std::string>{"10.0.0.3:7947"});
}

CAF_TEST(it tries again until a control node answers) {
  auto how = settings();
  how.ask = [this](const kept_identity&, const auto&) -> result<control::welcome> {
    if (++asked < 4)
      return fail(errc::control_unreachable);
    return member.renewal();
  };
  certificate_keeper keeper{keep(nearly_over), how};
  await(renewed);
  CAF_CHECK_EQUAL(asked, 4);
}

CAF_TEST(a certificate for somebody else is not taken) {
  cluster_member other;
  auto how = settings();
  how.ask = [&](const kept_identity&, const auto&) {
    return result<control::welcome>{++asked < 3 ? other.renewal() : member.renewal()};
  };
  certificate_keeper keeper{keep(nearly_over), how};
  CAF_CHECK_EQUAL(await(renewed).credentials.ca, member.ca.root().chain);
  CAF_CHECK_EQUAL(asked, 3);
}

CAF_TEST(a removed node is told once and asks no more) {
  auto how = settings();
  how.ask = [this](const kept_identity&, const auto&) -> result<control::welcome> {
    ++asked;
    return fail(errc::node_removed);
  };
  {
    certificate_keeper keeper{keep(nearly_over), how};
    CAF_CHECK_EQUAL(await(refused), errc::node_removed);
  }
  CAF_CHECK_EQUAL(asked, 1);
}

CAF_TEST(one that is not due is left alone and the thread ends at once) {
  { certificate_keeper keeper{keep(control::node_certificate_lifetime), settings()}; }
  CAF_CHECK_EQUAL(asked, 0);
}

CAF_TEST(an attempt that is under way is called off) {
  std::promise<void> begun;
  auto how = settings();
  how.ask = [&](const kept_identity&,
                const std::function<bool()>& is_called_off) -> result<control::welcome> {
    begun.set_value();
    while (!is_called_off())
      std::this_thread::yield();
    return fail(errc::control_unreachable);
  };
  certificate_keeper keeper{keep(nearly_over), how};
  CAF_CHECK(begun.get_future().wait_for(10s) == std::future_status::ready);
}

CAF_TEST_FIXTURE_SCOPE_END()
