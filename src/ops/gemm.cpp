// Gemm: alpha * A' B' + beta * C on matrices, composed of MatMul and pointwise nodes. ONNX Gemm, opsets 1 to 13.
// Factors of 1 are left out, and so is C where beta is 0.
#include <cmath>

#include "base/error.h"
#include "ops/matmul.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"

namespace burnish::ops {
namespace {

ValueId scaled(ImportContext& context, ValueId value, double factor) {
  if (factor == 1) return value;
  const DType dtype = context.type(value).dtype;
  if (not is_floating(dtype) and factor != std::floor(factor)) fail_unsupported("Gemm on {} with the factor {}", name_of(dtype), factor);
  return add_pointwise(context, ExprCode::mul, value, factor);
}

void import(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 2, 3);
  for (size_t i = 0; i < 2; ++i)
    if (context.type(inputs[i]).shape.rank() != 2)
      fail("input {} has shape {}; it must have rank 2", i, context.type(inputs[i]).shape.text());
  ValueId result = context.add(MatMul{.transpose_a = context.flag_or("transA", false), .transpose_b = context.flag_or("transB", false)},
                               {inputs[0], inputs[1]});
  result = scaled(context, result, context.float_or("alpha", 1));
  const double beta = context.float_or("beta", 1);
  if (context.has_input(2) and beta != 0) {
    if (context.type(inputs[2]).shape.rank() > 2)
      fail("input 2 has shape {}; it must broadcast to the product", context.type(inputs[2]).shape.text());
    result = add_pointwise(context, ExprCode::add, {result, scaled(context, inputs[2], beta)});
  }
  context.set_output(0, result);
}

}  // namespace

void register_gemm(Registry& registry) { registry.add_import("Gemm", 1, import); }

}  // namespace burnish::ops
