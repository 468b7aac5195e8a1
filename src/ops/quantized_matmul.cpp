// QuantizedMatMul: see ops/quantized.h. Scales and biases belong to the columns of w.
#include "base/error.h"
#include "ops/matmul_loops.h"
#include "ops/matmul_shape.h"
#include "ops/operator.h"
#include "ops/quantized.h"

namespace burnish::ops {
namespace {

using Index = QuantizedOperand::Index;

void infer(const QuantizedMatMul& op, InferContext& context) {
  context.expect_inputs(Index::scale + 1, Index::count);
  const Shape& x = context.shape(Index::x);
  const Shape& w = context.shape(Index::w);
  if (x.rank() < 2 or w.rank() != 2) fail("x has shape {} and w {}; x needs rows and columns, and w two axes", x.text(), w.text());
  context.output(0, DType::f32, matmul_output(x, w, op.transpose_a, op.transpose_b));
  check_quantized_operands(context, w[op.transpose_b ? 0 : 1]);
}

void reference(const QuantizedMatMul& op, EvalContext& context) {
  const Tensor& left = context.input(Index::x);
  const Tensor& right = context.input(Index::w);
  const MatrixProduct product = matrix_product(left.dims(), right.dims(), op.transpose_a, op.transpose_b);
  const QuantizedNumbers numbers = quantized_numbers(context, product.n);
  Tensor& out = context.allocate(0, DType::f32, product.output);
  NumbersOut<float> y(out);
  const auto finish = [&](auto sum, int64_t /*row*/, int64_t column) {
    const auto at = static_cast<size_t>(column);
    return static_cast<float>(static_cast<double>(sum) * numbers.scale[at] + numbers.bias[at]);
  };
  if (is_floating(left.dtype())) {
    multiply(product, Numbers<double>(left).data(), Numbers<double>(right).data(), y.data(), finish);
  } else {
    std::vector<int64_t> x = left.integers();
    for (int64_t& value : x) value -= numbers.zero_point;
    multiply(product, x.data(), Numbers<int64_t>(right).data(), y.data(), finish);
  }
  y.store();
}

}  // namespace

void register_quantized_matmul(Registry& registry) {
  registry.add<QuantizedMatMul>({.name = "QuantizedMatMul", .infer = infer, .reference = reference, .onnx = {}});
}

}  // namespace burnish::ops
