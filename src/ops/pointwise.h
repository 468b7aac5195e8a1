// Pointwise: any elementwise computation, as an Expr over inputs that broadcast to the output's shape (NumPy's rules).
// Every ONNX elementwise operator (Add, Relu, Cast, Where, Clip, ...) is imported as a Pointwise of a single step; fusion composes them.
// Inputs: one for each input of the Expr, of the dtype it names. Outputs: one for each output of the Expr, all of the broadcast shape.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Pointwise {
  Expr expr;
  static constexpr auto fields = std::tuple{field("expr", &Pointwise::expr)};
};

/// The code of a node that is a single pointwise step; nothing for every other operator.
std::optional<ExprCode> single_code(const Op& op);

/// A Pointwise of one step over operands of the given types.
Pointwise pointwise(ExprCode code, std::vector<DType> inputs, DType result, double a = 0, double b = 0);

}  // namespace burnish::ops
