// Convolution of bytes by oneDNN: u8 or i8 times i8, exact sums, and everything up to the quantized result as post-ops. Channels last.
// oneDNN's fastest implementation for tiles knows no zero point of x. So that it may run, the zero point is also offered as part of the bias, with a
// copy of x that is padded by it.
#include "backends/cpu/onednn/conv_geometry.h"
#include "backends/cpu/onednn/integer_product.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using namespace onednn;
using Index = ops::QuantizedOperand::Index;

constexpr size_t channel_axis = 1;

struct Problem : ConvGeometry {
  IntegerProduct product;
  std::optional<Border> border;  // x is copied into it; the convolution itself does not pad then
};

Problem problem_of(const OpRequest& request) {
  return {conv_geometry(*request.op.as<ops::QuantizedConv>(), request), integer_product(request, channel_axis), {}};
}

/// The same convolution without a zero point.
std::optional<Problem> folded(const OpRequest& request, const Problem& problem) {
  auto product = problem.depthwise() ? std::nullopt : zero_point_in_bias(request, problem.product, 0);
  if (not product) return {};
  Problem changed = problem;
  changed.product = std::move(*product);
  if (not problem.padded()) return changed;
  const auto zero = static_cast<uint8_t>(request.inputs[Index::zero_point].constant->integer(0));
  changed.border = border_around(problem.source, problem.pads_begin, problem.pads_end, zero);
  for (size_t i = 0; i < problem.pads_begin.size(); ++i) {
    changed.source[i + 2] += problem.pads_begin[i] + problem.pads_end[i];
    changed.pads_begin[i] = changed.pads_end[i] = 0;
  }
  return changed;
}

Format image(const OpRequest& request, DType storage) { return {storage, Layout::channels_last(request.dims(0).size())}; }

DescribeOperand describe_operand(const OpRequest& request, const Problem& problem) {
  return [&](size_t input) { return *problem.memory(request.dims(input), image(request, request.inputs[input].type.dtype)); };
}

dnnl::convolution_forward::primitive_desc plan(const OpRequest& request, const Problem& problem) {
  const auto source = problem.memory(problem.source, image(request, request.inputs[Index::x].type.dtype));
  const auto destination = problem.memory(problem.destination, image(request, problem.product.chain.result));
  const ThreadScope threads(request.target.threads);
  return {engine(),
          dnnl::prop_kind::forward_inference,
          dnnl::algorithm::convolution_direct,
          *source,
          any_layout(problem.weights, DType::i8),
          product_bias(problem.product, Dims{problem.destination[channel_axis]}),
          *destination,
          problem.strides,
          problem.dilations,
          problem.pads_begin,
          problem.pads_end,
          product_attributes(problem.product, problem.grouped() ? 3 : 1, describe_operand(request, problem)),
          true};
}

/// How much longer a product takes because tiles are filled up to 64 bytes along the summed axis.
double filled_up(std::string_view implementation, int64_t summed) {
  constexpr int64_t tile = 64;
  if (implementation.find("amx") == std::string_view::npos or summed <= 0) return 1;
  return static_cast<double>((summed + tile - 1) / tile * tile) / static_cast<double>(summed);
}

std::optional<Problem> changed_problem(const OpRequest& request, const Problem& problem, bool in_bias, bool in_place) {
  std::optional<Problem> changed = in_bias ? folded(request, problem) : problem;
  if (not changed or not in_place) return changed;
  auto product = accumulating(request, changed->product);
  if (not product) return {};
  changed->product = std::move(*product);
  return changed;
}

class OnednnQuantizedConv final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.onednn.quantized_conv"; }
  uint32_t revision() const override { return 2; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::QuantizedConv>()) return Verdict::no("not a convolution of bytes");
    const size_t rank = request.dims(0).size();
    if (rank < 3 or rank > 5) return Verdict::no("not one to three spatial axes");
    return takes_integer_product(request, channel_axis);
  }

  void variants(const OpRequest& request, VariantSink& sink) const override {
    const Problem problem = problem_of(request);
    for (const bool in_bias : {false, true})
      for (const bool in_place : {false, true})
        if (const auto changed = changed_problem(request, problem, in_bias, in_place)) offer(request, *changed, sink);
    if (sink.variants.empty()) sink.refuse("bytes", "oneDNN has only reference implementations, or inexact ones");
  }

  std::unique_ptr<Kernel> build(BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const auto changed = changed_problem(request, problem_of(request), is_folded(variant), is_accumulating(variant));
    if (not changed) fail("the convolution has no variant {}", variant.text());
    const Problem& problem = *changed;
    return build_product<dnnl::convolution_forward>(context, request, variant, problem.product, plan(request, problem),
                                                    plain(problem.weights, DType::i8), describe_operand(request, problem),
                                                    problem.border ? &*problem.border : nullptr);
  }

 private:
  static void offer(const OpRequest& request, const Problem& problem, VariantSink& sink) {
    auto descriptor = plan(request, problem);
    Variant formats = plain_variant(request);
    formats.inputs[Index::x] = image(request, request.inputs[Index::x].type.dtype);
    formats.outputs = {image(request, problem.product.chain.result)};
    for (const IntegerStep& step : problem.product.chain.steps)
      if (step.kind == IntegerStep::Kind::add or step.kind == IntegerStep::Kind::accumulate)
        formats.inputs[step.input] = image(request, request.inputs[step.input].type.dtype);
    const int64_t summed = problem.weights[problem.grouped() ? 2 : 1];
    const auto flops = [&](std::string_view implementation) { return problem.flops * filled_up(implementation, summed); };
    offer_product(request, problem.product, descriptor, formats, flops, problem.border ? problem.border->bytes() : 0, sink);
  }
};

}  // namespace

void register_quantized_conv(tactics::Registry& registry) { registry.add(std::make_unique<OnednnQuantizedConv>()); }

}  // namespace burnish::cpu
