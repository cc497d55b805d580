#include "tests/unit/support/temporary_directory.hpp"

#include <stdlib.h>

#include <string>

namespace serverme::tests {

temporary_directory::temporary_directory() {
  std::string name{"/tmp/serverme-test-XXXXXX"};
  path_ = ::mkdtemp(name.data());
}

temporary_directory::~temporary_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

} // namespace serverme::tests
