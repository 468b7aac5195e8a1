// An engine's network once more, with every tensor of its graph an output: what layers make can be looked at one by one.
// The kernels and formats are the engine's own, or the reference evaluations of the same graph. For `burnish verify` and the bindings; made for a
// few runs, never stored.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "burnish/engine.h"

namespace burnish::runtime {

/// A tensor and who makes it.
struct TappedTensor {
  std::string name;
  std::string node;    // "node `conv1` (Conv)"
  std::string tactic;  // of the kernel
  size_t output = 0;   // index into the outputs of the tapped engine
};

struct Tapped {
  Engine engine;
  std::vector<TappedTensor> tensors;  // in order of execution
};

/// `reference`: the graph's own evaluations in place of the engine's kernels. Nothing where sizes are open: there is no one graph of known
/// tensors then.
std::optional<Tapped> tap(const Engine& engine, bool reference);

}  // namespace burnish::runtime
