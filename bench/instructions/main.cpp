// serverme_instructions UNIT COUNT: does one unit of the byte path COUNT times, for callgrind to
// count. The difference of two counts is what one costs, without start and end of the program.
#include "bench/micro/browser_request.hpp"
#include "bench/micro/lane_pair.hpp"
#include "nodes/edge/exchange_record.hpp"
#include "protocol/http1/forward.hpp"

#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

namespace {

using namespace serverme;

constexpr std::string_view answer_text{
  "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/plain\r\n"
  "Content-Length: 1024\r\nETag: \"5f3c-400\"\r\n\r\n"};

/// One request of 400 bytes and its answer of 1 KB through both sides of a lane.
bool lane_request(std::size_t count) {
  bench::lane_pair pair;
  pair.agent_side.answer.assign(1024, 'x');
  const std::string request(400, 'r');
  const lane::open message{.endpoint = {7}, .visitor_address = "203.0.113.7"};
  while (count-- > 0)
    if (!pair.exchange(message, request))
      return false;
  return true;
}

/// 64 KiB through both sides of a lane, and the window back.
bool lane_chunk(std::size_t count) {
  bench::lane_pair pair;
  const std::string chunk(64 * 1024, 'x');
  auto stream = pair.open_bulk();
  while (stream && count-- > 0)
    if (!pair.send_chunk(*stream, as_bytes(chunk)))
      return false;
  return stream.has_value();
}

/// Both heads of an exchange, parsed and written for the way on.
bool http_heads(std::size_t count) {
  http1::request_head request;
  http1::response_head answer;
  byte_queue out;
  while (count-- > 0) {
    std::size_t scanned = 0;
    if (!http1::parse_request(as_bytes(bench::browser_request), {}, scanned, request))
      return false;
    out.clear();
    http1::append_request(out, request, {.visitor_address = "203.0.113.7", .scheme = "https"});
    scanned = 0;
    if (!http1::parse_response(as_bytes(answer_text), {}, scanned, "GET", answer))
      return false;
    out.clear();
    http1::append_response(out, answer, {.visitor_version = http1::version::http_1_1});
  }
  return true;
}

/// The capture of one exchange with an answer of 1 KB.
bool capture_exchange(std::size_t count) {
  http1::request_head request;
  http1::response_head answer;
  std::size_t scanned = 0;
  auto asked = as_bytes(bench::browser_request);
  if (!http1::parse_request(asked, {}, scanned, request))
    return false;
  scanned = 0;
  if (!http1::parse_response(as_bytes(answer_text), {}, scanned, "GET", answer))
    return false;
  const std::string body(1024, 'x');
  edge::exchange_record record;
  while (count-- > 0) {
    record.begin({}, {7}, {});
    record.visitor("203.0.113.7", "https");
    record.request_head(request, asked);
    record.response_head(answer, as_bytes(answer_text), {});
    record.response_body(as_bytes(body));
    if (!record.end({}))
      return false;
  }
  return true;
}

} // namespace

int main(int count, char** words) {
  const std::map<std::string, bool (*)(std::size_t)> units{
    {"lane_request", lane_request},
    {"lane_chunk_64k", lane_chunk},
    {"http_heads", http_heads},
    {"capture_exchange", capture_exchange},
  };
  if (count == 1) { // what there is, for check.py
    for (const auto& [name, run] : units)
      std::cout << name << "\n";
    return 0;
  }
  auto found = units.find(words[1]);
  if (count != 3 || found == units.end()) {
    std::cerr << "serverme_instructions UNIT COUNT; without: lists the units\n";
    return 2;
  }
  return found->second(std::strtoul(words[2], nullptr, 10)) ? 0 : 1;
}
