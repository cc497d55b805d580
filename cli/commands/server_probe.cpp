#include "cli/commands/server_probe.hpp"

#include "net/listener.hpp"
#include "protocol/lane/frame.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace serverme::cli {

namespace {

constexpr seconds step_limit{5};
constexpr std::size_t addresses_max = 16;

time_point now() { return std::chrono::steady_clock::now(); }

std::string reason(int number) { return std::generic_category().message(number); }

struct socket_address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

/// @returns false when nothing happened in time
bool await(int descriptor, short what, time_point until) {
  auto left = std::chrono::ceil<milliseconds>(until - now());
  pollfd wanted{.fd = descriptor, .events = what, .revents = 0};
  return left.count() > 0 && ::poll(&wanted, 1, static_cast<int>(left.count())) > 0;
}

/// @returns an open descriptor, or -1 and the reason in `why`
int open_connection(const socket_address& to, std::string& why) {
  int descriptor = ::socket(to.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) {
    why = reason(errno);
    return -1;
  }
  int error = 0;
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&to.bytes), to.size) != 0)
    error = errno;
  if (error == EINPROGRESS) {
    socklen_t size = sizeof error;
    if (!await(descriptor, POLLOUT, now() + step_limit))
      error = ETIMEDOUT;
    else if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
      error = errno;
  }
  if (error == 0)
    return descriptor;
  why = reason(error);
  ::close(descriptor);
  return -1;
}

socket_address unix_address(const std::string& path) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  path.copy(where.sun_path, sizeof where.sun_path - 1);
  socket_address made{.size = sizeof where};
  std::memcpy(&made.bytes, &where, sizeof where);
  return made;
}

using address_list = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

address_list resolve(const std::string& host, const std::string& port, int flags, int& error) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  error = ::getaddrinfo(host.c_str(), port.empty() ? nullptr : port.c_str(), &hints, &found);
  return {error == 0 ? found : nullptr, &::freeaddrinfo};
}

} // namespace

result<std::vector<std::string>> look_up(const std::string& host) {
  int error = 0;
  // RFC 6761, section 6.3: these are this machine, whatever a resolver says.
  auto found = resolve(host.ends_with(".localhost") ? "localhost" : host, "", 0, error);
  if (!found)
    return fail(errc::server_unreachable, host + ": " + ::gai_strerror(error));
  std::vector<std::string> addresses;
  for (auto* each = found.get(); each && addresses.size() < addresses_max; each = each->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0,
                      NI_NUMERICHOST)
          == 0
        && std::ranges::find(addresses, text) == addresses.end())
      addresses.emplace_back(text);
  }
  return addresses;
}

result<probe> probe::connect(const std::vector<std::string>& addresses, std::uint16_t port) {
  std::string reasons;
  for (const auto& each : addresses) {
    int error = 0;
    auto found = resolve(each, std::to_string(port), AI_NUMERICHOST, error);
    std::string why = found ? "" : ::gai_strerror(error);
    if (found) {
      socket_address to{.size = found->ai_addrlen};
      std::memcpy(&to.bytes, found->ai_addr, found->ai_addrlen);
      if (int descriptor = open_connection(to, why); descriptor >= 0)
        return probe{descriptor};
    }
    reasons += (reasons.empty() ? "" : ", ") + net::to_string({each, port}) + ": " + why;
  }
  return fail(errc::server_unreachable, reasons);
}

result<probe> probe::connect_local(const local_target& where) {
  if (where.transport == local_transport::unix_socket) {
    std::string why;
    if (int descriptor = open_connection(unix_address(where.host), why); descriptor >= 0)
      return probe{descriptor};
    return fail(errc::local_refused, to_string(where) + ": " + why);
  }
  auto addresses = look_up(where.host);
  if (!addresses)
    return fail(errc::local_refused, addresses.error().detail);
  auto connected = connect(*addresses, where.port);
  if (!connected)
    return fail(errc::local_refused, connected.error().detail);
  return connected;
}

probe::probe(probe&& other) noexcept
  : descriptor_{std::exchange(other.descriptor_, -1)},
    tls_{std::move(other.tls_)},
    received_{std::move(other.received_)} {}

probe::~probe() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

result<done> probe::send(bytes_view bytes, time_point until) {
  while (!bytes.empty()) {
    auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0)
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    else if (errno != EAGAIN && errno != EINTR)
      return fail(errc::server_unreachable, reason(errno));
    else if (!await(descriptor_, POLLOUT, until))
      return fail(errc::server_unreachable, "it does not read what we send");
  }
  return done{};
}

// One read, through TLS; what it means in plain text is appended to received_.
result<done> probe::receive(time_point until) {
  std::vector<std::byte> raw(16 * 1024), plain(64 * 1024);
  if (!await(descriptor_, POLLIN, until))
    return fail(errc::server_unreachable, "it says nothing");
  auto got = ::recv(descriptor_, raw.data(), raw.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return done{};
  if (got <= 0)
    return fail(errc::server_unreachable, got == 0 ? "it closed the connection" : reason(errno));
  byte_queue answer;
  auto step = tls_.advance(bytes_view{raw}.first(static_cast<std::size_t>(got)), plain, answer);
  // Even a refusal has an alert to send.
  auto sent = send(answer.view(), until);
  if (!step)
    return fail(step.error());
  if (!sent)
    return sent;
  received_.append(bytes_view{plain}.first(step->plain));
  return done{};
}

result<done> probe::secure(const net::ssl_context& context, const std::string& server_name) {
  auto until = now() + step_limit;
  tls_ = net::tls_session::connect(context, server_name);
  byte_queue hello;
  std::vector<std::byte> nothing(32 * 1024);
  if (auto begun = tls_.advance({}, nothing, hello); !begun)
    return fail(begun.error());
  if (auto sent = send(hello.view(), until); !sent)
    return sent;
  while (!tls_.is_secured())
    if (auto got = receive(until); !got)
      return got;
  return done{};
}

namespace {

template <class Message>
byte_queue make_frame(lane::frame_type type, const Message& message) {
  byte_queue payload, frame;
  append_to(payload, message);
  lane::append_header(frame, {.type = type, .length = static_cast<std::uint16_t>(payload.size())});
  frame.append(payload.view());
  return frame;
}

result<lane::welcome> understand(lane::frame_type type, bytes_view payload) {
  if (type == lane::frame_type::hello)
    return lane::parse_welcome(payload);
  if (type != lane::frame_type::goaway)
    return fail(errc::protocol_violation, "neither a welcome nor a refusal");
  auto refusal = lane::parse_goaway(payload);
  return refusal ? fail(refusal->code, refusal->detail) : refusal.error();
}

} // namespace

result<lane::welcome> probe::greet(const std::string& api_key) {
  auto until = now() + step_limit;
  lane::hello hello{.api_key = api_key, .agent = "serverme/" SERVERME_VERSION " doctor"};
  byte_queue records;
  if (auto made = tls_.encrypt(make_frame(lane::frame_type::hello, hello).view(), records); !made)
    return fail(made.error());
  if (auto sent = send(records.view(), until); !sent)
    return fail(sent.error());
  while (true) {
    if (received_.size() >= lane::header_bytes) {
      auto header = lane::read_header(received_.view());
      if (!header)
        return fail(header.error());
      if (received_.size() >= lane::header_bytes + header->length) {
        auto payload = received_.view().subspan(lane::header_bytes, header->length);
        auto answer = understand(header->type, payload);
        records.clear();
        auto goodbye
          = make_frame(lane::frame_type::goaway, lane::goaway{.code = errc::closed_by_owner});
        if (answer && tls_.encrypt(goodbye.view(), records))
          (void)send(records.view(), until);
        return answer;
      }
    }
    if (auto got = receive(until); !got)
      return fail(got.error());
  }
}

} // namespace serverme::cli
