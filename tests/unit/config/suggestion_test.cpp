// Near words.
#define CAF_SUITE suggestion
#include "config/suggestion.hpp"

#include "tests/unit/test.hpp"

#include <array>

using namespace serverme::config;

namespace {

constexpr std::array<std::string_view, 5> known{"http", "tcp", "tls", "start", "status"};

} // namespace

CAF_TEST(distance counts insertions and replacements and swaps of neighbours) {
  CAF_CHECK_EQUAL(edit_distance("", ""), 0u);
  CAF_CHECK_EQUAL(edit_distance("", "abc"), 3u);
  CAF_CHECK_EQUAL(edit_distance("abc", ""), 3u);
  CAF_CHECK_EQUAL(edit_distance("status", "status"), 0u);
  CAF_CHECK_EQUAL(edit_distance("stauts", "status"), 1u);
  CAF_CHECK_EQUAL(edit_distance("statu", "status"), 1u);
  CAF_CHECK_EQUAL(edit_distance("kitten", "sitting"), 3u);
}

CAF_TEST(a misspelt word finds its neighbour) {
  CAF_CHECK_EQUAL(nearest("htpp", known), "http");
  CAF_CHECK_EQUAL(nearest("staus", known), "status");
  CAF_CHECK_EQUAL(nearest("tpc", known), "tcp");
}

CAF_TEST(a word that is near nothing finds nothing) {
  CAF_CHECK_EQUAL(nearest("nonsense", known), "");
  CAF_CHECK_EQUAL(nearest("x", known), "");
  CAF_CHECK_EQUAL(nearest(std::string(100, 't'), known), "");
}
