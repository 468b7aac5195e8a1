// Convolution of bytes by oneDNN: u8 or i8 times i8, exact sums, and everything up to the quantized result as post-ops. Channels last.
// A zero point of x is subtracted by oneDNN, in integers: in the float bias it would cost the last bits of the result.
#include <algorithm>

#include "backends/cpu/onednn/conv_geometry.h"
#include "backends/cpu/onednn/integer_chain.h"
#include "base/error.h"
#include "ops/quantized.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using namespace onednn;
using dnnl::memory;
using Index = ops::QuantizedOperand::Index;

struct Problem : ConvGeometry {
  IntegerChain chain;
  int64_t zero_point = 0;
};

bool has(const OpRequest& request, size_t index) { return request.anchor_inputs > index and request.inputs[index].present; }

Problem problem_of(const OpRequest& request) {
  Problem problem{conv_geometry(*request.op.as<ops::QuantizedConv>(), request), integer_chain(request, 1), 0};
  if (has(request, Index::zero_point)) problem.zero_point = request.inputs[Index::zero_point].constant->integer(0);
  return problem;
}

struct Plan {
  dnnl::convolution_forward::primitive_desc descriptor;
  IntegerNumbers numbers;
};

class OnednnQuantizedConv final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.onednn.quantized_conv"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::QuantizedConv>()) return Verdict::no("not a convolution of bytes");
    if (not sums_bytes_exactly()) return Verdict::no("this processor has no instructions for exact products of bytes");
    const size_t rank = request.dims(0).size();
    if (rank < 3 or rank > 5) return Verdict::no("not one to three spatial axes");
    if (request.inputs[Index::x].constant != nullptr) return Verdict::no("the input is constant");
    for (size_t i = Index::w; i < request.anchor_inputs; ++i)
      if (request.inputs[i].present and request.inputs[i].constant == nullptr) return Verdict::no("weights or scales are not constant");
    if (element_count(request.output_dims()) == 0 or element_count(request.dims(0)) == 0) return Verdict::no("empty tensors");
    return integer_chain(request, 1).verdict;
  }

  void variants(const OpRequest& request, VariantSink& sink) const override {
    const Problem problem = problem_of(request);
    auto found = plan(request, problem);
    if (not found) return sink.refuse("bytes", "oneDNN has no implementation");
    const ThreadScope threads(request.target.threads);
    for_each_implementation(found->descriptor, [&] {
      if (sums_bytes_exactly(found->descriptor.impl_info_str())) offer(request, problem, *found, sink);
    });
    if (sink.variants.empty()) sink.refuse("bytes", "oneDNN has only reference implementations, or inexact ones");
  }

  std::unique_ptr<Kernel> build(BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const Problem problem = problem_of(request);
    auto chosen = plan(request, problem);
    const ThreadScope threads(context.threads());
    if (not chosen or not choose_implementation(chosen->descriptor, variant.knobs))
      fail("oneDNN {} no longer offers the convolution {}", version_text(), variant.text());
    const auto& descriptor = chosen->descriptor;
    KernelBuilder builder(context, request);
    const Tensor& weights = *request.inputs[Index::w].constant;
    const std::string how =
        fmt::format("weights for {} {}", name_of(request.inputs[Index::x].type.dtype), chosen->numbers.zero_point.has_value());
    builder.input(DNNL_ARG_SRC, Index::x, descriptor.src_desc());
    builder.made(
        DNNL_ARG_WEIGHTS, how, std::array{size_t{Index::w}}, [&] { return weights; }, plain(problem.weights, DType::i8),
        descriptor.weights_desc());
    builder.output(DNNL_ARG_DST, 0, descriptor.dst_desc());
    bind_numbers(builder, request, chosen->numbers, descriptor.bias_desc());
    bind_operands(builder, problem.chain, describe_operand(request));
    return builder.finish(dnnl::convolution_forward(descriptor), descriptor.scratchpad_desc());
  }

 private:
  static Format image(const OpRequest& request, DType storage) { return {storage, Layout::channels_last(request.dims(0).size())}; }

  static DescribeOperand describe_operand(const OpRequest& request) {
    return [&request](size_t input) { return *descriptor(request.dims(input), image(request, request.inputs[input].type.dtype)); };
  }

  static std::optional<Plan> plan(const OpRequest& request, const Problem& problem) {
    Plan found;
    found.numbers = {problem.chain.scale, problem.chain.bias, {}};
    if (problem.zero_point != 0) found.numbers.zero_point = problem.zero_point;
    found.numbers.bias.resize(static_cast<size_t>(problem.destination[1]), found.numbers.bias[0]);
    const bool biased = std::ranges::any_of(found.numbers.bias, [](double value) { return value != 0; });
    dnnl::primitive_attr attributes = basic_attributes();
    attributes.set_scales_mask(DNNL_ARG_WEIGHTS, found.numbers.scale.size() == 1 ? 0 : problem.grouped() ? 3 : 1);
    if (found.numbers.zero_point) attributes.set_zero_points_mask(DNNL_ARG_SRC, 0);
    attributes.set_post_ops(post_ops_of(problem.chain, describe_operand(request)));
    const memory::desc bias = biased ? plain(Dims{problem.destination[1]}, DType::f32) : memory::desc();
    const auto source = descriptor(problem.source, image(request, request.inputs[Index::x].type.dtype));
    const auto destination = descriptor(problem.destination, image(request, problem.chain.result));
    const ThreadScope threads(request.target.threads);
    found.descriptor = {engine(),
                        dnnl::prop_kind::forward_inference,
                        dnnl::algorithm::convolution_direct,
                        *source,
                        any_layout(problem.weights, DType::i8),
                        bias,
                        *destination,
                        problem.strides,
                        problem.dilations,
                        problem.pads_begin,
                        problem.pads_end,
                        attributes,
                        true};
    if (not found.descriptor) return {};
    return found;
  }

  static void offer(const OpRequest& request, const Problem& problem, const Plan& found, VariantSink& sink) {
    Variant variant = plain_variant(request);
    variant.inputs[Index::x] = image(request, request.inputs[Index::x].type.dtype);
    variant.outputs = {image(request, problem.chain.result)};
    for (const IntegerStep& step : problem.chain.steps)
      if (step.kind == IntegerStep::Kind::add) variant.inputs[step.input] = image(request, request.inputs[step.input].type.dtype);
    variant.knobs = implementation_knob(found.descriptor.impl_info_str());
    variant.workspace = static_cast<int64_t>(found.descriptor.scratchpad_desc().get_size());
    const std::string_view implementation = found.descriptor.impl_info_str();
    const double flops = problem.flops * filled_up(implementation, problem.weights[problem.grouped() ? 2 : 1]);
    variant.estimate = estimate(request, variant, {DType::i8, problem.chain.result, false}, implementation, flops);
    sink.offer(std::move(variant));
  }
};

}  // namespace

void register_quantized_conv(tactics::Registry& registry) { registry.add(std::make_unique<OnednnQuantizedConv>()); }

}  // namespace burnish::cpu
