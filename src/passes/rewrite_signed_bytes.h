// Quantized tensors of i8 become u8, for machines that multiply unsigned by signed bytes faster: the zero point moves by 128 with the numbers.
// Where a tensor cannot be negative (behind a Relu) and its zero point is 0, the numbers stay as they are, limited to 127, so that the zero
// point stays 0 too. Only tensors between QuantizeLinear and DequantizeLinear; what the network takes and gives keeps its type.
// Called before quantization is moved, if the configuration asks for it.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct RewriteSignedBytes {
  static constexpr std::string_view name = "rewrite_signed_bytes";
  static constexpr std::string_view summary = "makes quantized tensors of i8 unsigned";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
