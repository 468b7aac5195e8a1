// Cast: see the header.
#include "ops/cast.h"

#include <cmath>

#include "base/error.h"
#include "ops/operator.h"
#include "tensor/number.h"

namespace burnish::ops {
namespace {

void infer(const Cast& op, InferContext& context) {
  context.expect_inputs(1, 1);
  for (const DType type : {context.dtype(0), op.to})
    if (is_complex(type)) fail_unsupported("no conversion from {} to {}", name_of(context.dtype(0)), name_of(op.to));
  context.output(0, op.to, context.shape(0));
}

/// The code of a power of two is its exponent plus 127; 255 is NaN.
uint8_t f8e8m0_from(float value, const Cast& op) {
  constexpr uint8_t nan = 255;
  const float size = std::fabs(value);
  if (std::isnan(size)) return nan;
  if (std::isinf(size)) return op.saturate ? nan - 1 : nan;
  int exponent = 0;
  const float fraction = std::frexp(size, &exponent);  // size = fraction * 2^exponent, fraction in [0.5, 1)
  int code = size == 0 ? 0 : exponent - 1 + 127;
  const bool between = size != 0 and fraction != 0.5F;
  if (between and (op.rounding == CastRounding::up or (op.rounding == CastRounding::nearest and fraction >= 0.75F))) ++code;
  if (code > nan - 1) return op.saturate ? nan - 1 : nan;
  return static_cast<uint8_t>(code < 0 ? 0 : code);
}

void reference(const Cast& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  if (op.to != DType::f8e8m0 or input.dtype() == DType::string) {
    context.set_output(0, converted(input, op.to, op.saturate));
    return;
  }
  Tensor& out = context.allocate(0, op.to, input.dims());
  for (int64_t i = 0; i < input.size(); ++i)
    out.mutable_values<uint8_t>()[static_cast<size_t>(i)] = f8e8m0_from(static_cast<float>(input.number(i)), op);
}

}  // namespace

CastRounding cast_rounding(std::string_view name) {
  for (size_t i = 0; i < EnumNames<CastRounding>::names.size(); ++i)
    if (EnumNames<CastRounding>::names[i] == name) return static_cast<CastRounding>(i);
  fail("round_mode is `{}`; it must be up, down or nearest", name);
}

void register_cast(Registry& registry) { registry.add<Cast>({.name = "Cast", .infer = infer, .reference = reference, .onnx = {}}); }

}  // namespace burnish::ops
