// Settings read strictly: what is understood, and how each mistake is named.
#define CAF_SUITE settings_reader
#include "config/settings_reader.hpp"

#include "tests/unit/test.hpp"

using namespace serverme;
using config::settings_reader;

namespace {

settings_reader reading(const std::string& text) {
  return settings_reader::parse(text, "node.yml").value();
}

std::string problems(const settings_reader& reader) {
  auto outcome = reader.finish();
  return outcome ? "" : outcome.error().detail;
}

} // namespace

CAF_TEST(each kind of value is read) {
  auto reader = reading("name: edge\nport: 8080\non: yes\nwait: 30s\nsize: 64KiB\n");
  std::string name;
  std::uint16_t port = 0;
  bool on = false;
  milliseconds wait{0};
  std::size_t size = 0;
  reader.read("name", name);
  reader.read("port", port);
  reader.read("on", on);
  reader.read("wait", wait);
  reader.read_bytes("size", size);
  CAF_CHECK_EQUAL(name, "edge");
  CAF_CHECK_EQUAL(port, 8080u);
  CAF_CHECK(on);
  CAF_CHECK_EQUAL(wait.count(), 30'000);
  CAF_CHECK_EQUAL(size, 65536u);
  CAF_CHECK_EQUAL(problems(reader), "");
}

CAF_TEST(what is not there keeps its default) {
  auto reader = reading("port:\n");
  std::uint16_t port = 443;
  std::string name{"dev"};
  reader.read("port", port);
  reader.read("name", name);
  CAF_CHECK_EQUAL(port, 443u);
  CAF_CHECK_EQUAL(name, "dev");
  CAF_CHECK(!reader.has("port"));
  CAF_CHECK_EQUAL(problems(reader), "");
}

CAF_TEST(an empty file is an empty mapping) {
  CAF_CHECK_EQUAL(problems(reading("")), "");
  CAF_CHECK_EQUAL(problems(reading("# only a comment\n")), "");
}

CAF_TEST(a key that nobody knows is named with its line) {
  auto reader = reading("name: x\n\nprot: 1\n");
  std::string name;
  reader.read("name", name);
  CAF_CHECK_EQUAL(problems(reader), "node.yml:3: unknown key 'prot'");
}

CAF_TEST(all problems are named at once in the order of the file) {
  auto reader = reading("wait: soon\nport: 70000\non: perhaps\nlimits:\n  odd: 1\n");
  std::uint16_t port = 1;
  bool on = true;
  milliseconds wait{5};
  reader.section("limits");
  reader.read("on", on);
  reader.read("port", port);
  reader.read("wait", wait);
  CAF_CHECK_EQUAL(problems(reader),
                  "node.yml:1: wait: 'soon' is no time: write a number and ms, s, m, h or d\n"
                  "node.yml:2: port: '70000' is no number from 0 to 65535\n"
                  "node.yml:3: on: 'perhaps' is neither true nor false\n"
                  "node.yml:5: unknown key 'odd'");
  CAF_CHECK_EQUAL(port, 1u);
}

CAF_TEST(a value where a mapping belongs is a problem and not a crash) {
  auto reader = reading("limits: 5\nports: x\nname: {a: b}\n");
  std::string name;
  reader.section("limits");
  reader.list("ports");
  reader.read("name", name);
  auto text = problems(reader);
  for (const auto* line : {"node.yml:1: limits", "node.yml:2: ports", "node.yml:3: name"})
    CAF_CHECK(text.find(line) != std::string::npos);
}

CAF_TEST(lists and named sections are walked in the order of the file) {
  auto reader = reading("certificates:\n  - chain: a\n  - chain: b\n  - c\n"
                        "tunnels:\n  web: {local: 1}\n  db: {local: 2}\n");
  auto list = reader.list("certificates");
  CAF_REQUIRE_EQUAL(list.size(), 2u);
  std::string chain;
  list[1].read("chain", chain);
  CAF_CHECK_EQUAL(chain, "b");
  auto tunnels = reader.sections("tunnels");
  CAF_REQUIRE_EQUAL(tunnels.size(), 2u);
  CAF_CHECK_EQUAL(tunnels[0].first, "web");
  CAF_CHECK_EQUAL(tunnels[1].first, "db");
  CAF_CHECK(problems(reader).find("node.yml:4") != std::string::npos);
}

CAF_TEST(a key that stands twice is a problem) {
  auto reader = reading("port: 1\nport: 2\n");
  std::uint16_t port = 0;
  reader.read("port", port);
  CAF_CHECK(problems(reader).find("twice") != std::string::npos);
}

CAF_TEST(what is no yaml is said with its line) {
  for (const auto* text : {"a: [1, 2", "a: b: c", "\tx: 1", "- 1\n- 2", "just text"}) {
    auto outcome = settings_reader::parse(text, "node.yml");
    CAF_REQUIRE(!outcome);
    CAF_CHECK(outcome.error().code == errc::config_invalid);
    CAF_CHECK(outcome.error().detail.starts_with("node.yml:1: "));
  }
}

CAF_TEST(a file that is not there is unreadable) {
  auto outcome = settings_reader::open("/nowhere/node.yml");
  CAF_REQUIRE(!outcome);
  CAF_CHECK(outcome.error().code == errc::config_unreadable);
}
