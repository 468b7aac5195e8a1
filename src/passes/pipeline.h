// The order of the passes: the one place that knows it. Called by the compiler with an imported graph; `burnish passes` lists it.
// What passes do stands in their own files; how they are run, in the manager.
#pragma once

#include <optional>
#include <vector>

#include "passes/manager.h"

namespace burnish::passes {

struct PassConfig : ManagerConfig {
  bool merge_parallel_matmuls = true;
  /// Saves reading the input twice, but copies the parts out again: pays only where the backend reads slices in place.
  bool merge_parallel_convs = false;
  /// Attention reads what one product made and writes what the next one reads: for devices with kernels for it.
  bool pack_attention = false;
  /// Products of quantized tensors are made in integers, and quantization becomes part of pointwise programs. Else it stays as it is.
  bool integer_products = true;
  /// The same for float8.
  bool float8_products = false;
  /// Products of few rows with weights of few bits in blocks widen them in registers.
  bool block_products = false;
  /// Quantized tensors of i8 become u8: where the machine multiplies those faster.
  bool unsigned_bytes = false;
};

/// Optimizes the graph in place. Throws Error that names the pass; the graph is then not to be used.
void run(Graph& graph, const PassConfig& config = {});

/// For a graph whose sizes are open: everything that needs none, so that it is done once. Fusion waits, because it hides nodes from
/// passes that can do more once the sizes are known.
void run_open(Graph& graph, const PassConfig& config = {});

/// Folds what became known with the sizes: dead code, shape arithmetic, constants, identities and chains.
void clean(Graph& graph);

/// The stages in the order in which they run.
std::vector<Stage> pipeline(const PassConfig& config = {});

/// Each pass once, in order of its first run.
std::vector<PassInfo> list();

/// The pass of this name with its default options.
std::optional<Pass> find(std::string_view name);

}  // namespace burnish::passes
