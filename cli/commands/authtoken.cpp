// serverme authtoken: the key goes into the configuration file, for its owner's eyes only.
#include "cli/commands/commands.hpp"
#include "cli/config/config_storage.hpp"

#include <iostream>

namespace serverme::cli {

exit_code run(const store_token& what, const global_options& given) {
  auto token = what.token;
  if (token.empty() || token == "-") {
    print_error("Key: ");
    std::getline(std::cin, token);
  }
  auto path = config_path(given, process_variable);
  auto stored = read_config(path);
  if (!stored)
    return give_up(stored.error());
  auto text = with_token(*stored ? (*stored)->text : "", token);
  if (!text)
    return give_up(text.error());
  if (auto written = write_config(path, *text); !written)
    return give_up(written.error());
  print("The key is stored in " + path.string() + "\n");
  return exit_code::success;
}

} // namespace serverme::cli
