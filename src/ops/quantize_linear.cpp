// QuantizeLinear: see ops/quantize.h. Integers: round(x / scale) to even, plus the zero point, saturated. Float8 and float4: x / scale, cast.
#include <cmath>

#include "base/error.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/quantization.h"
#include "ops/quantize.h"
#include "tensor/bulk.h"
#include "tensor/number.h"

namespace burnish::ops {
namespace {

DType result_type(const QuantizeLinear& op, bool has_zero_point, DType zero_point) { return has_zero_point ? zero_point : op.output; }

bool holds_quantized(DType dtype) { return is_integer(dtype) or (is_floating(dtype) and bit_width(dtype) <= 8); }

void infer(const QuantizeLinear& op, InferContext& context) {
  context.expect_inputs(2, 3);
  if (not is_floating(context.dtype(0)) and context.dtype(0) != DType::i32)
    fail("QuantizeLinear takes floating or i32 input, not {}", name_of(context.dtype(0)));
  if (not is_floating(context.dtype(1)) and context.dtype(1) != DType::i32)
    fail("the scale is {}; it must be floating", name_of(context.dtype(1)));
  check_quantization(context.shape(0), context.shape(1), op.axis, op.block_size);
  const bool has_zero_point = context.has_input(2);
  if (has_zero_point) check_quantization(context.shape(0), context.shape(2), op.axis, op.block_size);
  const DType dtype = result_type(op, has_zero_point, has_zero_point ? context.dtype(2) : op.output);
  if (not holds_quantized(dtype)) fail("{} is no type to quantize to", name_of(dtype));
  context.output(0, dtype, context.shape(0));
}

struct IntegerRange {
  double low;
  double high;
};
IntegerRange range_of(DType dtype) {
  const double values = std::ldexp(1.0, static_cast<int>(bit_width(dtype)));
  return is_signed_integer(dtype) ? IntegerRange{-values / 2, values / 2 - 1} : IntegerRange{0, values - 1};
}

void reference(const QuantizeLinear& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const Tensor& scale = context.input(1);
  const bool has_zero_point = context.has_input(2);
  check_quantization(Shape(input.dims()), Shape(scale.dims()), op.axis, op.block_size);
  if (has_zero_point and context.input(2).size() != scale.size())
    fail("there are {} zero points for {} scales", context.input(2).size(), scale.size());
  const DType dtype = result_type(op, has_zero_point, has_zero_point ? context.input(2).dtype() : op.output);
  const ScaleIndex index(input.dims(), scale.dims(), op.axis, op.block_size);
  Tensor& out = context.allocate(0, dtype, input.dims());
  const Numbers<float> x(input);
  const Numbers<float> scales(scale);
  if (not is_integer(dtype)) {
    for (int64_t i = 0; i < input.size(); ++i)
      store_number(dtype, out.mutable_data() + i, static_cast<double>(x[i] / scales[index.of(i)]), op.saturate);
    return;
  }
  const IntegerRange range = range_of(dtype);
  for (int64_t i = 0; i < input.size(); ++i) {
    const int64_t at = index.of(i);
    double quotient = static_cast<double>(x[i] / scales[at]);
    if (op.precision != DType::f32) round_numbers(op.precision, 1, &quotient);
    const double zero = has_zero_point ? context.input(2).number(at) : 0;
    const double value = std::nearbyint(quotient) + zero;
    out.set_number(i, std::isnan(value) ? zero : std::min(std::max(value, range.low), range.high));
  }
}

QuantizeLinear import(const ImportContext& context) {
  QuantizeLinear op{.axis = context.int_or("axis", 1),
                    .block_size = context.int_or("block_size", 0),
                    .output = DType::u8,
                    .precision = DType::f32,
                    .saturate = context.flag_or("saturate", true)};
  if (context.int_or("output_dtype", 0) != 0) op.output = *context.find_dtype("output_dtype");
  if (context.int_or("precision", 0) != 0) op.precision = *context.find_dtype("precision");
  if (not is_floating(op.precision)) fail("precision is {}; it must be a floating type", name_of(op.precision));
  return op;
}

}  // namespace

void register_quantize_linear(Registry& registry) {
  registry.add<QuantizeLinear>({.name = "QuantizeLinear",
                                .infer = infer,
                                .reference = reference,
                                .onnx = {{.name = "QuantizeLinear", .since = 10, .import = import},
                                         {.name = "QuantizeLinear", .since = 1, .import = import, .domain = "com.microsoft"}}});
}

}  // namespace burnish::ops
