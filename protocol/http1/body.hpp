// Where a body ends, and what in it is content. Nothing is buffered or copied.
#pragma once

#include "protocol/http1/head.hpp"

namespace serverme::http1 {

/// Follows one body through pieces of any size.
class body_reader {
public:
  struct limits {
    /// Chunk extensions of one chunk, and all trailers: nobody needs more.
    std::size_t chunk_line_max = 4096;
    std::size_t trailers_max = 16 * 1024;
  };

  /// What the next bytes are.
  struct piece {
    /// Bytes of the input that this piece covers, framing included. 0 only for empty input or
    /// after the end.
    std::size_t taken = 0;
    /// The part of them that is content.
    bytes_view content;
    /// The body ended with this piece; what follows is another message.
    bool ended = false;
  };

  body_reader() = default;
  body_reader(framing how, std::uint64_t content_length);

  /// One piece at a time: call again with the rest until `taken` is 0 or `ended`.
  /// @errors bad_request: chunk framing is broken (bare CR or LF, bad size, overflow)
  result<piece> next(bytes_view bytes);

  /// True from the start for a body of no bytes.
  bool ended() const noexcept;
  /// The connection closed: was that the end (until_close), or is the body cut short?
  bool may_end_here() const noexcept;
  /// Chunked only: the trailer section as it came, with its final empty line; for forwarding.
  std::string_view trailers() const noexcept;

private:
  /// What comes next. `broken`: nothing that follows can be trusted.
  enum class part : std::uint8_t {
    size,
    extension,
    size_lf,
    content,
    content_cr,
    content_lf,
    trailers,
    end,
    broken
  };

  bytes_view take_content(std::string_view& rest) noexcept;
  // Each takes what it understands off the front of a chunked body.
  result<done> take_framing(std::string_view& rest);
  result<done> take_size(std::string_view& rest);
  result<done> take_extension(std::string_view& rest);
  result<done> take_mark(std::string_view& rest, char mark, part next);
  result<done> take_trailers(std::string_view& rest);

  framing how_ = framing::none;
  part at_ = part::end;
  std::uint64_t left_ = 0;     // of the content or the chunk
  std::size_t line_bytes_ = 0; // of the line that begins a chunk
  std::size_t line_begin_ = 0; // of the last line in trailers_
  std::string trailers_;
};

} // namespace serverme::http1
