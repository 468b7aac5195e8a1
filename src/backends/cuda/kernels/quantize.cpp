// QuantizeLinear and DequantizeLinear on the GPU: pointwise programs in which scale and zero point are broadcast along axes or blocks.
// Integers of 8 and 16 bits, and 32 where dequantized. Row-major and channels last; computed in f32, 32-bit integers in f64.
#include "ops/quantize.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "backends/cuda/kernels/constants.h"
#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/moves.h"
#include "ops/axes.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

struct Attributes {
  int64_t axis = 1, block = 0;
};

Attributes attributes_of(const Op& op) {
  if (const auto* quantize = op.as<ops::QuantizeLinear>()) return {quantize->axis, quantize->block_size};
  const auto& dequantize = *op.as<ops::DequantizeLinear>();
  return {dequantize.axis, dequantize.block_size};
}

bool has_zero_point(const OpRequest& request) { return request.inputs.size() > 2 and request.inputs[2].present; }
bool is_single(const OpRequest& request) { return element_count(request.dims(1)) == 1; }

Expr dequantization(DType quantized, DType scale, bool zero_point) {
  const DType computed = quantized == DType::i32 ? DType::f64 : DType::f32;
  Expr expr;
  const ExprOperand q = expr.add_input(quantized), s = expr.add_input(scale);
  const ExprOperand z = zero_point ? expr.add_input(quantized) : ExprOperand{0};
  const auto cast = [&](ExprOperand x) { return expr.add_step(ExprCode::cast, computed, {x, 0, 0}); };
  ExprOperand value = cast(q);
  if (zero_point) value = expr.add_step(ExprCode::sub, computed, {value, cast(z), 0});
  value = expr.add_step(ExprCode::mul, computed, {value, cast(s), 0});
  expr.outputs = {expr.add_step(ExprCode::cast, DType::f32, {value, 0, 0})};
  return expr;
}

Expr quantization(DType given, DType scale, DType quantized, bool zero_point) {
  Expr expr;
  const ExprOperand x = expr.add_input(given), s = expr.add_input(scale);
  const ExprOperand z = zero_point ? expr.add_input(quantized) : ExprOperand{0};
  const auto step = [&](ExprCode code, std::array<ExprOperand, 3> args) { return expr.add_step(code, DType::f32, args); };
  const auto cast = [&](ExprOperand operand) { return step(ExprCode::cast, {operand, 0, 0}); };
  const bool is_signed = is_signed_integer(quantized);
  const double bits = static_cast<double>(8 * byte_size(quantized));
  const ExprOperand low = expr.add_constant(DType::f32, is_signed ? -std::exp2(bits - 1) : 0);
  const ExprOperand high = expr.add_constant(DType::f32, std::exp2(is_signed ? bits - 1 : bits) - 1);
  const ExprOperand zero = zero_point ? cast(z) : expr.add_constant(DType::f32, 0);
  const ExprOperand rounded = step(ExprCode::round, {step(ExprCode::div, {cast(x), cast(s), 0}), 0, 0});
  const ExprOperand value = step(ExprCode::add, {rounded, zero, 0});
  const ExprOperand unknown = expr.add_step(ExprCode::is_nan, DType::boolean, {value, 0, 0});
  const ExprOperand kept = step(ExprCode::where, {unknown, zero, step(ExprCode::clip, {value, low, high})});
  expr.outputs = {expr.add_step(ExprCode::cast, quantized, {kept, 0, 0})};
  return expr;
}

/// The data's axes, a blocked one as two; scale and zero point step through them by `scales`.
struct Walk {
  Dims domain, data, scales;
};

Walk walk_of(const OpRequest& request, const Layout& layout) {
  const Dims dims = request.dims(0);
  Walk walk{dims, layout.strides(dims), Dims(dims.size(), 0)};
  if (is_single(request)) return walk;
  const auto [asked, block] = attributes_of(request.op);
  const size_t axis = ops::normalized_axis(asked, dims.size());
  if (block == 0) {
    walk.scales[axis] = 1;
    return walk;
  }
  const Dims blocks = request.dims(1);
  walk.scales = Layout::row_major(blocks.size()).strides(blocks);
  const auto at = static_cast<int64_t>(axis);
  walk.domain[axis] = blocks[axis];
  walk.domain.insert(walk.domain.begin() + at + 1, block);
  walk.data.insert(walk.data.begin() + at + 1, walk.data[axis]);
  walk.data[axis] *= block;
  walk.scales.insert(walk.scales.begin() + at + 1, 0);
  return walk;
}

Walk sorted(const Walk& walk) {
  std::vector<size_t> order(walk.domain.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return walk.data[a] > walk.data[b]; });
  Walk made;
  for (const size_t axis : order) {
    made.domain.push_back(walk.domain[axis]);
    made.data.push_back(walk.data[axis]);
    made.scales.push_back(walk.scales[axis]);
  }
  return made;
}

class QuantizeKernel final : public tactics::Kernel {
 public:
  QuantizeKernel(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) : constants_(request, variant) {
    const Walk walk = sorted(walk_of(request, variant.outputs[0].layout));
    const bool zero_point = has_zero_point(request);
    const DType given = request.inputs[0].type.dtype, scale = request.inputs[1].type.dtype, made = request.outputs[0].dtype;
    std::vector<StridedOperand> inputs{{variant.inputs[0].storage, walk.data}, {scale, walk.scales}};
    if (zero_point) inputs.push_back({request.inputs[2].type.dtype, walk.scales});
    elementwise_ = std::make_unique<Elementwise>(
        context,
        request.op.is<ops::QuantizeLinear>() ? quantization(given, scale, made, zero_point) : dequantization(given, scale, zero_point),
        walk.domain, std::move(inputs), std::vector<StridedOperand>{{variant.outputs[0].storage, walk.data}});
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* /*workspace*/) const noexcept override {
    std::array<const std::byte*, 3> sources{};
    size_t count = 0;
    for (size_t i = 0; i < in.size() and i < sources.size(); ++i)
      if (const std::byte* source = constants_.of(i, in[i].data); source != nullptr) sources[count++] = source;
    return elementwise_->run({sources.data(), count}, {&out[0].data, 1}, context.stream);
  }

 private:
  DeviceConstants constants_;
  std::unique_ptr<Elementwise> elementwise_;
};

bool is_float(DType type) { return type == DType::f32 or type == DType::f16 or type == DType::bf16; }

std::string type_refusal(const OpRequest& request) {
  const bool quantizes = request.op.is<ops::QuantizeLinear>();
  const DType data = request.inputs[0].type.dtype, made = request.outputs[0].dtype;
  const DType quantized = quantizes ? made : data;
  const bool narrow = quantized == DType::i8 or quantized == DType::u8 or quantized == DType::i16 or quantized == DType::u16;
  if (not narrow and (quantizes or quantized != DType::i32)) return fmt::format("quantized type {}", name_of(quantized));
  if (const DType real = quantizes ? data : made; not is_float(real)) return fmt::format("floating type {}", name_of(real));
  if (not is_float(request.inputs[1].type.dtype)) return fmt::format("scale of type {}", name_of(request.inputs[1].type.dtype));
  const auto* op = request.op.as<ops::QuantizeLinear>();
  if (op != nullptr and op->precision != DType::f32) return fmt::format("division in {}", name_of(op->precision));
  return {};
}

class CudaQuantize final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.quantize"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::QuantizeLinear>() and not request.op.is<ops::DequantizeLinear>())
      return Verdict::no("neither QuantizeLinear nor DequantizeLinear");
    if (request.has_epilogue()) return Verdict::no("takes no epilogue");
    if (std::string reason = type_refusal(request); not reason.empty()) return Verdict::no(std::move(reason));
    if (element_count(request.dims(0)) > INT32_MAX) return Verdict::no("more than 2^31 elements");
    if (has_zero_point(request) and element_count(request.dims(2)) != element_count(request.dims(1)))
      return Verdict::no("scale and zero point differ in size");
    const auto [axis, block] = attributes_of(request.op);
    if (is_single(request) or block == 0) return Verdict::yes();
    if (request.dims(0).at(ops::normalized_axis(axis, request.dims(0).size())) % block != 0)
      return Verdict::no("the last block is not full");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    for (const std::optional<DType> lowered : usual_storages(request))
      for (const Layout& layout : usual_layouts(request.dims(0).size())) {
        Variant variant = plain_variant(request, lowered);
        // Eight bits of bf16 would decide which integer is nearest.
        if (request.op.is<ops::QuantizeLinear>() and lowered == DType::bf16) continue;
        if (request.inputs[0].constant != nullptr and not layout.is_row_major()) continue;
        variant.inputs[0].layout = variant.outputs[0].layout = layout;
        for (size_t i = 1; i < request.inputs.size(); ++i)
          if (request.inputs[i].present) variant.inputs[i] = device_format(request.inputs[i].type);
        variant.estimate = memory_seconds(request, variant);
        sink.offer(std::move(variant));
      }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<QuantizeKernel>(context, request, variant);
  }
};

}  // namespace

void register_quantize(tactics::Registry& registry) { registry.add(std::make_unique<CudaQuantize>()); }

}  // namespace burnish::cuda
