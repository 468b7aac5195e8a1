// Moves quantization to where it costs least: QuantizeLinear backward and DequantizeLinear forward over operators that only move or choose
// elements (views, transposes, slices, Concat, maximum pools), which then handle bytes; and takes out what is dequantized and quantized
// again with the same numbers, averages in between included. Called before products are made integer.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct PropagateQuantization {
  static constexpr std::string_view name = "propagate_quantization";
  static constexpr std::string_view summary = "moves quantization over operators that only move or choose elements";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
