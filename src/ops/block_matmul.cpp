// BlockMatMul: see block_matmul.h.
#include "ops/block_matmul.h"

#include "base/error.h"
#include "ops/matmul_loops.h"
#include "ops/matmul_shape.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const BlockMatMul& op, InferContext& context) {
  context.expect_inputs(BlockMatMul::scale + 1, BlockMatMul::count);
  if (context.dtype(BlockMatMul::x) != DType::f32 or context.dtype(BlockMatMul::scale) != DType::f32)
    fail("x is {} and the scale {}; both must be f32", name_of(context.dtype(BlockMatMul::x)), name_of(context.dtype(BlockMatMul::scale)));
  const Shape& x = context.shape(BlockMatMul::x);
  const Shape& w = context.shape(BlockMatMul::w);
  const DType narrow = context.dtype(BlockMatMul::w);
  if (not is_integer(narrow) or bit_width(narrow) > 8) fail("the weights are {}; they must be integers of at most 8 bits", name_of(narrow));
  if (x.rank() < 1 or w.rank() != 2) fail("x has shape {} and w {}; x needs an axis, and w two", x.text(), w.text());
  if (op.block_size < 1) fail("blocks of {} weights", op.block_size);
  for (size_t i = BlockMatMul::scale; i < BlockMatMul::count; ++i) {
    if (not context.has_input(i)) continue;
    const Shape& shape = context.shape(i);
    if (shape.rank() != 2 or shape[0] != w[0]) fail("scales or zero points have shape {} for weights of shape {}", shape.text(), w.text());
    if (shape[1] != ceil_div(w[1], op.block_size))
      fail("rows of {} weights in blocks of {} have {} scales or zero points", w[1].text(), op.block_size, shape[1].text());
  }
  if (context.has_input(BlockMatMul::zero_point)) context.expect_same_dtype(BlockMatMul::w, BlockMatMul::zero_point);
  context.output(0, DType::f32, matmul_output(x, w, false, true));
}

void reference(const BlockMatMul& op, EvalContext& context) {
  const Tensor& x = context.input(BlockMatMul::x);
  const Tensor& w = context.input(BlockMatMul::w);
  const Tensor& scale = context.input(BlockMatMul::scale);
  const bool has_zero_point = context.has_input(BlockMatMul::zero_point);
  const MatrixProduct product = matrix_product(x.dims(), w.dims(), false, true);
  const int64_t blocks = scale.dims()[1];
  std::vector<float> weights(static_cast<size_t>(w.size()));
  const Numbers<int64_t> integers(w);
  const Numbers<float> scales(scale);
  for (int64_t i = 0; i < w.size(); ++i) {
    const int64_t block = i / product.k * blocks + i % product.k / op.block_size;
    const int64_t zero = has_zero_point ? static_cast<int64_t>(context.input(BlockMatMul::zero_point).number(block)) : 0;
    weights[static_cast<size_t>(i)] = static_cast<float>(integers[i] - zero) * scales[block];
  }
  Tensor& out = context.allocate(0, DType::f32, product.output);
  NumbersOut<float> y(out);
  multiply(product, Numbers<float>(x).data(), weights.data(), y.data(), [](auto sum, int64_t, int64_t) { return static_cast<float>(sum); });
  y.store();
}

}  // namespace

void register_block_matmul(Registry& registry) {
  registry.add<BlockMatMul>({.name = "BlockMatMul", .infer = infer, .reference = reference, .onnx = {}});
}

}  // namespace burnish::ops
