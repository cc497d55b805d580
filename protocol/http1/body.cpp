#include "protocol/http1/body.hpp"

#include "protocol/http1/syntax.hpp"

#include <algorithm>

namespace serverme::http1 {

namespace {

constexpr body_reader::limits bounds{};
constexpr int no_digit = -1;

constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  auto letter = lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : no_digit;
}

failure broken(std::string_view what) { return fail(errc::bad_request, std::string{what}); }

/// A server that adds trailers to the head must not change by them where the message ended or
/// whom it was for (RFC 9110, section 6.5.1).
bool may_be_trailer(std::string_view name) noexcept {
  return !same_name(name, "content-length") && !same_name(name, "transfer-encoding")
         && !same_name(name, "host");
}

result<done> check_trailer(std::string_view line) {
  field trailer;
  if (auto outcome = take_field(line, "\r\n", trailer); !outcome)
    return outcome;
  if (!may_be_trailer(trailer.name))
    return broken("a trailer that belongs into the head");
  return done{};
}

} // namespace

body_reader::body_reader(framing how, std::uint64_t content_length)
  : how_{how}, left_{how == framing::length ? content_length : 0} {
  switch (how) {
    case framing::none: break;
    case framing::length: at_ = left_ > 0 ? part::content : part::end; break;
    case framing::chunked: at_ = part::size; break;
    case framing::until_close: at_ = part::content; break;
  }
}

result<body_reader::piece> body_reader::next(bytes_view bytes) {
  auto rest = as_text(bytes);
  while (!rest.empty() && at_ != part::content && at_ != part::end) {
    if (auto outcome = take_framing(rest); !outcome) {
      at_ = part::broken;
      return fail(outcome.error());
    }
  }
  piece found;
  if (at_ == part::content)
    found.content = take_content(rest);
  found.taken = bytes.size() - rest.size();
  found.ended = at_ == part::end;
  return found;
}

bool body_reader::ended() const noexcept { return at_ == part::end; }

bool body_reader::may_end_here() const noexcept {
  return at_ == part::end || how_ == framing::until_close;
}

std::string_view body_reader::trailers() const noexcept { return trailers_; }

bytes_view body_reader::take_content(std::string_view& rest) noexcept {
  auto content = how_ == framing::until_close ? rest : rest.substr(0, left_);
  rest.remove_prefix(content.size());
  if (how_ == framing::until_close)
    return as_bytes(content);
  left_ -= content.size();
  if (left_ == 0)
    at_ = how_ == framing::chunked ? part::content_cr : part::end;
  return as_bytes(content);
}

// RFC 9112, section 7.1. Blanks around the size, which some read over, are refused.
result<done> body_reader::take_framing(std::string_view& rest) {
  switch (at_) {
    case part::size: return take_size(rest);
    case part::extension: return take_extension(rest);
    case part::size_lf:
      line_bytes_ = 0;
      return take_mark(rest, '\n', left_ > 0 ? part::content : part::trailers);
    case part::content_cr: return take_mark(rest, '\r', part::content_lf);
    case part::content_lf: return take_mark(rest, '\n', part::size);
    case part::trailers: return take_trailers(rest);
    case part::content:
    case part::end: return done{};
    case part::broken: break;
  }
  return broken("the body is broken already");
}

result<done> body_reader::take_size(std::string_view& rest) {
  auto c = rest.front();
  auto digit = hex_digit(c);
  if (digit == no_digit && line_bytes_ == 0)
    return broken("a chunk without a size");
  if (digit == no_digit && c == ';') {
    at_ = part::extension;
    return done{};
  }
  if (digit == no_digit)
    return take_mark(rest, '\r', part::size_lf);
  if (++line_bytes_ > bounds.chunk_line_max)
    return broken("a chunk size of too many digits");
  if (left_ > length_max >> 4U)
    return broken("a chunk that is too large");
  left_ = left_ << 4U | static_cast<std::uint64_t>(digit);
  rest.remove_prefix(1);
  return done{};
}

result<done> body_reader::take_extension(std::string_view& rest) {
  auto size = text_length(rest);
  line_bytes_ += size;
  if (line_bytes_ > bounds.chunk_line_max)
    return broken("a chunk extension that is too long");
  rest.remove_prefix(size);
  return rest.empty() ? result<done>{done{}} : take_mark(rest, '\r', part::size_lf);
}

result<done> body_reader::take_mark(std::string_view& rest, char mark, part next) {
  if (rest.front() != mark)
    return broken(next == part::content_lf ? "a chunk that is longer than its size"
                                           : "a line end other than CR LF in a chunk");
  rest.remove_prefix(1);
  at_ = next;
  return done{};
}

result<done> body_reader::take_trailers(std::string_view& rest) {
  auto newline = rest.find('\n');
  auto more = rest.substr(0, std::min(newline, rest.size() - 1) + 1);
  if (more.size() > bounds.trailers_max - trailers_.size())
    return broken("trailers that are too long");
  trailers_ += more;
  rest.remove_prefix(more.size());
  if (newline == std::string_view::npos)
    return done{};
  auto line = std::string_view{trailers_}.substr(line_begin_);
  line_begin_ = trailers_.size();
  if (line != "\r\n")
    return check_trailer(line);
  at_ = part::end;
  return done{};
}

} // namespace serverme::http1
