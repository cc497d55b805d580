#include "protocol/membership/message.hpp"

#include "protocol/membership/fields.hpp"

namespace serverme::membership {

namespace {

// "SMG", and the format that follows.
constexpr std::string_view magic{"SMG\x01", 4};

// Never reuse a number.
constexpr std::uint8_t tag_record = 1;
constexpr std::uint8_t tag_target = 2;
constexpr std::uint8_t tag_target_run = 3;
constexpr std::uint8_t tag_digest = 4;
constexpr std::uint8_t tag_members = 5;
constexpr std::uint8_t tag_after = 6;
constexpr std::uint8_t tag_until = 7;
constexpr std::uint8_t tag_error = 8;
constexpr std::uint8_t tag_detail = 9;

constexpr std::size_t detail_bytes_max = 255;

void append_head(byte_queue& out, const message& x) {
  out.append(magic);
  out.append(bytes_view{big_endian(static_cast<std::uint8_t>(x.type))});
  out.append(bytes_view{big_endian(std::uint8_t{0})});
  out.append(bytes_view{big_endian(x.sequence)});
  out.append(bytes_view{big_endian(x.run)});
  out.append(bytes_view{big_endian(x.incarnation)});
}

void append_fields(byte_queue& out, const message& x) {
  field_writer w{out};
  if (x.target)
    w.id(tag_target, *x.target);
  if (x.target_run != 0)
    w.number(tag_target_run, x.target_run);
  if (x.type == message_type::digest) {
    w.number(tag_digest, x.digest);
    w.number(tag_members, x.members);
  }
  if (x.page) {
    w.id(tag_after, x.page->after);
    w.id(tag_until, x.page->until);
  }
  if (x.refused) {
    w.number(tag_error, static_cast<std::uint16_t>(x.refused->code));
    w.text(tag_detail, std::string_view{x.refused->detail}.substr(0, detail_bytes_max));
  }
}

void append_record(byte_queue& out, const record& x) {
  auto begin = out.size();
  field_writer{out}.header(tag_record, 0);
  append_to(out, x);
  auto size = static_cast<std::uint16_t>(out.size() - begin - field_header_bytes);
  out.overwrite(begin + 1, bytes_view{big_endian(size)});
}

void read_record(field_reader& r, const field& f, message& x) {
  auto read = parse_record(f.value);
  if (!read)
    return r.broken();
  if (*read)
    x.records.push_back(std::move(**read));
}

void read_error(field_reader& r, const field& f, message& x) {
  std::uint16_t code = 0;
  r.read(f, code);
  if (!x.refused)
    x.refused.emplace();
  x.refused->code = static_cast<errc>(code);
}

void read_field(field_reader& r, const field& f, message& x, id_range& page) {
  switch (f.tag) {
    case tag_record: read_record(r, f, x); break;
    case tag_target: r.read(f, x.target.emplace()); break;
    case tag_target_run: r.read(f, x.target_run); break;
    case tag_digest: r.read(f, x.digest); break;
    case tag_members: r.read(f, x.members); break;
    case tag_after: r.read(f, page.after); break;
    case tag_until: r.read(f, page.until); break;
    case tag_error: read_error(r, f, x); break;
    case tag_detail:
      if (!x.refused)
        x.refused.emplace();
      r.read(f, x.refused->detail, detail_bytes_max);
      break;
    default: break;
  }
}

/// Has it what its type cannot do without?
bool is_complete(const message& x) {
  switch (x.type) {
    case message_type::ping_request:
    case message_type::nack: return x.target.has_value();
    case message_type::digest: return x.members != 0;
    case message_type::table: return x.page.has_value();
    case message_type::refusal: return x.refused && x.target_run != 0;
    default: return true;
  }
}

failure malformed(std::string what) { return fail(errc::gossip_malformed, std::move(what)); }

} // namespace

message_writer::message_writer(byte_queue& out, const message& head, std::size_t bytes_max)
  : out_{out}, bytes_max_{out.size() + bytes_max} {
  append_head(out, head);
  append_fields(out, head);
}

bool message_writer::add(const record& x) {
  // A queue cannot take back what was appended.
  byte_queue bytes;
  append_record(bytes, x);
  if (out_.size() + bytes.size() > bytes_max_)
    return false;
  out_.append(bytes.view());
  return true;
}

void append_to(byte_queue& out, const message& x) {
  message_writer writer{out, x, page_bytes_max};
  for (const auto& record : x.records)
    writer.add(record);
}

bool has_known_format(bytes_view bytes) {
  return bytes.size() >= magic.size() && as_text(bytes.first(magic.size())) == magic;
}

result<message> parse_message(bytes_view bytes) {
  if (bytes.size() < message_head_bytes || bytes.size() > page_bytes_max
      || !has_known_format(bytes))
    return malformed("message of " + std::to_string(bytes.size()) + " bytes");
  message out;
  out.type = static_cast<message_type>(bytes[4]);
  out.sequence = read_big_endian<std::uint32_t>(bytes.subspan(6));
  out.run = read_big_endian<std::uint64_t>(bytes.subspan(10));
  out.incarnation = read_big_endian<std::uint32_t>(bytes.subspan(18));
  id_range page;
  field_reader reader{bytes.subspan(message_head_bytes)};
  field next;
  while (reader.next(next))
    read_field(reader, next, out, page);
  if (page.until != node_id{})
    out.page = page;
  if (reader.is_broken() || out.run > run_max || !is_complete(out))
    return malformed("message of type " + std::to_string(static_cast<int>(out.type)));
  return out;
}

} // namespace serverme::membership
