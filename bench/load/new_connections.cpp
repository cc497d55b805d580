// A new connection for each request: accept, handshake when it is TLS, look-up, stream, close.
#include "bench/load/commands.hpp"
#include "bench/load/http_exchange.hpp"
#include "net/tls.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <thread>
#include <vector>

namespace serverme::load {

namespace {

// An answer of 1 KB and its head: more is memory to fill with zeros for each connection.
constexpr std::size_t room = 16 * 1024;

struct errand {
  net::address target;
  std::string request;
  net::ssl_context tls; // null: without
  std::string server_name;
};

/// TLS 1.3 or nothing, the certificate verified. No session is kept: every handshake is a full one.
net::ssl_context tls_of(const arguments& given) {
  if (given.text("tls", "no") != "yes")
    return nullptr;
  std::signal(SIGPIPE, SIG_IGN); // OpenSSL writes without MSG_NOSIGNAL
  auto made
    = net::make_client_context({.ca_file = given.text("ca"), .alpn = {}, .only_tls_1_3 = true});
  if (!made)
    give_up("--ca: " + made.error().detail);
  return *made;
}

/// No close_notify at the end: the answer said how long it is.
bool visit(const errand& wanted) {
  auto socket = blocking_socket::connect(wanted.target, 5);
  if (!socket || (wanted.tls && !socket->secure(*wanted.tls, wanted.server_name)))
    return false;
  http_connection visitor{std::move(*socket), room};
  return visitor.send(wanted.request) && visitor.receive() == 200;
}

} // namespace

int run_new_connections(const arguments& given) {
  auto host = given.text("host");
  const errand wanted{.target = target_of(given),
                      .request = get_request(host, given.text("path", "/small")),
                      .tls = tls_of(given),
                      .server_name = host.substr(0, host.find(':'))};
  std::vector<latency_histogram> latencies(static_cast<std::size_t>(given.number("workers", 16)));
  std::atomic<std::uint64_t> errors{0};
  auto begin = now_ns();
  auto end = begin + static_cast<std::uint64_t>(given.number("seconds") * 1e9);
  {
    std::vector<std::jthread> workers;
    workers.reserve(latencies.size());
    for (auto& own : latencies)
      workers.emplace_back([&, end] {
        for (auto start = now_ns(); start < end; start = now_ns()) {
          if (visit(wanted))
            own.record(now_ns() - start);
          else
            ++errors;
        }
      });
  }
  latency_histogram all;
  for (auto& own : latencies)
    all.merge(own);
  auto seconds = static_cast<double>(now_ns() - begin) / 1e9;
  std::printf("{\"per_second\":%f,\"errors\":%llu,%s}\n",
              static_cast<double>(all.count()) / seconds,
              static_cast<unsigned long long>(errors.load()), as_json(all).c_str());
  return 0;
}

} // namespace serverme::load
