#include "tests/unit/support/test_door_open.hpp"

#include <stdexcept>

void serverme::actors::pass_test_door(const caf::type_erased_tuple& content) {
  if (content.match_elements<serverme::tests::crash_order>())
    throw std::runtime_error(content.get_as<serverme::tests::crash_order>(0).why);
}
