// serverme doctor: tries every step and says what to do about the one that fails.
#include "cli/commands/commands.hpp"
#include "cli/commands/doctor.hpp"

namespace serverme::cli {

exit_code run(const diagnose& what, const global_options& given) {
  auto checks = examine(load_settings(given, process_variable), what.local);
  print(report(checks, what.form));
  return has_failure(checks) ? exit_code::failed : exit_code::success;
}

} // namespace serverme::cli
