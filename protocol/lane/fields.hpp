// How control messages of a lane are written: fields of tag (u8), length (u16) and value. For the
// files that know what they mean.
#pragma once

#include "protocol/big_endian.hpp"
#include "protocol/bytes.hpp"
#include "protocol/ids.hpp"
#include "protocol/result.hpp"
#include "protocol/time.hpp"

#include <algorithm>
#include <concepts>
#include <initializer_list>
#include <optional>
#include <string>

namespace serverme::lane {

// Longer texts are cut rather than refused: none of them decides anything.
inline constexpr std::size_t text_bytes_max = 4096;

class field_writer {
public:
  explicit field_writer(byte_queue& out) : out_{out} {}

  template <std::unsigned_integral Number>
  void number(std::uint8_t tag, Number value) {
    header(tag, sizeof(Number));
    out_.append(bytes_view{big_endian(value)});
  }
  void flag(std::uint8_t tag, bool value) { number(tag, static_cast<std::uint8_t>(value ? 1 : 0)); }
  void text(std::uint8_t tag, std::string_view value) {
    if (value.empty())
      return;
    value = value.substr(0, text_bytes_max);
    header(tag, value.size());
    out_.append(value);
  }
  void error(std::uint8_t code_tag, std::uint8_t detail_tag, const failure& why) {
    number(code_tag, static_cast<std::uint16_t>(why.code));
    text(detail_tag, why.detail);
  }

private:
  void header(std::uint8_t tag, std::size_t size) {
    out_.append(bytes_view{big_endian(tag)});
    out_.append(bytes_view{big_endian(static_cast<std::uint16_t>(size))});
  }

  byte_queue& out_;
};

struct field {
  std::uint8_t tag = 0;
  bytes_view value;
};

/// Cuts a payload into fields; remembers whether something was malformed.
class field_reader {
public:
  explicit field_reader(bytes_view payload) : rest_{payload} {}

  bool next(field& into) {
    if (rest_.empty() || broken_)
      return false;
    if (rest_.size() < 3)
      return broken(), false;
    std::size_t size = read_big_endian<std::uint16_t>(rest_.subspan(1));
    if (rest_.size() < 3 + size)
      return broken(), false;
    into = {std::to_integer<std::uint8_t>(rest_[0]), rest_.subspan(3, size)};
    rest_ = rest_.subspan(3 + size);
    if (into.tag < 64)
      seen_ |= std::uint64_t{1} << into.tag;
    return true;
  }

  bool has_seen(std::initializer_list<int> tags) const {
    return std::ranges::all_of(tags, [this](int tag) { return (seen_ >> tag & 1) != 0; });
  }

  template <std::unsigned_integral Number>
  void read(const field& from, Number& into) {
    if (from.value.size() != sizeof(Number))
      return broken();
    into = read_big_endian<Number>(from.value);
  }
  void read(const field& from, std::string& into) {
    if (from.value.size() > text_bytes_max)
      return broken();
    into = as_text(from.value);
  }
  void read(const field& from, milliseconds& into) {
    std::uint32_t count = 0;
    read(from, count);
    into = milliseconds{count};
  }
  template <class T, class Tag>
  void read(const field& from, strong<T, Tag>& into) {
    read(from, into.value);
  }
  void read(const field& from, bool& into) {
    std::uint8_t flag = 0;
    read(from, flag);
    into = flag != 0;
  }
  void read_code(const field& from, std::optional<failure>& into) {
    std::uint16_t code = 0;
    read(from, code);
    if (!into)
      into.emplace();
    into->code = static_cast<errc>(code);
  }
  void read_detail(const field& from, std::optional<failure>& into) {
    if (!into)
      into.emplace();
    read(from, into->detail);
  }

  void broken() { broken_ = true; }
  bool is_broken() const { return broken_; }

private:
  bytes_view rest_;
  std::uint64_t seen_ = 0;
  bool broken_ = false;
};

inline failure malformed(const char* message) {
  return fail(errc::protocol_violation, std::string{message} + " is malformed");
}

/// Gives each field to `take`, which skips those that it does not know. Without the `needed` ones
/// there is no message.
template <class Message, class Take>
result<Message> parse(bytes_view payload, const char* name, std::initializer_list<int> needed,
                      Take take) {
  Message out;
  field_reader reader{payload};
  field next;
  while (reader.next(next))
    take(reader, next, out);
  if (reader.is_broken() || !reader.has_seen(needed))
    return malformed(name);
  return out;
}

} // namespace serverme::lane
