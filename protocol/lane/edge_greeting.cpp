#include "protocol/lane/edge_greeting.hpp"

#include "protocol/lane/fields.hpp"

namespace serverme::lane {

namespace {

// As long as a name may be, with room for what later versions say.
constexpr std::size_t hello_bytes_max = 8192;

} // namespace

void append_to(byte_queue& out, const edge_hello& x) {
  field_writer w{out};
  w.number(1, x.version_min);
  w.number(2, x.version_max);
  w.number(3, x.loop);
  w.text(4, x.node);
  w.number(5, x.window);
}

void append_to(byte_queue& out, const edge_welcome& x) {
  field_writer w{out};
  w.number(1, x.version);
  w.number(2, x.loops);
  w.text(3, x.node);
  w.number(4, x.window);
}

result<edge_hello> parse_edge_hello(bytes_view payload) {
  return parse<edge_hello>(payload, "the HELLO of an edge", {1, 2, 3, 5},
                           [](field_reader& r, const field& f, edge_hello& x) {
                             switch (f.tag) {
                               case 1: r.read(f, x.version_min); break;
                               case 2: r.read(f, x.version_max); break;
                               case 3: r.read(f, x.loop); break;
                               case 4: r.read(f, x.node); break;
                               case 5: r.read(f, x.window); break;
                               default: break;
                             }
                           });
}

result<edge_welcome> parse_edge_welcome(bytes_view payload) {
  return parse<edge_welcome>(payload, "the WELCOME of an edge", {1, 2, 4},
                             [](field_reader& r, const field& f, edge_welcome& x) {
                               switch (f.tag) {
                                 case 1: r.read(f, x.version); break;
                                 case 2:
                                   r.read(f, x.loops);
                                   if (x.loops == 0)
                                     r.broken();
                                   break;
                                 case 3: r.read(f, x.node); break;
                                 case 4: r.read(f, x.window); break;
                                 default: break;
                               }
                             });
}

result<std::optional<edge_hello>> read_edge_hello(bytes_view received) {
  if (received.size() < header_bytes)
    return std::optional<edge_hello>{};
  auto header = read_header(received);
  if (!header)
    return fail(header.error());
  if (header->type != frame_type::hello || header->stream != 0)
    return fail(errc::protocol_violation, "the first frame is no HELLO");
  if (header->length > hello_bytes_max)
    return fail(errc::frame_too_large, "a HELLO of an edge");
  auto size = header_bytes + header->length;
  if (received.size() < size)
    return std::optional<edge_hello>{};
  if (received.size() > size)
    return fail(errc::protocol_violation, "frames before the answer to HELLO");
  auto hello = parse_edge_hello(received.subspan(header_bytes));
  if (!hello)
    return fail(hello.error());
  return std::optional{*std::move(hello)};
}

} // namespace serverme::lane
