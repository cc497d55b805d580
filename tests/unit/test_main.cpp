// The main() of every unit test program.
#define CAF_SUITE test_main
#include "tests/unit/test.hpp"

#include <caf/test/unit_test_impl.hpp>

#include <iostream>
#include <string_view>

int main(int argc, char** argv) {
  // The stock runner exits 0 when its filters match nothing: a misspelt suite would look green.
  auto outcome = caf::test::main(argc, argv);
  auto filtered = argc > 1
                  && (std::string_view{argv[1]}.starts_with("-s")
                      || std::string_view{argv[1]}.starts_with("-t"));
  if (outcome == 0 && filtered && caf::test::engine::current_test() == nullptr) {
    std::cerr << "*** no test matched the filter\n";
    return 2;
  }
  return outcome;
}
