// A convolution of bytes whose result is cut into parts along its channels becomes one convolution for each part, where the parts are quantized
// apart: each then ends in bytes of its own, and no float tensor is written, cut and read again. An activation between the two is repeated.
// Called when activations have been recognized, before quantization becomes programs; it never looks at what the readers quantize with.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct SplitQuantizedProducts {
  static constexpr std::string_view name = "split_quantized_products";
  static constexpr std::string_view summary = "cuts convolutions of bytes whose parts are quantized apart";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
