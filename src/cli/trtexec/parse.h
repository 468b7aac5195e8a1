// A trtexec command line to Options. Unknown flags are refused with the nearest known one; flags without effect are noted.
// It opens no files and knows nothing of engines.
#pragma once

#include <string>
#include <vector>

#include "cli/trtexec/options.h"

namespace burnish::cli::trtexec {

struct ParsedLine {
  Options options;
  std::vector<std::string> notes;  // flags without effect here, each with its reason
};

/// `arguments` without the program's name. Throws UsageError.
ParsedLine parse_line(const std::vector<std::string>& arguments);

std::string help_text();

}  // namespace burnish::cli::trtexec
