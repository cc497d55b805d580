#include "cli/commands/commands.hpp"

#include "cli/output/failure_text.hpp"

#include <cstdio>
#include <cstdlib>

namespace serverme::cli {

namespace {

void write_to(std::FILE* file, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

} // namespace

const char* process_variable(const char* name) { return std::getenv(name); }

void print(const std::string& text) { write_to(stdout, text); }

void print_error(const std::string& text) { write_to(stderr, text); }

exit_code give_up(const failure& why) { return give_up(why, describe(why.code).advice); }

exit_code give_up(const failure& why, std::string_view advice) {
  print_error("serverme: " + explain(why, advice));
  return exit_code_of(why.code);
}

int run_command_line(const std::vector<std::string>& words) {
  auto parsed = parse_command_line(words);
  if (const auto* answer = std::get_if<printed_answer>(&parsed)) {
    print(answer->out);
    print_error(answer->err);
    return to_int(answer->code);
  }
  const auto& typed = std::get<invocation>(parsed);
  return to_int(
    std::visit([&typed](const auto& each) { return run(each, typed.globals); }, typed.what));
}

} // namespace serverme::cli
