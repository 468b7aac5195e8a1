// The program trtexec: TensorRT's command line, its lines and its files, with Burnish underneath.
// Called by main where the program is named trtexec. Returns 0, 1 (failure) or 2 (a fault of the command line).
#pragma once

#include <string>
#include <vector>

namespace burnish::cli::trtexec {

/// `arguments` without the program's name; `name` is shown in the banner.
int run(const std::string& name, const std::vector<std::string>& arguments);

}  // namespace burnish::cli::trtexec
