// Times and sizes in text.
#define CAF_SUITE quantity
#include "protocol/quantity.hpp"

#include "tests/unit/test.hpp"

using namespace serverme;

CAF_TEST(times have a unit) {
  CAF_CHECK_EQUAL(parse_duration("250ms").value_or(milliseconds{-1}).count(), 250);
  CAF_CHECK_EQUAL(parse_duration("30s").value_or(milliseconds{-1}).count(), 30'000);
  CAF_CHECK_EQUAL(parse_duration("5 m").value_or(milliseconds{-1}).count(), 300'000);
  CAF_CHECK_EQUAL(parse_duration("2h").value_or(milliseconds{-1}).count(), 7'200'000);
  CAF_CHECK_EQUAL(parse_duration("1d").value_or(milliseconds{-1}).count(), 86'400'000);
  CAF_CHECK_EQUAL(parse_duration("0").value_or(milliseconds{-1}).count(), 0);
}

CAF_TEST(sizes may have a unit) {
  CAF_CHECK_EQUAL(parse_byte_count("4096").value_or(1), 4096u);
  CAF_CHECK_EQUAL(parse_byte_count("10B").value_or(1), 10u);
  CAF_CHECK_EQUAL(parse_byte_count("64KiB").value_or(1), 65536u);
  CAF_CHECK_EQUAL(parse_byte_count("1 MiB").value_or(1), 1u << 20);
  CAF_CHECK_EQUAL(parse_byte_count("2GiB").value_or(1), 1ULL << 31);
}

CAF_TEST(what is neither is refused) {
  for (const auto* text : {"", "s", "30", "-1s", "1.5s", "30 sec", "1e3s", "99999999999999999999s",
                           "4000d", "0x10s", "30s "})
    CAF_CHECK(!parse_duration(text));
  for (const auto* text : {"", "KiB", "-1", "1.5MiB", "64KB", "64k", "99999999GiB", "1 KiB "})
    CAF_CHECK(!parse_byte_count(text));
}

CAF_TEST(the message names what was written) {
  CAF_CHECK(parse_duration("30 sec").error().detail.find("30 sec") != std::string::npos);
}

CAF_TEST(sizes are shown with one decimal at most) {
  CAF_CHECK_EQUAL(byte_count_text(0), "0 B");
  CAF_CHECK_EQUAL(byte_count_text(1023), "1023 B");
  CAF_CHECK_EQUAL(byte_count_text(1229), "1.2 KiB");
  CAF_CHECK_EQUAL(byte_count_text(48 * 1024), "48 KiB");
  CAF_CHECK_EQUAL(byte_count_text(1024 * 1024), "1.0 MiB");
  CAF_CHECK_EQUAL(byte_count_text(1024 * 1024 - 1), "1.0 MiB");
  CAF_CHECK_EQUAL(byte_count_text(5ULL << 40), "5.0 TiB");
}

CAF_TEST(times are shown in the unit that reads best) {
  CAF_CHECK_EQUAL(duration_text(microseconds{40}), "0.0 ms");
  CAF_CHECK_EQUAL(duration_text(microseconds{420}), "0.4 ms");
  CAF_CHECK_EQUAL(duration_text(microseconds{12'400}), "12 ms");
  CAF_CHECK_EQUAL(duration_text(microseconds{3'100'000}), "3.1 s");
}
