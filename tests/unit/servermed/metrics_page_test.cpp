// The page that Prometheus reads: well formed, with a help text for everything, and true.
#define CAF_SUITE metrics_page
#include "nodes/servermed/metrics/metrics_page.hpp"

#include "tests/unit/test.hpp"

#include <map>
#include <regex>
#include <set>
#include <sstream>

using namespace serverme;
using namespace serverme::servermed;

namespace {

node_figures figures() {
  node_figures what{.roles = {node_role::edge, node_role::control},
                    .node = node_id{1, 2},
                    .started = wall_time{seconds{1'795'500'000}}};
  what.health.parts = {{"database", true}, {"leader", false}};
  what.health.actors = {{.name = "store", .restarts = 2, .queued = 3, .handled = 40},
                        {.name = "name_registry", .restarts = 1, .queued = 9, .handled = 50}};
  member_view one{.id = {1, 2}}, two{.id = {1, 3}, .state = membership::state::dead};
  what.health.members = member_list{.self = {1, 2}, .members = {one, two}};
  what.counters = {{"edge_waits_refused", 7, "Requests for an agent that is away"}};
  what.levels = {{"sessions", 12, "Agents with a lane on this edge"}};
  net::peer_counts links;
  links.peers = 4;
  links.refused[static_cast<std::size_t>(net::peer_refusal::identity_in_use)] = 5;
  what.links = links;
  return what;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream all{text};
  for (std::string line; std::getline(all, line);)
    lines.push_back(line);
  return lines;
}

bool has_line(const std::string& page, const std::string& line) {
  return std::ranges::count(lines_of(page), line) == 1;
}

} // namespace

CAF_TEST(every metric has a help text and a type and is there once) {
  std::map<std::string, std::string> help, type;
  std::set<std::string> seen;
  const std::regex name{"(serverme|process)_[a-z_]+[a-z]"};
  for (const auto& line : lines_of(write_metrics(figures()))) {
    std::istringstream words{line};
    std::string mark, what, which, rest;
    words >> mark;
    if (mark != "#") {
      which = mark.substr(0, mark.find('{'));
      CAF_CHECK(std::regex_match(which, name));
      CAF_CHECK(!help[which].empty() && !type[which].empty());
      CAF_CHECK_EQUAL(type[which] == "counter", which.ends_with("_total"));
      CAF_CHECK(seen.insert(mark).second);
      continue;
    }
    words >> what >> which >> std::ws;
    std::getline(words, rest);
    auto& of = what == "HELP" ? help : type;
    CAF_CHECK(of.emplace(which, rest).second);
  }
  CAF_CHECK(seen.size() > 40);
}

CAF_TEST(the values are those of the node) {
  auto page = write_metrics(figures());
  for (const auto* line :
       {"serverme_part_ready{part=\"database\"} 1", "serverme_part_ready{part=\"leader\"} 0",
        "serverme_members{state=\"alive\"} 1", "serverme_members{state=\"dead\"} 1",
        "serverme_members{state=\"left\"} 0", "serverme_sessions 12",
        "serverme_edge_waits_refused_total 7", "serverme_links 4",
        "serverme_link_refused_total{reason=\"identity_in_use\"} 5",
        "serverme_actor_mailbox_messages{actor=\"store\"} 3",
        "serverme_busiest_actor_mailbox_messages 9", "serverme_restarts_total 3"}) {
    CAF_MESSAGE(line);
    CAF_CHECK(has_line(page, line));
  }
  CAF_CHECK(page.find("roles=\"edge,control\"") != std::string::npos);
  CAF_CHECK(page.find("process_resident_memory_bytes ") != std::string::npos);
}

CAF_TEST(a server that stands alone has no cluster to tell of) {
  auto what = figures();
  what.health.members.reset();
  what.links.reset();
  auto page = write_metrics(what);
  CAF_CHECK(page.find("serverme_members") == std::string::npos);
  CAF_CHECK(page.find("serverme_link") == std::string::npos);
}
