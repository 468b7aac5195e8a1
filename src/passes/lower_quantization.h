// Writes QuantizeLinear and DequantizeLinear of 8-bit integers as pointwise programs, so that they fuse with what stands around them: into
// epilogues of products, into sums of quantized tensors. A dequantized tensor gets a program for each of its readers: computing it again costs
// less than keeping it in four times the bytes. Called last but for fusion. Scales along an axis must be constants.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct LowerQuantization {
  static constexpr std::string_view name = "lower_quantization";
  static constexpr std::string_view summary = "writes quantization to 8 bits as pointwise programs";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
