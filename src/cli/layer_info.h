// What each step of an engine is, as the JSON that engine inspectors print, and a network's bindings.
// Exported by trtexec, shown by `burnish inspect`. It reads the plan; it runs nothing.
#pragma once

#include <string>

#include "burnish/engine.h"

namespace burnish::cli {

/// {"Layers": [...], "Bindings": [names], "I/O Tensors": [...]}. Without `detailed`, layers are names alone.
std::string layer_info_json(const Engine& engine, bool detailed);

}  // namespace burnish::cli
