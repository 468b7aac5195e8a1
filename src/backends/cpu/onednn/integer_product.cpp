// Attributes, numbers and implementations of integer products: see the header.
#include "backends/cpu/onednn/integer_product.h"

#include <algorithm>
#include <cmath>

namespace burnish::cpu::onednn {
namespace {

using Index = ops::QuantizedOperand::Index;

const tactics::Operand* zero_point_of(const OpRequest& request) {
  const bool given = request.anchor_inputs > Index::zero_point and request.inputs[Index::zero_point].present;
  return given ? &request.inputs[Index::zero_point] : nullptr;
}

Tensor floats(const std::vector<double>& values) {
  Tensor tensor(DType::f32, {static_cast<int64_t>(values.size())});
  for (size_t i = 0; i < values.size(); ++i) tensor.set_number(static_cast<int64_t>(i), values[i]);
  return tensor;
}

/// The sums of the weights of each output channel.
std::vector<int64_t> channel_sums(const Tensor& weights, size_t axis) {
  std::vector<int64_t> sums(static_cast<size_t>(weights.dim(axis)));
  int64_t inner = 1;
  for (size_t i = axis + 1; i < weights.rank(); ++i) inner *= weights.dim(i);
  const std::span<const int8_t> values = weights.values<int8_t>();
  for (size_t i = 0; i < values.size(); ++i) sums[i / static_cast<size_t>(inner) % sums.size()] += values[i];
  return sums;
}

void bind_zero_point(KernelBuilder& builder, const OpRequest& request) {
  constexpr int slot = DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_SRC;
  const auto& constant = zero_point_of(request)->constant;
  if (constant == nullptr) return builder.byte(slot, Index::zero_point);
  const auto one = plain(Dims{1}, DType::i32);
  const auto widened = [&] {
    Tensor value(DType::i32, {1});
    value.set_integer(0, constant->integer(0));
    return value;
  };
  builder.made(slot, "zero point", std::array{size_t{Index::zero_point}}, widened, one, one);
}

}  // namespace

Verdict takes_integer_product(const OpRequest& request, size_t axis) {
  if (not sums_bytes_exactly()) return Verdict::no("this processor has no instructions for exact products of bytes");
  if (is_floating(request.inputs[Index::x].type.dtype)) return Verdict::no("a product of float8");
  if (request.inputs[Index::x].constant != nullptr) return Verdict::no("the input is constant");
  for (const size_t i : {Index::w, Index::scale, Index::bias})
    if (i < request.anchor_inputs and request.inputs[i].present and request.inputs[i].constant == nullptr)
      return Verdict::no("weights or their scales are not constant");
  if (element_count(request.output_dims()) == 0 or element_count(request.dims(Index::x)) == 0) return Verdict::no("empty tensors");
  return integer_chain(request, axis).verdict;
}

IntegerProduct integer_product(const OpRequest& request, size_t axis) {
  IntegerProduct product{.chain = integer_chain(request, axis)};
  std::vector<double>& bias = product.chain.bias;
  bias.resize(static_cast<size_t>(request.output_dims().at(axis)), bias[0]);
  product.has_bias = std::ranges::any_of(bias, [](double value) { return value != 0; });
  const tactics::Operand* zero_point = zero_point_of(request);
  product.has_zero_point = zero_point != nullptr and (zero_point->constant == nullptr or zero_point->constant->integer(0) != 0);
  return product;
}

std::optional<IntegerProduct> zero_point_in_bias(const OpRequest& request, const IntegerProduct& product, size_t weight_axis) {
  const tactics::Operand* zero_point = zero_point_of(request);
  if (not product.has_zero_point or zero_point->constant == nullptr) return {};
  const Tensor& weights = *request.inputs[Index::w].constant;
  IntegerProduct folded = product;
  folded.has_zero_point = false;
  folded.has_bias = true;
  folded.folded = true;
  const std::vector<int64_t> sums = channel_sums(weights, weight_axis);
  const auto zero = static_cast<double>(zero_point->constant->integer(0));
  for (size_t i = 0; i < sums.size(); ++i) {
    const double scale = folded.chain.scale[folded.chain.scale.size() == 1 ? 0 : i];
    folded.chain.bias[i] -= scale * zero * static_cast<double>(sums[i]);
  }
  return folded;
}

std::optional<IntegerProduct> accumulating(const OpRequest& request, const IntegerProduct& product) {
  auto chain = accumulating(request, product.chain);
  if (not chain) return {};
  IntegerProduct made = product;
  made.chain = std::move(*chain);
  made.has_bias = std::ranges::any_of(made.chain.bias, [](double value) { return value != 0; });
  return made;
}

dnnl::primitive_attr product_attributes(const IntegerProduct& product, int channel_mask, const DescribeOperand& operand) {
  dnnl::primitive_attr attributes = basic_attributes();
  attributes.set_scales_mask(DNNL_ARG_WEIGHTS, product.chain.scale.size() == 1 ? 0 : channel_mask);
  if (product.chain.scale_input) attributes.set_scales_mask(DNNL_ARG_SRC, 0);
  if (product.has_zero_point) attributes.set_zero_points_mask(DNNL_ARG_SRC, 0);
  attributes.set_post_ops(post_ops_of(product.chain, operand));
  return attributes;
}

dnnl::memory::desc product_bias(const IntegerProduct& product, std::span<const int64_t> dims) {
  return product.has_bias ? plain(dims, DType::f32) : dnnl::memory::desc();
}

void bind_numbers(KernelBuilder& builder, const OpRequest& request, const IntegerProduct& product, const dnnl::memory::desc& bias) {
  std::vector<size_t> sources;
  for (size_t i = 0; i < request.inputs.size(); ++i)
    if (request.inputs[i].constant != nullptr) sources.push_back(i);
  const IntegerChain& chain = product.chain;
  const std::string how = fmt::format("{} {} zero {} {} sum {}", request.op.text(), request.epilogue.text(), product.has_zero_point,
                                      product.folded, accumulated_input(chain).has_value());
  const auto scales = plain(Dims{static_cast<int64_t>(chain.scale.size())}, DType::f32);
  builder.made(
      DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, "integer scales " + how, sources, [&] { return floats(chain.scale); }, scales, scales);
  if (chain.scale_input) builder.input(DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC, *chain.scale_input, plain(Dims{1}, DType::f32));
  if (product.has_bias) builder.made(DNNL_ARG_BIAS, "integer bias " + how, sources, [&] { return floats(chain.bias); }, bias, bias);
  if (product.has_zero_point) bind_zero_point(builder, request);
}

dnnl::post_ops post_ops_of(const IntegerChain& chain, const DescribeOperand& operand) {
  dnnl::post_ops ops;
  const auto eltwise = [&](dnnl::algorithm algorithm, double a, double b) {
    ops.append_eltwise(algorithm, static_cast<float>(a), static_cast<float>(b));
  };
  for (const IntegerStep& step : chain.steps) switch (step.kind) {
      case IntegerStep::Kind::linear: eltwise(dnnl::algorithm::eltwise_linear, step.a, step.b); break;
      case IntegerStep::Kind::round: eltwise(dnnl::algorithm::eltwise_round, 0, 0); break;
      case IntegerStep::Kind::eltwise: eltwise(step.algorithm, step.a, step.b); break;
      case IntegerStep::Kind::add: ops.append_binary(dnnl::algorithm::binary_add, operand(step.input)); break;
      case IntegerStep::Kind::accumulate: ops.append_sum(static_cast<float>(step.a)); break;
      case IntegerStep::Kind::clip:
        if (step.a == 0 and std::isinf(step.b)) eltwise(dnnl::algorithm::eltwise_relu, 0, 0);
        else eltwise(dnnl::algorithm::eltwise_clip, step.a, step.b);
        break;
    }
  return ops;
}

void bind_operands(KernelBuilder& builder, const IntegerChain& chain, const DescribeOperand& operand) {
  for (size_t i = 0; i < chain.steps.size(); ++i)
    if (chain.steps[i].kind == IntegerStep::Kind::add)
      builder.input(DNNL_ARG_ATTR_MULTIPLE_POST_OP(static_cast<int>(i)) | DNNL_ARG_SRC_1, chain.steps[i].input,
                    operand(chain.steps[i].input));
}

namespace {
constexpr std::string_view folded_knob = "zero=bias ";
constexpr std::string_view accumulating_knob = "sum=in_place ";

bool has_knob(const Variant& variant, std::string_view knob) { return variant.knobs.find(knob) != std::string::npos; }
}  // namespace

std::string product_knob(const IntegerProduct& product, std::string_view implementation) {
  const std::string_view sum = accumulated_input(product.chain) ? accumulating_knob : "";
  return fmt::format("{}{}impl={}", product.folded ? folded_knob : "", sum, implementation);
}

bool is_folded(const Variant& variant) { return has_knob(variant, folded_knob); }

bool is_accumulating(const Variant& variant) { return has_knob(variant, accumulating_knob); }

bool has_tiles(std::string_view implementation) { return implementation.find("amx") != std::string_view::npos; }

bool sums_bytes_exactly() { return has_isa(dnnl::cpu_isa::avx512_core_vnni) or has_isa(dnnl::cpu_isa::avx2_vnni); }

bool sums_bytes_exactly(std::string_view implementation) {
  const auto has = [&](std::string_view part) { return implementation.find(part) != std::string_view::npos; };
  return has("vnni") or has("amx") or implementation.starts_with("gemm");
}

}  // namespace burnish::cpu::onednn
