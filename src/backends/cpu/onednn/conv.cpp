// Convolution by oneDNN, one to three spatial axes, grouped and dilated. Offers channels-last and blocked layouts, those oneDNN asks for
// when it may choose, and row-major input where it has few channels. Weights are packed once, when the kernel is built.
#include "ops/conv.h"

#include <algorithm>

#include "backends/cpu/onednn/conv_geometry.h"
#include "backends/cpu/onednn/post_ops.h"
#include "base/error.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using namespace onednn;
using dnnl::memory;

struct Problem : ConvGeometry {
  std::optional<size_t> bias;  // a request input
  PostOpChain chain;
};

Problem problem_of(const OpRequest& request) {
  Problem problem{conv_geometry(*request.op.as<ops::Conv>(), request), {}, {}};
  problem.chain = post_ops_of(request);
  if (request.anchor_inputs > 2 and request.inputs[2].present) problem.bias = 2;
  else problem.bias = take_bias(problem.chain, request, 1);
  return problem;
}

struct Plan {
  dnnl::convolution_forward::primitive_desc descriptor;
  OperandDescriptors operands;
};

/// Layouts may be absent: then oneDNN chooses.
std::optional<Plan> plan(const OpRequest& request, const Problem& problem, const Precision& precision, const std::optional<Layout>& source,
                         const std::optional<Layout>& destination) {
  const auto describe = [&](const Dims& dims, DType storage, const std::optional<Layout>& layout) {
    return layout ? problem.memory(dims, {storage, *layout}) : std::optional(any_layout(problem.seen(dims), storage));
  };
  const auto source_memory = describe(problem.source, precision.source, source);
  const auto destination_memory = describe(problem.destination, precision.destination, destination);
  const Reshape seen = [&](const Dims& dims) { return std::optional(problem.seen(dims)); };
  const Format result{precision.destination, destination.value_or(Layout::channels_last(problem.source.size()))};
  const auto operands = operand_descriptors(problem.chain, request, result, problem.lifted ? seen : Reshape());
  if (not source_memory or not destination_memory or not operands) return {};
  dnnl::primitive_attr attributes = basic_attributes(precision.bf16_math);
  append(attributes, problem.chain, *operands);
  const memory::desc bias = problem.bias ? plain(Dims{problem.destination[1]}, DType::f32) : memory::desc();
  const ThreadScope threads(request.target.threads);
  Plan found{{engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, *source_memory,
              any_layout(problem.weights, precision.source), bias, *destination_memory, problem.strides, problem.dilations,
              problem.pads_begin, problem.pads_end, attributes, true},
             *operands};
  if (not found.descriptor) return {};
  return found;
}

class OnednnConv final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.onednn.conv"; }
  uint32_t revision() const override { return 2; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::Conv>()) return Verdict::no("not a convolution");
    const size_t rank = request.dims(0).size();
    if (rank < 3 or rank > 5) return Verdict::no("not one to three spatial axes");
    if (precisions(request, request.inputs[0].type.dtype).empty()) return Verdict::no("not of floating numbers");
    if (request.inputs[0].constant != nullptr) return Verdict::no("the input is constant");
    if (request.inputs[1].constant == nullptr) return Verdict::no("the weights are not constant");
    if (request.anchor_inputs > 2 and request.inputs[2].present and request.inputs[2].constant == nullptr)
      return Verdict::no("the bias is not constant");
    if (element_count(request.output_dims()) == 0 or element_count(request.dims(0)) == 0) return Verdict::no("empty tensors");
    return post_ops_of(request).verdict;
  }

  void variants(const OpRequest& request, VariantSink& sink) const override {
    const Problem problem = problem_of(request);
    for (const Precision& precision : precisions(request, request.inputs[0].type.dtype)) {
      const size_t before = sink.variants.size();
      for (const auto& [source, destination] : layouts_for(request, problem, precision))
        offer(request, problem, precision, source, destination, sink);
      const Layout row_major = Layout::row_major(problem.source.size());
      if (sink.variants.size() == before) offer(request, problem, precision, row_major, row_major, sink);
      if (sink.variants.size() == before) sink.refuse(describe(precision), "oneDNN has no fast implementation");
    }
  }

  std::unique_ptr<Kernel> build(BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const Problem problem = problem_of(request);
    const Precision precision{variant.inputs[0].storage, variant.outputs[0].storage, variant.knobs == bf16_math_knob};
    const auto chosen = plan(request, problem, precision, variant.inputs[0].layout, variant.outputs[0].layout);
    if (not chosen) fail("oneDNN {} no longer offers the convolution {}", version_text(), variant.text());
    const auto& descriptor = chosen->descriptor;
    const ThreadScope threads(context.threads());
    KernelBuilder builder(context, request);
    const DType type = request.inputs[1].type.dtype;
    builder.input(DNNL_ARG_SRC, 0, descriptor.src_desc());
    builder.input(DNNL_ARG_WEIGHTS, 1, plain(problem.weights, type), descriptor.weights_desc());
    if (problem.bias) builder.input(DNNL_ARG_BIAS, *problem.bias, plain(Dims{problem.destination[1]}, type), descriptor.bias_desc());
    builder.output(DNNL_ARG_DST, 0, descriptor.dst_desc());
    bind(builder, problem.chain, chosen->operands);
    return builder.finish(dnnl::convolution_forward(descriptor), descriptor.scratchpad_desc());
  }

 private:
  using Pair = std::pair<Layout, Layout>;

  static std::vector<Pair> layouts_for(const OpRequest& request, const Problem& problem, const Precision& precision) {
    const size_t rank = problem.source.size();
    const Layout row_major = Layout::row_major(rank);
    std::vector<Layout> known = image_layouts(rank, precision.math());
    std::vector<Pair> pairs;
    for (const Layout& layout : known) pairs.emplace_back(layout, layout);
    if (problem.source[1] <= 4)
      for (const Layout& layout : known) pairs.emplace_back(row_major, layout);
    if (const auto free = plan(request, problem, precision, {}, {})) {
      known.push_back(row_major);
      const auto source = layout_among(free->descriptor.src_desc(), problem.source, known);
      const auto destination = layout_among(free->descriptor.dst_desc(), problem.destination, known);
      if (source and destination and std::find(pairs.begin(), pairs.end(), Pair(*source, *destination)) == pairs.end())
        pairs.emplace_back(*source, *destination);
    }
    return pairs;
  }

  static std::string describe(const Precision& precision) {
    return fmt::format("{}->{}{}", name_of(precision.source), name_of(precision.destination), precision.bf16_math ? " bf16 math" : "");
  }

  static void offer(const OpRequest& request, const Problem& problem, const Precision& precision, const Layout& source,
                    const Layout& destination, VariantSink& sink) {
    const auto found = plan(request, problem, precision, source, destination);
    if (not found) return;
    const std::string_view implementation = found->descriptor.impl_info_str();
    const bool f32 = request.inputs[0].type.dtype == DType::f32;
    const bool slow_bf16 = f32 and misses_tiles(implementation, precision) and (not problem.depthwise() or precision.bf16_math);
    if (is_reference(implementation) or slow_bf16) return;
    Variant variant = plain_variant(request);
    variant.inputs[0] = {precision.source, source};
    variant.outputs = {{precision.destination, destination}};
    for (size_t i = request.anchor_inputs; i < request.inputs.size(); ++i)
      variant.inputs[i] = operand_format(request, i, variant.outputs[0]);
    if (precision.bf16_math) variant.knobs = bf16_math_knob;
    variant.workspace = static_cast<int64_t>(found->descriptor.scratchpad_desc().get_size());
    variant.estimate = estimate(request, variant, precision, implementation, problem.flops);
    sink.offer(std::move(variant));
  }
};

}  // namespace

void register_onednn_conv(tactics::Registry& registry) { registry.add(std::make_unique<OnednnConv>()); }

}  // namespace burnish::cpu
