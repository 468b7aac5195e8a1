// Looks at the files a command will write before it does an hour's work for them.
// Called with everything the command reads and writes. It creates nothing.
#pragma once

#include <filesystem>
#include <vector>

namespace burnish::cli {

/// Throws Error where an output's folder is missing, where the output is a folder, or where it would replace a file that the command
/// reads. Empty paths are skipped.
void check_outputs(const std::vector<std::filesystem::path>& reads, const std::vector<std::filesystem::path>& writes);

}  // namespace burnish::cli
