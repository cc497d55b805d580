// What the API says of a cluster, as a person reads it.
#define CAF_SUITE watch_text

#include "nodes/servermed/commands/watch_text.hpp"

#include "tests/unit/test.hpp"

using namespace serverme::servermed;

namespace {

json node(const char* id, const char* name, const char* state) {
  return {{"id", id},
          {"name", name},
          {"roles", {"edge", "control"}},
          {"state", state},
          {"state_seconds", 75},
          {"draining", false},
          {"version", "0.1.0"},
          {"cluster_address", "10.0.0.1:7947"},
          {"answers", true},
          {"leader", false},
          {"sessions", 12},
          {"load", 0.254},
          {"memory_bytes", 50 << 20},
          {"ailing", json::array()},
          {"uptime_seconds", 3'725}};
}

json silent(json node) {
  node["answers"] = false;
  for (const auto* field : {"sessions", "load", "memory_bytes", "ailing", "uptime_seconds"})
    node[field] = nullptr;
  return node;
}

} // namespace

CAF_TEST(durations are as exact as people need them) {
  CAF_CHECK_EQUAL(duration_text(0), "0s");
  CAF_CHECK_EQUAL(duration_text(59), "59s");
  CAF_CHECK_EQUAL(duration_text(3'600), "1h");
  CAF_CHECK_EQUAL(duration_text(3'725), "1h 2m");
  CAF_CHECK_EQUAL(duration_text(86'405), "1d");
  CAF_CHECK_EQUAL(duration_text(200'000), "2d 7h");
}

CAF_TEST(nodes are a table with what is wrong below it) {
  auto first = node("0123456789abcdef0123456789abcdef", "one", "alive");
  first["leader"] = true;
  json answer{
    {"status", "degraded"},
    {"problems", {"node two is dead"}},
    {"nodes", json::array({first, silent(node("fedcba9876543210fedcba9876543210", "two", "dead")),
                           silent(node("11111111111111111111111111111111", "", "alive"))})}};
  CAF_CHECK_EQUAL(nodes_text(answer),
                  "NODE       NAME  ROLES         STATE   SESSIONS  LOAD  MEMORY  UP          "
                  "  VERSION  ADDRESS\n"
                  "01234567*  one   edge,control  alive   12        25%   50 MiB  1h 2m       "
                  "  0.1.0    10.0.0.1:7947\n"
                  "fedcba98   two   edge,control  dead    -         -     -       1m 15s dead "
                  "  0.1.0    10.0.0.1:7947\n"
                  "11111111   -     edge,control  silent  -         -     -       1m 15s alive"
                  "  0.1.0    10.0.0.1:7947\n"
                  "\n* leads. The cluster is degraded.\n"
                  "  node two is dead\n");
}

CAF_TEST(an event is a line) {
  json entry{{"time", "2026-11-24T20:00:00.000Z"},
             {"kind", "node_died"},
             {"node", "0123456789abcdef0123456789abcdef"},
             {"name", "one"},
             {"detail", ""}};
  CAF_CHECK_EQUAL(event_line(entry),
                  "2026-11-24T20:00:00.000Z  node_died           01234567 one\n");
  entry["kind"] = "leader_won";
  entry["node"] = nullptr;
  entry["name"] = "";
  entry["detail"] = "term 4";
  CAF_CHECK_EQUAL(event_line(entry),
                  "2026-11-24T20:00:00.000Z  leader_won          (alone)  term 4\n");
}

CAF_TEST(actors are told by node and the missing below) {
  json answer{
    {"nodes",
     json::array(
       {{{"node", nullptr},
         {"actors", json::array({{{"name", "store"},
                                  {"group", "control"},
                                  {"state", "waiting_to_restart"},
                                  {"queued", 0},
                                  {"handled", 7},
                                  {"restarts", 2},
                                  {"age_seconds", 3},
                                  {"last_error", "away"}}})},
         {"crowds",
          json::array(
            {{{"kind", "tunnel_session"}, {"count", 9'000}, {"queued", 1}, {"handled", 2}}})}}})},
    {"missing", {"0123456789abcdef0123456789abcdef"}}};
  CAF_CHECK_EQUAL(actors_text(answer),
                  "Node (alone)\n\n"
                  "ACTOR          STATE               QUEUED  HANDLED  RESTARTS  UP  LAST ERROR\n"
                  "control/store  waiting_to_restart  0       7        2         3s  away\n"
                  "\n"
                  "KIND            COUNT  QUEUED  HANDLED\n"
                  "tunnel_session  9000   1       2\n"
                  "node 0123456789abcdef0123456789abcdef did not answer\n");
}
