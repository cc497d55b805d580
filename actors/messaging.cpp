#include "actors/messaging.hpp"

namespace serverme::actors {

namespace {

constexpr std::uint8_t any_code = 1;

} // namespace

caf::error make_caf_error(const failure& why) {
  return {any_code, error_category,
          caf::make_message(static_cast<std::uint16_t>(why.code), why.detail)};
}

failure to_failure(const caf::error& why) {
  const auto& context = why.context();
  if (why.category() == error_category && context.match_elements<std::uint16_t, std::string>())
    return fail(static_cast<errc>(context.get_as<std::uint16_t>(0)),
                context.get_as<std::string>(1));
  if (why.category() == caf::atom("system"))
    return fail(errc::control_unavailable, to_string(static_cast<caf::sec>(why.code())));
  if (why.category() == caf::atom("exit"))
    return fail(errc::control_unavailable, to_string(static_cast<caf::exit_reason>(why.code())));
  return fail(errc::control_unavailable);
}

} // namespace serverme::actors
