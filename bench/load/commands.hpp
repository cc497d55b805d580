// What serverme_load can do: one command, one file. Each prints JSON on standard output, an object
// a line.
#pragma once

#include "bench/load/arguments.hpp"
#include "bench/load/latency_histogram.hpp"
#include "net/address.hpp"

#include <string>

namespace serverme::load {

/// GETs that start at a fixed rate, whatever becomes of those before.
int run_fixed_rate(const arguments& given);
/// One byte there and back over a TCP tunnel, one after the other.
int run_ping_pong(const arguments& given);
/// Connections with one GET each, opened as fast as `--workers` can; with `--tls yes` after a
/// handshake of TLS 1.3.
int run_new_connections(const arguments& given);
/// Bytes over HTTP or a TCP tunnel, `--streams` at once, for a time or an amount.
int run_bulk(const arguments& given);
/// Visitors who ask for a large file and stop reading, until standard input ends.
int run_stalled_readers(const arguments& given);
/// WebSocket messages of `--bytes` and their echoes on `--connections`, one under way on each or at
/// a fixed `--rate`.
int run_websocket(const arguments& given);
/// Agents that serve nothing; see agents.cpp.
int run_agents(const arguments& given);
/// What stands behind the tunnels: a sink for uploads, a TCP service and a WebSocket that echo.
int run_services(const arguments& given);
/// A link with a delay and a bandwidth, between two programs.
int run_relay(const arguments& given);

/// `--target HOST:PORT`; gives up when it is none.
net::address target_of(const arguments& given);
/// Until `seconds` from now, as a monotonic time in nanoseconds.
std::uint64_t now_ns() noexcept;
/// "count":..,"p50_us":..,"p99_us":.. without the braces.
std::string as_json(const latency_histogram& latencies);

} // namespace serverme::load
