// The bytes of control messages: fields of tag, length and value. Tags stand in
// docs/lane-protocol.md: never reuse one.
#include "protocol/lane/messages.hpp"

#include "protocol/big_endian.hpp"
#include "protocol/lane/fields.hpp"

#include <algorithm>

namespace serverme::lane {

namespace {

std::uint32_t count_of(milliseconds time) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(time.count(), 0, 0xffff'ffff));
}

bool is_known(endpoint_kind kind) {
  return kind == endpoint_kind::http || kind == endpoint_kind::tcp || kind == endpoint_kind::tls;
}

void read_kind(field_reader& reader, const field& from, endpoint_kind& into) {
  std::uint8_t raw = 0;
  reader.read(from, raw);
  into = static_cast<endpoint_kind>(raw);
  if (!is_known(into))
    reader.broken();
}

void read_account(field_reader& reader, const field& from, account_id& into) {
  std::uint64_t raw = 0;
  reader.read(from, raw);
  into.value = static_cast<std::int64_t>(raw);
}

} // namespace

void append_to(byte_queue& out, const hello& x) {
  field_writer w{out};
  w.number(1, x.version_min);
  w.number(2, x.version_max);
  w.number(3, x.capabilities);
  w.text(4, x.api_key);
  if (x.session)
    w.number(5, x.session->value);
  w.text(6, x.resume_token);
  w.text(7, x.agent);
  w.number(8, x.window);
  if (x.companion)
    w.flag(9, true);
}

result<hello> parse_hello(bytes_view payload) {
  return parse<hello>(payload, "HELLO", {1, 2, 8}, [](field_reader& r, const field& f, hello& x) {
    switch (f.tag) {
      case 1: r.read(f, x.version_min); break;
      case 2: r.read(f, x.version_max); break;
      case 3: r.read(f, x.capabilities); break;
      case 4: r.read(f, x.api_key); break;
      case 5: r.read(f, x.session.emplace()); break;
      case 6: r.read(f, x.resume_token); break;
      case 7: r.read(f, x.agent); break;
      case 8: r.read(f, x.window); break;
      case 9: r.read(f, x.companion); break;
      default: break;
    }
  });
}

void append_to(byte_queue& out, const welcome& x) {
  field_writer w{out};
  w.number(1, x.version);
  w.number(2, x.capabilities);
  w.number(3, x.session.value);
  w.text(4, x.resume_token);
  w.flag(5, x.resumed);
  w.text(6, x.node);
  w.number(7, count_of(x.ping_after));
  w.number(8, x.lanes_max);
  w.number(9, x.window);
  for (const auto& edge : x.edges)
    w.text(10, edge);
}

result<welcome> parse_welcome(bytes_view payload) {
  return parse<welcome>(payload, "WELCOME", {1, 3, 9},
                        [](field_reader& r, const field& f, welcome& x) {
                          switch (f.tag) {
                            case 1: r.read(f, x.version); break;
                            case 2: r.read(f, x.capabilities); break;
                            case 3: r.read(f, x.session); break;
                            case 4: r.read(f, x.resume_token); break;
                            case 5: r.read(f, x.resumed); break;
                            case 6: r.read(f, x.node); break;
                            case 7: r.read(f, x.ping_after); break;
                            case 8: r.read(f, x.lanes_max); break;
                            case 9: r.read(f, x.window); break;
                            case 10: r.read(f, x.edges.emplace_back()); break;
                            default: break;
                          }
                        });
}

void append_to(byte_queue& out, const bind& x) {
  field_writer w{out};
  w.number(1, x.request);
  w.number(2, static_cast<std::uint8_t>(x.endpoint.kind));
  w.text(3, x.endpoint.name);
  w.number(4, x.endpoint.port);
  w.number(5, static_cast<std::uint8_t>(x.endpoint.inspect));
  w.text(6, x.endpoint.basic_auth);
  w.text(7, x.endpoint.host_header);
  w.text(8, x.endpoint.local_label);
}

result<bind> parse_bind(bytes_view payload) {
  return parse<bind>(payload, "BIND", {1, 2}, [](field_reader& r, const field& f, bind& x) {
    switch (f.tag) {
      case 1: r.read(f, x.request); break;
      case 2: read_kind(r, f, x.endpoint.kind); break;
      case 3: r.read(f, x.endpoint.name); break;
      case 4: r.read(f, x.endpoint.port); break;
      case 5: {
        std::uint8_t flag = 0;
        r.read(f, flag);
        x.endpoint.inspect = flag != 0 ? inspection::on : inspection::off;
        break;
      }
      case 6: r.read(f, x.endpoint.basic_auth); break;
      case 7: r.read(f, x.endpoint.host_header); break;
      case 8: r.read(f, x.endpoint.local_label); break;
      default: break;
    }
  });
}

void append_to(byte_queue& out, const bound& x) {
  field_writer w{out};
  w.number(1, x.request);
  w.number(2, x.endpoint.value);
  w.text(3, x.name);
  w.number(4, x.port);
  for (const auto& url : x.urls)
    w.text(5, url);
  if (x.error)
    w.error(6, 7, *x.error);
}

result<bound> parse_bound(bytes_view payload) {
  return parse<bound>(payload, "BOUND", {1}, [](field_reader& r, const field& f, bound& x) {
    switch (f.tag) {
      case 1: r.read(f, x.request); break;
      case 2: r.read(f, x.endpoint); break;
      case 3: r.read(f, x.name); break;
      case 4: r.read(f, x.port); break;
      case 5: r.read(f, x.urls.emplace_back()); break;
      case 6: r.read_code(f, x.error); break;
      case 7: r.read_detail(f, x.error); break;
      default: break;
    }
  });
}

void append_to(byte_queue& out, const unbind& x) {
  field_writer w{out};
  w.number(1, x.endpoint.value);
  if (x.reason)
    w.error(2, 3, *x.reason);
}

result<unbind> parse_unbind(bytes_view payload) {
  return parse<unbind>(payload, "UNBIND", {1}, [](field_reader& r, const field& f, unbind& x) {
    switch (f.tag) {
      case 1: r.read(f, x.endpoint); break;
      case 2: r.read_code(f, x.reason); break;
      case 3: r.read_detail(f, x.reason); break;
      default: break;
    }
  });
}

void append_to(byte_queue& out, const open& x) {
  auto begin = out.size();
  out.append(bytes_view{big_endian(std::uint16_t{0})});
  field_writer w{out};
  w.number(1, x.endpoint.value);
  w.number(2, static_cast<std::uint8_t>(x.kind));
  w.text(3, x.visitor_address);
  w.number(4, x.visitor_port);
  w.text(5, x.server_address);
  w.number(6, x.server_port);
  if (x.session) {
    w.number(7, x.session->value);
    w.number(8, static_cast<std::uint64_t>(x.account.value));
  }
  auto size = static_cast<std::uint16_t>(out.size() - begin - 2);
  out.overwrite(begin, bytes_view{big_endian(size)});
}

result<open_parts> parse_open(bytes_view payload) {
  if (payload.size() < 2)
    return malformed("OPEN");
  std::size_t size = read_big_endian<std::uint16_t>(payload);
  if (payload.size() < 2 + size)
    return malformed("OPEN");
  auto message = parse<open>(payload.subspan(2, size), "OPEN", {1, 2},
                             [](field_reader& r, const field& f, open& x) {
                               switch (f.tag) {
                                 case 1: r.read(f, x.endpoint); break;
                                 case 2: read_kind(r, f, x.kind); break;
                                 case 3: r.read(f, x.visitor_address); break;
                                 case 4: r.read(f, x.visitor_port); break;
                                 case 5: r.read(f, x.server_address); break;
                                 case 6: r.read(f, x.server_port); break;
                                 case 7: r.read(f, x.session.emplace()); break;
                                 case 8: read_account(r, f, x.account); break;
                                 default: break;
                               }
                             });
  if (!message)
    return fail(message.error());
  return open_parts{std::move(*message), payload.subspan(2 + size)};
}

void append_to(byte_queue& out, const goaway& x) {
  field_writer w{out};
  w.number(1, static_cast<std::uint16_t>(x.code));
  w.text(2, x.detail);
  w.number(3, count_of(x.retry_after));
  for (const auto& edge : x.prefer)
    w.text(4, edge);
}

result<goaway> parse_goaway(bytes_view payload) {
  return parse<goaway>(payload, "GOAWAY", {1}, [](field_reader& r, const field& f, goaway& x) {
    switch (f.tag) {
      case 1: {
        std::uint16_t code = 0;
        r.read(f, code);
        x.code = static_cast<errc>(code);
        break;
      }
      case 2: r.read(f, x.detail); break;
      case 3: r.read(f, x.retry_after); break;
      case 4: r.read(f, x.prefer.emplace_back()); break;
      default: break;
    }
  });
}

void append_to(byte_queue& out, const edges& x) {
  field_writer w{out};
  w.flag(1, x.please_move);
  for (const auto& edge : x.others)
    w.text(2, edge);
}

result<edges> parse_edges(bytes_view payload) {
  return parse<edges>(payload, "EDGES", {1}, [](field_reader& r, const field& f, edges& x) {
    switch (f.tag) {
      case 1: r.read(f, x.please_move); break;
      case 2: r.read(f, x.others.emplace_back()); break;
      default: break;
    }
  });
}

} // namespace serverme::lane
