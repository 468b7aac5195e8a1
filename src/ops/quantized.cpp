// What the products of 8-bit integers share: see the header.
#include "ops/quantized.h"

#include "base/error.h"
#include "ir/evaluate.h"
#include "ir/infer.h"

namespace burnish::ops {
namespace {

using Index = QuantizedOperand::Index;

bool fits(const Shape& shape, const Dim& channels) {
  return shape.rank() == 1 and (not shape[0].is_constant() or not channels.is_constant() or shape[0] == channels);
}

bool one_value(const Shape& shape) { return shape.rank() == 0 or (shape.rank() == 1 and shape[0] == Dim(1)); }

}  // namespace

bool is_quantized_product(const Op& op) { return op.is<QuantizedConv>() or op.is<QuantizedMatMul>(); }

void check_quantized_operands(const InferContext& context, const Dim& channels) {
  context.expect_inputs(Index::scale + 1, Index::count);
  const DType x = context.dtype(Index::x);
  if (x != DType::u8 and x != DType::i8 and x != DType::f8e4m3fn) fail("the input is {}; it must be u8, i8 or f8e4m3fn", name_of(x));
  const DType weight = is_floating(x) ? x : DType::i8;
  if (context.dtype(Index::w) != weight) fail("the weight is {}; it must be {}", name_of(context.dtype(Index::w)), name_of(weight));
  if (is_floating(x) and context.has_input(Index::zero_point)) fail("float8 has no zero point");
  if (context.has_input(Index::zero_point)) {
    context.expect_same_dtype(Index::x, Index::zero_point);
    if (not one_value(context.shape(Index::zero_point)))
      fail("the zero point has shape {}; it must be one value", context.shape(Index::zero_point).text());
  }
  for (const size_t index : {size_t{Index::scale}, size_t{Index::bias}}) {
    if (not context.has_input(index)) continue;
    const std::string_view what = index == Index::scale ? "scale" : "bias";
    if (context.dtype(index) != DType::f32) fail("the {} is {}; it must be f32", what, name_of(context.dtype(index)));
    const Shape& shape = context.shape(index);
    if (not fits(shape, channels) and not(index == Index::scale and one_value(shape)))
      fail("the {} has shape {}, but there are {} output channels", what, shape.text(), channels.text());
  }
}

QuantizedNumbers quantized_numbers(const EvalContext& context, int64_t channels) {
  QuantizedNumbers numbers{std::vector<double>(static_cast<size_t>(channels)), std::vector<double>(static_cast<size_t>(channels)), 0};
  const Tensor& scale = context.input(Index::scale);
  const auto expect = [&](size_t index) {
    if (context.input(index).size() != channels) fail("{} values for {} output channels", context.input(index).size(), channels);
  };
  if (scale.size() != 1) expect(Index::scale);
  if (context.has_input(Index::bias)) expect(Index::bias);
  for (int64_t i = 0; i < channels; ++i) {
    numbers.scale[static_cast<size_t>(i)] = scale.number(scale.size() == 1 ? 0 : i);
    if (context.has_input(Index::bias)) numbers.bias[static_cast<size_t>(i)] = context.input(Index::bias).number(i);
  }
  if (context.has_input(Index::zero_point)) {
    if (context.input(Index::zero_point).size() != 1) fail("there are {} zero points", context.input(Index::zero_point).size());
    numbers.zero_point = context.input(Index::zero_point).integer(0);
  }
  return numbers;
}

}  // namespace burnish::ops
