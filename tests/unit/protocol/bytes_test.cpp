// The buffer that everything is read into and written from.
#define CAF_SUITE bytes
#include "protocol/big_endian.hpp"
#include "tests/unit/test.hpp"

using namespace serverme;

CAF_TEST(bytes leave in the order in which they came) {
  byte_queue queue;
  queue.append("hello ");
  queue.append("world");
  CAF_CHECK_EQUAL(queue.text(), "hello world");
  queue.consume(6);
  CAF_CHECK_EQUAL(queue.text(), "world");
  queue.append("!");
  CAF_CHECK_EQUAL(queue.text(), "world!");
  CAF_CHECK_EQUAL(queue.size(), 6u);
}

CAF_TEST(an empty queue begins anew) {
  byte_queue queue;
  queue.append("abc");
  queue.consume(3);
  CAF_CHECK(queue.empty());
  queue.append("d");
  CAF_CHECK_EQUAL(queue.text(), "d");
  queue.clear();
  CAF_CHECK(queue.empty());
}

CAF_TEST(a queue that never runs dry stays as small as what it holds) {
  byte_queue queue;
  queue.append(std::string(100, 'a'));
  for (int i = 0; i < 10'000; ++i) {
    queue.append(std::string(50, static_cast<char>('a' + i % 26)));
    queue.consume(50);
  }
  CAF_CHECK_EQUAL(queue.size(), 100u);
  CAF_CHECK_LESS(queue.capacity(), 1000u);
  CAF_CHECK_EQUAL(queue.text().back(), static_cast<char>('a' + 9'999 % 26));
}

CAF_TEST(bytes that are there can be replaced) {
  byte_queue queue;
  queue.append("xxab??ef");
  queue.consume(2);
  queue.overwrite(2, as_bytes("cd"));
  CAF_CHECK_EQUAL(queue.text(), "abcdef");
}

CAF_TEST(memory is given back only when nothing is in it) {
  byte_queue queue;
  queue.append(std::string(10'000, 'x'));
  queue.release();
  CAF_CHECK_EQUAL(queue.size(), 10'000u);
  queue.clear();
  CAF_CHECK_GREATER_OR_EQUAL(queue.capacity(), 10'000u);
  queue.release();
  CAF_CHECK_EQUAL(queue.capacity(), 0u);
}

CAF_TEST(integers are big endian) {
  auto four = big_endian(std::uint32_t{0x41424344});
  auto one = big_endian(std::uint8_t{0x41});
  CAF_CHECK_EQUAL(as_text(bytes_view{four}), "ABCD");
  CAF_CHECK_EQUAL(as_text(bytes_view{one}), "A");
  CAF_CHECK_EQUAL(read_big_endian<std::uint16_t>(as_bytes("ABC")), 0x4142u);
  CAF_CHECK_EQUAL(read_big_endian<std::uint64_t>(as_bytes("\xff\xff\xff\xff\xff\xff\xff\xff")),
                  ~std::uint64_t{0});
}
