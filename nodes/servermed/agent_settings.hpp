// cli.yml: what `serverme` on the same machine needs to reach a development server.
#pragma once

#include "nodes/servermed/ready_file.hpp"
#include "protocol/result.hpp"

#include <filesystem>
#include <string>

namespace serverme::servermed {

/// The key that an earlier start left in the file; empty when there is none.
std::string read_token(const std::filesystem::path& file);

/// For its owner only: it holds a key. Of a node that is no edge: without a server.
/// @errors data_dir_unusable
result<done> write_agent_settings(const std::filesystem::path& file, const ready_addresses& where,
                                  const std::string& token, const std::filesystem::path& ca_file);

} // namespace serverme::servermed
