// The program burnish: one command for each thing one may want to do with models and engines.
// Called by main. Returns 0, 1 (failure) or 2 (a fault of the command line).
#pragma once

#include <string>
#include <vector>

namespace burnish::cli::commands {

int run(const std::string& name, const std::vector<std::string>& arguments);

}  // namespace burnish::cli::commands
