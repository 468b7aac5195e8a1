// Einsum: sums of products over named axes. ONNX Einsum, opset 12.
// Inputs: one for each term of the equation. The equation is kept as written; "..." stands for leading axes that broadcast.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Einsum {
  std::string equation;
  static constexpr auto fields = std::tuple{field("equation", &Einsum::equation)};
};

/// The equation with every axis as one number: equal numbers are one axis.
struct EinsumAxes {
  std::vector<std::vector<size_t>> inputs;
  std::vector<size_t> output;
  size_t count = 0;
};
/// Error where the equation is malformed or does not fit the ranks.
EinsumAxes einsum_axes(const Einsum& op, const std::vector<size_t>& ranks);

}  // namespace burnish::ops
