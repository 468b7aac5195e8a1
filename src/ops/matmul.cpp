// MatMul: see the header.
#include "ops/matmul.h"

#include "base/error.h"
#include "ops/matmul_loops.h"
#include "ops/matmul_shape.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const MatMul& op, InferContext& context) {
  context.expect_inputs(2, 2);
  context.expect_same_dtype(0, 1);
  const DType dtype = context.dtype(0);
  if (not is_floating(dtype) and not is_integer(dtype)) fail("MatMul computes numbers, not {}", name_of(dtype));
  context.output(0, dtype, matmul_output(context.shape(0), context.shape(1), op.transpose_a, op.transpose_b));
}

void reference(const MatMul& op, EvalContext& context) {
  const Tensor& left = context.input(0);
  const Tensor& right = context.input(1);
  const MatrixProduct product = matrix_product(left.dims(), right.dims(), op.transpose_a, op.transpose_b);
  Tensor& out = context.allocate(0, left.dtype(), product.output);
  with_numbers(left.dtype(), [&](auto type) {
    using T = decltype(type);
    // Signed sums may overflow; unsigned ones wrap, to the same bits.
    using Wrapping = std::conditional_t<std::is_integral_v<T>, uint64_t, T>;
    const Numbers<Wrapping> a(left);
    const Numbers<Wrapping> b(right);
    NumbersOut<Wrapping> y(out);
    multiply(product, a.data(), b.data(), y.data(), [](Accumulator<Wrapping> sum, int64_t, int64_t) { return static_cast<Wrapping>(sum); });
    y.store();
  });
}

MatMul import(const ImportContext&) { return {}; }

}  // namespace

void register_matmul(Registry& registry) {
  registry.add<MatMul>(
      {.name = "MatMul", .infer = infer, .reference = reference, .onnx = {{.name = "MatMul", .since = 1, .import = import}}});
}

}  // namespace burnish::ops
