// What passes should know of a machine although no pass knows a device: which forms of a computation its backend is faster in.
// Called by whoever compiles a graph: the build, and engines that compile for sizes they meet.
#pragma once

#include <string_view>

#include "passes/pipeline.h"

namespace burnish::runtime {

/// Sets the options that depend on the backend of this name; empty: the default one. An unknown name sets nothing.
void suit(passes::PassConfig& config, std::string_view backend);

}  // namespace burnish::runtime
