// QuantizeLinear and DequantizeLinear: see quantize.h. Scale and zero point apply to the whole tensor, along one axis, or to blocks along it.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "ops/axes.h"
#include "ops/operator.h"
#include "ops/quantize.h"
#include "tensor/number.h"

namespace burnish::ops {
namespace {

/// Which scale belongs to an element.
class Granularity {
 public:
  Granularity(const Dims& data, const Tensor& scale, int64_t axis, int64_t block) {
    count_ = scale.size();
    if (count_ == 1 and block == 0) return;
    if (data.empty()) fail("a scalar has one scale, not {}", count_);
    const size_t along = normalized_axis(axis, data.size());
    for (size_t i = along + 1; i < data.size(); ++i) inner_ *= data[i];
    extent_ = data[along];
    if (block > 0) {
      block_ = block;
      per_axis_ = (extent_ + block - 1) / block;
      blocked_ = true;
      if (scale.rank() != data.size() or scale.dim(along) != per_axis_) fail("scales {} do not fit blocks of {} in {}", text_of(scale.dims()), block, text_of(data));
      return;
    }
    if (count_ != extent_) fail("{} scales for an axis of size {}", count_, extent_);
  }

  int64_t index(int64_t element) const {
    if (count_ == 1 and not blocked_) return 0;
    const int64_t at = element / inner_ % extent_;
    if (not blocked_) return at;
    return (element / inner_ / extent_ * per_axis_ + at / block_) * inner_ + element % inner_;
  }

 private:
  int64_t count_ = 1, inner_ = 1, extent_ = 1, block_ = 1, per_axis_ = 1;
  bool blocked_ = false;
};

void check(const InferContext& context, int64_t axis, int64_t block) {
  context.expect_inputs(2, 3);
  const Shape& data = context.shape(0);
  const Shape& scale = context.shape(1);
  if (block < 0) fail("block_size {} is negative", block);
  if (context.has_input(2) and context.shape(2).rank() != scale.rank()) fail("zero point {} and scale {} differ in rank", context.shape(2).text(), scale.text());
  if (block > 0) {
    context.axis(axis, data.rank());
    if (scale.rank() != data.rank()) fail("blocked scales {} need the rank of the data {}", scale.text(), data.text());
    return;
  }
  if (scale.rank() > 1) fail("the scale {} is neither a scalar nor a vector", scale.text());
  if (scale.rank() == 0 or scale[0].constant() == 1) return;
  const Dim& extent = data[context.axis(axis, data.rank())];
  if (scale[0].is_constant() and extent.is_constant() and not(scale[0] == extent)) fail("{} scales for an axis of size {}", scale[0].text(), extent.text());
}

DType quantized_type(const QuantizeLinear& op, const InferContext& context) { return context.has_input(2) ? context.dtype(2) : op.output; }

void infer_quantize(const QuantizeLinear& op, InferContext& context) {
  check(context, op.axis, op.block_size);
  context.output(0, quantized_type(op, context), context.shape(0));
}

struct IntegerRange {
  double low, high;
};
IntegerRange range_of(DType dtype) {
  const auto bits = static_cast<int>(bit_width(dtype));
  if (is_unsigned_integer(dtype)) return {0, std::ldexp(1.0, bits) - 1};
  return {-std::ldexp(1.0, bits - 1), std::ldexp(1.0, bits - 1) - 1};
}

void reference_quantize(const QuantizeLinear& op, EvalContext& context) {
  const Tensor &x = context.input(0), &scale = context.input(1);
  const DType dtype = context.has_input(2) ? context.input(2).dtype() : op.output;
  Tensor& out = context.allocate(0, dtype, x.dims());
  const Granularity which(x.dims(), scale, op.axis, op.block_size);
  const bool integers = is_integer(dtype);
  const IntegerRange range = integers ? range_of(dtype) : IntegerRange{0, 0};
  // The standard divides in the scale's type (or in `precision`), which decides ties.
  const bool narrow = scale.dtype() != DType::f64;
  for (int64_t i = 0; i < x.size(); ++i) {
    const int64_t at = which.index(i);
    const double zero = context.has_input(2) ? context.input(2).number(at) : 0;
    const double exact = x.number(i) / scale.number(at);
    const double divided = narrow ? static_cast<float>(x.number(i)) / static_cast<float>(scale.number(at)) : exact;
    if (not integers) {
      store_number(dtype, out.mutable_data() + i * static_cast<int64_t>(byte_size(dtype)), divided + zero, op.saturate);
      continue;
    }
    const double rounded = std::isnan(divided) ? 0 : std::nearbyint(divided) + zero;
    out.set_integer(i, static_cast<int64_t>(std::clamp(rounded, range.low, range.high)));
  }
}

void infer_dequantize(const DequantizeLinear& op, InferContext& context) {
  check(context, op.axis, op.block_size);
  context.output(0, op.output == DType::f32 ? context.dtype(1) : op.output, context.shape(0));
}

void reference_dequantize(const DequantizeLinear& op, EvalContext& context) {
  const Tensor &x = context.input(0), &scale = context.input(1);
  Tensor& out = context.allocate(0, op.output == DType::f32 ? scale.dtype() : op.output, x.dims());
  const Granularity which(x.dims(), scale, op.axis, op.block_size);
  for (int64_t i = 0; i < x.size(); ++i) {
    const int64_t at = which.index(i);
    const double zero = context.has_input(2) ? context.input(2).number(at) : 0;
    out.set_number(i, (x.number(i) - zero) * scale.number(at));
  }
}

DType type_attribute(const ImportContext& context, std::string_view name, DType otherwise) { return context.find_dtype(name).value_or(otherwise); }

QuantizeLinear import_quantize(const ImportContext& context) {
  const bool named = context.int_or("output_dtype", 0) != 0;
  return {.axis = context.int_or("axis", 1),
          .block_size = context.int_or("block_size", 0),
          .output = named ? type_attribute(context, "output_dtype", DType::u8) : DType::u8,
          .precision = context.int_or("precision", 0) != 0 ? type_attribute(context, "precision", DType::f32) : DType::f32,
          .saturate = context.flag_or("saturate", true)};
}

DequantizeLinear import_dequantize(const ImportContext& context) {
  const bool named = context.int_or("output_dtype", 0) != 0;
  return {.axis = context.int_or("axis", 1), .block_size = context.int_or("block_size", 0), .output = named ? type_attribute(context, "output_dtype", DType::f32) : DType::f32};
}

}  // namespace

void register_quantize_linear(Registry& registry) {
  registry.add<QuantizeLinear>(
      {.name = "QuantizeLinear", .infer = infer_quantize, .reference = reference_quantize, .onnx = {{.name = "QuantizeLinear", .since = 10, .import = import_quantize}}});
  registry.add<DequantizeLinear>({.name = "DequantizeLinear",
                                  .infer = infer_dequantize,
                                  .reference = reference_dequantize,
                                  .onnx = {{.name = "DequantizeLinear", .since = 10, .import = import_dequantize}}});
}

}  // namespace burnish::ops
