// DynamicQuantizeLinear: see the header.
#include "ops/dynamic_quantize_linear.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

using Output = DynamicQuantizeLinear::Output;

constexpr float steps = 255;

void infer(const DynamicQuantizeLinear&, InferContext& context) {
  context.expect_inputs(1, 1);
  if (context.dtype(0) != DType::f32) fail("DynamicQuantizeLinear takes f32, not {}", name_of(context.dtype(0)));
  context.output(Output::y, DType::u8, context.shape(0));
  context.output(Output::scale, DType::f32, {});
  context.output(Output::zero_point, DType::u8, {});
}

void reference(const DynamicQuantizeLinear&, EvalContext& context) {
  const Numbers<float> x(context.input(0));
  float low = 0, high = 0;
  for (int64_t i = 0; i < x.size(); ++i) {
    if (x[i] < low) low = x[i];
    if (x[i] > high) high = x[i];
  }
  const ByteScale range = byte_scale(low, high);
  Tensor& y = context.allocate(Output::y, DType::u8, context.input(0).dims());
  for (int64_t i = 0; i < x.size(); ++i) {
    const float whole = std::nearbyint(x[i] / range.scale);
    y.set_integer(i, static_cast<int64_t>(std::clamp((std::isnan(whole) ? 0 : whole) + range.zero_point, 0.0F, steps)));
  }
  context.allocate(Output::scale, DType::f32, {}).set_number(0, range.scale);
  context.allocate(Output::zero_point, DType::u8, {}).set_integer(0, static_cast<int64_t>(range.zero_point));
}

void import(ImportContext& context) {
  const auto made = context.add(DynamicQuantizeLinear{}, context.inputs(), Output::count);
  for (size_t i = 0; i < std::min<size_t>(context.output_count(), Output::count); ++i) context.set_output(i, made[i]);
}

}  // namespace

ByteScale byte_scale(float low, float high) {
  const float scale = low == high ? 1 : (high - low) / steps;
  const float zero_point = -low / scale;  // NaN where the range is infinite
  return {scale, zero_point > 0 ? std::nearbyint(std::min(zero_point, steps)) : 0};
}

void register_dynamic_quantize_linear(Registry& registry) {
  registry.add<DynamicQuantizeLinear>({.name = "DynamicQuantizeLinear",
                                       .infer = infer,
                                       .reference = reference,
                                       .onnx = {{.name = "DynamicQuantizeLinear", .since = 11, .expand = import}}});
}

}  // namespace burnish::ops
