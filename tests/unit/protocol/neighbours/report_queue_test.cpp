// What is told to a tunnel's home of its visitors elsewhere: bounded, and the oldest make room.
#define CAF_SUITE report_queue
#include "protocol/neighbours/report_queue.hpp"

#include "tests/unit/test.hpp"

using namespace serverme;
using namespace serverme::neighbours;

namespace {

std::shared_ptr<const capture> exchange(std::string target, std::size_t body = 0) {
  auto made = std::make_shared<capture>();
  made->target = std::move(target);
  made->response.body.assign(body, 'x');
  made->response.body_bytes = body;
  return made;
}

} // namespace

CAF_TEST(captures are told in order and once) {
  report_queue queue;
  CAF_CHECK(is_empty(queue.next()));
  queue.add(exchange("/1"));
  queue.add(exchange("/2"));
  auto report = queue.next();
  CAF_REQUIRE_EQUAL(report.captures.size(), 2u);
  CAF_CHECK_EQUAL(report.captures[0].target, "/1");
  CAF_CHECK(is_empty(queue.next()));
  CAF_CHECK(queue.empty());
}

CAF_TEST(a message is bounded in bytes) {
  report_queue queue{{.message_bytes_max = 10'000}};
  for (int i = 0; i < 5; ++i)
    queue.add(exchange("/", 4'000));
  std::size_t told = 0;
  for (auto report = queue.next(); !is_empty(report); report = queue.next()) {
    CAF_CHECK_LESS_OR_EQUAL(report.captures.size(), 2u);
    told += report.captures.size();
  }
  CAF_CHECK_EQUAL(told, 5u);
}

CAF_TEST(a capture that fits into no message is dropped and counted) {
  report_queue queue{{.message_bytes_max = 10'000}};
  queue.add(exchange("/", 20'000));
  CAF_CHECK(queue.empty());
  CAF_CHECK_EQUAL(queue.dropped(), 1u);
}

CAF_TEST(when too many wait the oldest make room) {
  report_queue queue{{.captures_max = 3}};
  for (int i = 1; i <= 5; ++i)
    queue.add(exchange("/" + std::to_string(i)));
  CAF_CHECK_EQUAL(queue.dropped(), 2u);
  CAF_CHECK_EQUAL(queue.next().captures.front().target, "/3");
}

CAF_TEST(what waits is bounded in bytes) {
  report_queue queue{{.bytes_max = 10'000}};
  for (int i = 0; i < 100; ++i)
    queue.add(exchange("/", 3'000));
  CAF_CHECK_LESS_OR_EQUAL(queue.captures(), 3u);
  CAF_CHECK_EQUAL(queue.captures() + queue.dropped(), 100u);
}

CAF_TEST(usage of one endpoint is one sum) {
  report_queue queue;
  for (int i = 0; i < 10; ++i)
    queue.add(tunnel_usage{{7}, 1, 10, 100});
  queue.add(tunnel_usage{{8}, 1, 1, 1});
  auto report = queue.next();
  CAF_REQUIRE_EQUAL(report.used.size(), 2u);
  const auto& sum = report.used[0].endpoint.value == 7 ? report.used[0] : report.used[1];
  CAF_CHECK_EQUAL(sum.visits, 10u);
  CAF_CHECK_EQUAL(sum.bytes_in, 100u);
  CAF_CHECK_EQUAL(sum.bytes_out, 1'000u);
}

CAF_TEST(usage of many endpoints takes several messages) {
  report_queue queue{{.message_usages_max = 100}};
  for (std::uint64_t i = 1; i <= 250; ++i)
    queue.add(tunnel_usage{{i}, 1, 1, 1});
  CAF_CHECK_EQUAL(queue.next().used.size(), 100u);
  CAF_CHECK_EQUAL(queue.next().used.size(), 100u);
  CAF_CHECK_EQUAL(queue.next().used.size(), 50u);
  CAF_CHECK(is_empty(queue.next()));
}
