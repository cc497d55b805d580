#include "protocol/membership/record.hpp"

#include "protocol/membership/fields.hpp"

namespace serverme::membership {

namespace {

// Never reuse a number. Record: id, run (u64), incarnation (u32), state (u8), then fields.
constexpr std::size_t head_bytes = id_bytes + 8 + 4 + 1;
constexpr std::uint8_t tag_started = 1;
constexpr std::uint8_t tag_accuser = 2;
constexpr std::uint8_t tag_roles = 3;
constexpr std::uint8_t tag_name = 4;
constexpr std::uint8_t tag_cluster_address = 5;
constexpr std::uint8_t tag_lane_address = 6;
constexpr std::uint8_t tag_public_address = 7;
constexpr std::uint8_t tag_software = 8;
constexpr std::uint8_t tag_protocol_min = 9;
constexpr std::uint8_t tag_protocol_max = 10;
constexpr std::uint8_t tag_load = 11;
constexpr std::uint8_t tag_capacity = 12;
constexpr std::uint8_t tag_draining = 13;

void append_facts(byte_queue& out, const facts& x) {
  field_writer w{out};
  w.number(tag_roles, x.roles.bits);
  w.text(tag_name, x.name);
  w.text(tag_cluster_address, x.cluster_address);
  w.text(tag_lane_address, x.lane_address);
  for (const auto& address : x.public_addresses)
    w.text(tag_public_address, address);
  w.text(tag_software, x.software);
  w.number(tag_protocol_min, x.protocol_min);
  w.number(tag_protocol_max, x.protocol_max);
  w.number(tag_load, x.load);
  w.number(tag_capacity, x.capacity);
  if (x.draining)
    w.number(tag_draining, std::uint8_t{1});
  out.append(x.unknown);
}

void read_flag(field_reader& r, const field& f, bool& into) {
  std::uint8_t flag = 0;
  r.read(f, flag);
  into = flag != 0;
}

void read_public_address(field_reader& r, const field& f, facts& x) {
  std::string address;
  r.read(f, address, address_bytes_max);
  if (x.public_addresses.size() < public_addresses_max && !address.empty())
    x.public_addresses.push_back(std::move(address));
}

void read_accuser(field_reader& r, const field& f, record& x) {
  node_id accuser;
  r.read(f, accuser);
  if (x.accusers.size() < accusers_max && std::ranges::count(x.accusers, accuser) == 0)
    x.accusers.push_back(accuser);
}

void read_fact(field_reader& r, const field& f, facts& x) {
  switch (f.tag) {
    case tag_roles: r.read(f, x.roles.bits); break;
    case tag_name: r.read(f, x.name, name_bytes_max); break;
    case tag_cluster_address: r.read(f, x.cluster_address, address_bytes_max); break;
    case tag_lane_address: r.read(f, x.lane_address, address_bytes_max); break;
    case tag_public_address: read_public_address(r, f, x); break;
    case tag_software: r.read(f, x.software, name_bytes_max); break;
    case tag_protocol_min: r.read(f, x.protocol_min); break;
    case tag_protocol_max: r.read(f, x.protocol_max); break;
    case tag_load: r.read(f, x.load); break;
    case tag_capacity: r.read(f, x.capacity); break;
    case tag_draining: read_flag(r, f, x.draining); break;
    default:
      if (x.unknown.size() + f.whole.size() <= unknown_bytes_max)
        x.unknown += as_text(f.whole);
  }
}

bool is_known(std::uint8_t raw) {
  return raw >= static_cast<std::uint8_t>(state::alive)
         && raw <= static_cast<std::uint8_t>(state::left);
}

failure malformed(std::string what) { return fail(errc::gossip_malformed, std::move(what)); }

} // namespace

result<done> check(const facts& about) {
  auto fits = [](std::string_view text, std::size_t bytes_max) {
    return text.size() <= bytes_max && field_reader::is_plain(text);
  };
  bool good = fits(about.name, name_bytes_max) && fits(about.software, name_bytes_max)
              && fits(about.cluster_address, address_bytes_max)
              && fits(about.lane_address, address_bytes_max)
              && about.public_addresses.size() <= public_addresses_max
              && about.unknown.size() <= unknown_bytes_max
              && about.protocol_min <= about.protocol_max;
  for (const auto& address : about.public_addresses)
    good = good && fits(address, address_bytes_max);
  byte_queue bytes;
  append_facts(bytes, about);
  // What a suspicion adds to it must fit as well.
  auto rest = head_bytes + field_header_bytes + 8 + accusers_max * (field_header_bytes + id_bytes);
  if (!good || bytes.size() + rest > record_bytes_max)
    return malformed("facts about this node");
  return done{};
}

void append_to(byte_queue& out, const record& x) {
  append_id(out, x.id);
  out.append(bytes_view{big_endian(x.run)});
  out.append(bytes_view{big_endian(x.incarnation)});
  out.append(bytes_view{big_endian(static_cast<std::uint8_t>(x.state))});
  field_writer w{out};
  for (const auto& accuser : x.accusers)
    w.id(tag_accuser, accuser);
  if (!x.about)
    return;
  w.number(tag_started, x.started);
  append_facts(out, *x.about);
}

result<std::optional<record>> parse_record(bytes_view bytes) {
  if (bytes.size() < head_bytes || bytes.size() > record_bytes_max)
    return malformed("record of " + std::to_string(bytes.size()) + " bytes");
  auto raw_state = std::to_integer<std::uint8_t>(bytes[head_bytes - 1]);
  record out{.id = read_id(bytes),
             .run = read_big_endian<std::uint64_t>(bytes.subspan(id_bytes)),
             .incarnation = read_big_endian<std::uint32_t>(bytes.subspan(id_bytes + 8)),
             .state = static_cast<state>(raw_state),
             .started = 0,
             .about = {},
             .accusers = {}};
  facts about;
  bool has_roles = false;
  field_reader reader{bytes.subspan(head_bytes)};
  field next;
  while (reader.next(next)) {
    has_roles = has_roles || next.tag == tag_roles;
    switch (next.tag) {
      case tag_started: reader.read(next, out.started); break;
      case tag_accuser: read_accuser(reader, next, out); break;
      default: read_fact(reader, next, about);
    }
  }
  if (reader.is_broken() || out.id == node_id{} || out.run > run_max
      || about.protocol_min > about.protocol_max)
    return malformed("record");
  if (!is_known(raw_state))
    return std::optional<record>{};
  // With what a suspicion adds it has to be readable for the next one as well.
  if (bytes.size() > record_bytes_max / 2 && !check(about))
    return malformed("record that is too large to be passed on");
  if (has_roles)
    out.about = std::move(about);
  else
    out.started = 0;
  if (out.state == state::alive && !out.about)
    return malformed("record of a living member without facts");
  return std::optional{std::move(out)};
}

} // namespace serverme::membership
