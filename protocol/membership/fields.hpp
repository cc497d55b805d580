// Fields of tag (u8), length (u16) and value: how records and messages are written and read.
#pragma once

#include "protocol/big_endian.hpp"
#include "protocol/ids.hpp"

#include <concepts>
#include <string>
#include <string_view>

namespace serverme::membership {

inline constexpr std::size_t field_header_bytes = 3;
inline constexpr std::size_t id_bytes = 16;

inline void append_id(byte_queue& out, const node_id& id) {
  out.append(bytes_view{big_endian(id.high)});
  out.append(bytes_view{big_endian(id.low)});
}

/// @pre bytes.size() >= id_bytes
inline node_id read_id(bytes_view bytes) {
  return {read_big_endian<std::uint64_t>(bytes), read_big_endian<std::uint64_t>(bytes.subspan(8))};
}

class field_writer {
public:
  explicit field_writer(byte_queue& out) : out_{out} {}

  template <std::unsigned_integral Number>
  void number(std::uint8_t tag, Number value) {
    header(tag, sizeof(Number));
    out_.append(bytes_view{big_endian(value)});
  }
  void id(std::uint8_t tag, const node_id& value) {
    header(tag, id_bytes);
    append_id(out_, value);
  }
  /// An empty text is left out.
  void text(std::uint8_t tag, std::string_view value) {
    if (value.empty())
      return;
    header(tag, value.size());
    out_.append(value);
  }
  void header(std::uint8_t tag, std::size_t size) {
    out_.append(bytes_view{big_endian(tag)});
    out_.append(bytes_view{big_endian(static_cast<std::uint16_t>(size))});
  }

private:
  byte_queue& out_;
};

struct field {
  std::uint8_t tag = 0;
  bytes_view value;
  /// With the header, as it came.
  bytes_view whole;
};

/// Cuts bytes into fields; remembers whether something was malformed.
class field_reader {
public:
  explicit field_reader(bytes_view bytes) : rest_{bytes} {}

  bool next(field& into) {
    if (rest_.empty() || broken_)
      return false;
    if (rest_.size() < field_header_bytes)
      return broken(), false;
    std::size_t size = field_header_bytes + read_big_endian<std::uint16_t>(rest_.subspan(1));
    if (rest_.size() < size)
      return broken(), false;
    auto whole = rest_.first(size);
    into = {std::to_integer<std::uint8_t>(whole[0]), whole.subspan(field_header_bytes), whole};
    rest_ = rest_.subspan(size);
    return true;
  }

  template <std::unsigned_integral Number>
  void read(const field& from, Number& into) {
    if (from.value.size() != sizeof(Number))
      return broken();
    into = read_big_endian<Number>(from.value);
  }
  void read(const field& from, node_id& into) {
    if (from.value.size() != id_bytes)
      return broken();
    into = read_id(from.value);
  }
  /// Texts end up on terminals: one with control characters is malformed.
  void read(const field& from, std::string& into, std::size_t bytes_max) {
    auto text = as_text(from.value);
    if (text.size() > bytes_max || !is_plain(text))
      return broken();
    into = text;
  }

  void broken() { broken_ = true; }
  bool is_broken() const { return broken_; }

  static bool is_plain(std::string_view text) {
    for (char c : text)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
        return false;
    return true;
  }

private:
  bytes_view rest_;
  bool broken_ = false;
};

} // namespace serverme::membership
