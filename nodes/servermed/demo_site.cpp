#include "nodes/servermed/demo_site.hpp"

#include "nodes/servermed/utc_time.hpp"
#include "protocol/error_page.hpp"
#include "protocol/http1/body.hpp"

#include <unordered_map>
#include <utility>

namespace serverme::servermed {

namespace {

constexpr std::size_t visitors_max = 256;
constexpr milliseconds idle_max{60'000};
// A reader of the clock that takes nothing.
constexpr std::size_t unsent_max = 64 * 1024;
constexpr milliseconds linger{1'000};

class demo_visitor;

} // namespace

struct demo_site::state {
  explicit state(net::event_loop& on) : loop{on} {}

  void accept(net::stream_socket socket);
  void forget(demo_visitor& who);
  void tick(time_point now);

  net::event_loop& loop;
  std::unique_ptr<net::listener> door;
  std::unordered_map<demo_visitor*, std::unique_ptr<demo_visitor>> visitors;
  std::unique_ptr<net::ticker> ticker;
};

namespace {

std::string html_answer(std::string_view status, const std::string& page) {
  return "HTTP/1.1 " + std::string{status} + "\r\nContent-Type: text/html; charset=utf-8\r\n"
         + "Cache-Control: no-store\r\nContent-Length: " + std::to_string(page.size()) + "\r\n\r\n";
}

class demo_visitor final : net::channel_user {
public:
  demo_visitor(demo_site::state& site, net::stream_socket socket)
    : site_{site}, channel_{site.loop, std::move(socket)}, since_{site.loop.now()} {}

  void start() { channel_.start(*this); }

  /// @returns false when this visitor is to be let go
  bool on_tick(time_point now) {
    if (!listens_to_clock_)
      return now - since_ < idle_max;
    channel_.write(as_bytes("data: " + utc_time(std::chrono::system_clock::now()) + "\n\n"));
    return channel_.unsent() < unsent_max;
  }

private:
  void on_bytes(bytes_view bytes) override {
    since_ = site_.loop.now();
    if (listens_to_clock_)
      return; // has nothing more to say
    received_.append(bytes);
    while (take_request()) {
    }
  }
  void on_end() override { leave(); }
  void on_sent() override {}
  void on_closed(const failure&) override { leave(); }

  bool take_request() {
    if (!skip_body() || received_.empty())
      return false;
    http1::request_head head;
    auto complete = http1::parse_request(received_.view(), {}, scanned_, head);
    if (!complete)
      return refuse(complete.error());
    if (!*complete)
      return false;
    scanned_ = 0;
    answer(head);
    body_ = http1::body_reader{head.body, head.content_length};
    received_.consume(head.size);
    return !listens_to_clock_;
  }

  bool skip_body() {
    while (!body_.ended() && !received_.empty()) {
      auto piece = body_.next(received_.view());
      if (!piece)
        return refuse(piece.error());
      if (piece->taken == 0)
        break;
      received_.consume(piece->taken);
    }
    return body_.ended();
  }

  void answer(const http1::request_head& head) {
    if (head.target == "/clock") {
      listens_to_clock_ = true;
      channel_.write(as_bytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                              "Cache-Control: no-store\r\nConnection: close\r\n\r\n"));
      on_tick(site_.loop.now());
      return;
    }
    auto path = head.target.substr(0, head.target.find('?'));
    auto page = demo_page(head);
    channel_.write_later(as_bytes(html_answer(path == "/" ? "200 OK" : "404 Not Found", page)));
    if (head.method != "HEAD")
      channel_.write_later(as_bytes(page));
  }

  bool refuse(const failure& why) {
    byte_queue page;
    append_error_answer(page, {.why = why});
    channel_.write(page.view());
    leave();
    return false;
  }

  void leave() {
    channel_.close_gently(linger);
    site_.forget(*this);
  }

  demo_site::state& site_;
  net::channel channel_;
  byte_queue received_;
  std::size_t scanned_ = 0;
  http1::body_reader body_;
  time_point since_;
  bool listens_to_clock_ = false;
};

} // namespace

void demo_site::state::accept(net::stream_socket socket) {
  if (visitors.size() >= visitors_max)
    return;
  auto made = std::make_unique<demo_visitor>(*this, std::move(socket));
  auto& there = *made;
  visitors.emplace(&there, std::move(made));
  there.start();
}

// It may be in the middle of a call: destroyed once that is over.
void demo_site::state::forget(demo_visitor& who) {
  auto found = visitors.find(&who);
  if (found == visitors.end())
    return;
  loop.post([gone = std::shared_ptr<demo_visitor>{std::move(found->second)}] {});
  visitors.erase(found);
}

void demo_site::state::tick(time_point now) {
  std::erase_if(visitors, [now](auto& each) { return !each.second->on_tick(now); });
}

demo_site::demo_site(std::shared_ptr<state> made) : state_{std::move(made)} {}
demo_site::~demo_site() = default;

result<std::unique_ptr<demo_site>> demo_site::open(net::event_loop& loop,
                                                   const net::address& where) {
  auto made = std::make_shared<state>(loop);
  auto door = net::listener::open(loop, where);
  if (!door)
    return fail(door.error());
  made->door = std::move(*door);
  made->door->start(
    [raw = made.get()](net::stream_socket socket) { raw->accept(std::move(socket)); });
  made->ticker = std::make_unique<net::ticker>(
    loop, seconds{1}, [raw = made.get()](time_point now) { raw->tick(now); });
  return std::unique_ptr<demo_site>{new demo_site{std::move(made)}};
}

net::address demo_site::address() const { return state_->door->where(); }

} // namespace serverme::servermed
