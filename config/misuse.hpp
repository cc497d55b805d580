// What is said about a command line that is not understood; both programs say it in the same words.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

namespace CLI { // NOLINT(readability-identifier-naming): CLI11 calls it so
class App;
class ParseError;
class Validator;
} // namespace CLI

namespace serverme::config {

/// "serverme config check": the command that was being typed.
std::string typed_command(const CLI::App& app);

/// "--subdomain", ...: the long options of one command.
std::vector<std::string> option_names(const CLI::App& command);

/// Why the parser refused: a word that is misspelt, missing, or one too many.
std::string misuse_reason(const CLI::App& app, const CLI::ParseError& why);

/// Accepts these words only: "auto, plain or json, not 'xml'".
CLI::Validator one_of(std::initializer_list<const char*> words);

} // namespace serverme::config
