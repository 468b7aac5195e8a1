// Paths are compared as files, so that links and different spellings do not hide that two are one.
#include "cli/output_files.h"

#include "base/error.h"

namespace burnish::cli {

void check_outputs(const std::vector<std::filesystem::path>& reads, const std::vector<std::filesystem::path>& writes) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  for (const fs::path& output : writes) {
    if (output.empty()) continue;
    if (fs::is_directory(output, ignored)) fail("cannot write {}: it is a folder", output.string());
    const fs::path folder = output.has_parent_path() ? output.parent_path() : fs::path(".");
    if (not fs::is_directory(folder, ignored)) fail("cannot write {}: there is no folder {}", output.string(), folder.string());
    for (const fs::path& input : reads)
      if (not input.empty() and fs::equivalent(input, output, ignored))
        fail("{} would replace {}, which is read; write to another file", output.string(), input.string());
  }
}

}  // namespace burnish::cli
