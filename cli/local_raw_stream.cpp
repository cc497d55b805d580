#include "cli/local_raw_stream.hpp"

#include <utility>

namespace serverme::cli {

local_raw_stream::~local_raw_stream() = default;

void local_raw_stream::start(const lane::open& visitor, proxy_protocol proxy, bytes_view first) {
  if (proxy != proxy_protocol::none)
    append_proxy_header(early_, proxy,
                        {.visitor_address = visitor.visitor_address,
                         .visitor_port = visitor.visitor_port,
                         .server_address = visitor.server_address,
                         .server_port = visitor.server_port});
  owe(first.size());
  early_.append(first);
  dial();
}

void local_raw_stream::on_connected() {
  auto early = std::exchange(early_, {});
  connection().write(early.view());
  settle();
  if (has_visitor_ended())
    connection().finish();
}

void local_raw_stream::on_data(bytes_view bytes) {
  owe(bytes.size());
  if (!is_connected()) {
    early_.append(bytes);
    return;
  }
  connection().write_in_place(bytes);
  settle();
}

void local_raw_stream::on_finish() {
  note_end_of_visitor();
  if (is_connected())
    connection().finish();
  end_if_over();
}

void local_raw_stream::on_end() {
  finish_sending();
  end_if_over();
}

// A reset is passed on as one: who sees an end believes that he has everything.
void local_raw_stream::on_closed(const failure&) { reset(errc::stream_reset); }

void local_raw_stream::hang_up() noexcept {
  if (!is_connected())
    return;
  connection().abort();
  drop_connection();
}

} // namespace serverme::cli
