// What a visitor sees when a request cannot be served.
#pragma once

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

namespace serverme {

enum class page_format : std::uint8_t { html, json };

/// JSON when Accept prefers it to HTML; HTML else.
page_format page_format_for(std::string_view accept) noexcept;

struct error_answer {
  failure why;
  page_format format = page_format::html;
  /// The answer to HEAD has no body.
  bool head_only = false;
  bool keep_alive = false;
};

/// Appends a whole HTTP/1.1 response: status, code, title, advice. Everything that a visitor sent
/// is escaped.
void append_error_answer(byte_queue& out, const error_answer& answer);

} // namespace serverme
