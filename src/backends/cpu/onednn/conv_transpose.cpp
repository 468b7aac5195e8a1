// Transposed convolution by oneDNN (there: deconvolution), one to three spatial axes. Weights are packed once, when the kernel is built.
#include "ops/conv_transpose.h"

#include "backends/cpu/onednn/post_ops.h"
#include "base/error.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using namespace onednn;
using dnnl::memory;

struct Problem {
  Dims source, destination;
  Dims weights, weights_strides;  // outputs before inputs, as oneDNN counts; the groups are an axis of their own where there are several
  memory::dims strides, dilations, pads_begin, pads_end;
  std::optional<size_t> bias;
  PostOpChain chain;
  double flops = 0;
};

Problem problem_of(const OpRequest& request) {
  const auto& conv = *request.op.as<ops::ConvTranspose>();
  Problem problem;
  problem.source = request.dims(0);
  problem.destination = request.output_dims();
  const ops::Window window = window_of(conv, request.inputs[0].type.shape, request.inputs[1].type.shape);
  for (size_t i = 0; i < window.strides.size(); ++i) {
    const int64_t extent = (window.kernel[i] - 1) * window.dilations[i] + 1;
    const int64_t whole = (problem.source[i + 2] - 1) * window.strides[i] + extent;
    problem.strides.push_back(window.strides[i]);
    problem.dilations.push_back(window.dilations[i] - 1);
    problem.pads_begin.push_back(window.pads[i]);
    problem.pads_end.push_back(whole - window.pads[i] - problem.destination[i + 2]);  // negative with output_padding
  }
  const Dims given = request.dims(1);
  problem.weights = given;
  problem.weights_strides = Layout::row_major(given.size()).strides(given);
  std::swap(problem.weights[0], problem.weights[1]);
  std::swap(problem.weights_strides[0], problem.weights_strides[1]);
  if (conv.group > 1) {
    problem.weights[1] /= conv.group;
    problem.weights.insert(problem.weights.begin(), conv.group);
    problem.weights_strides.insert(problem.weights_strides.begin(), problem.weights[2] * problem.weights_strides[1]);
  }
  problem.flops =
      2.0 * static_cast<double>(element_count(problem.source)) * static_cast<double>(element_count(given)) / static_cast<double>(given[0]);
  problem.chain = post_ops_of(request);
  if (request.anchor_inputs > 2 and request.inputs[2].present) problem.bias = 2;
  else problem.bias = take_bias(problem.chain, request, 1);
  return problem;
}

struct Plan {
  dnnl::deconvolution_forward::primitive_desc descriptor;
  OperandDescriptors operands;
};

std::optional<Plan> plan(const OpRequest& request, const Problem& problem, const Precision& precision, const Layout& layout) {
  const auto source = descriptor(problem.source, {precision.source, layout});
  const auto destination = descriptor(problem.destination, {precision.destination, layout});
  const auto operands = operand_descriptors(problem.chain, request, {precision.destination, layout});
  if (not source or not destination or not operands) return {};
  dnnl::primitive_attr attributes = basic_attributes();
  append(attributes, problem.chain, *operands);
  const memory::desc bias = problem.bias ? plain(Dims{problem.destination[1]}, DType::f32) : memory::desc();
  const ThreadScope threads(request.target.threads);
  Plan found{{engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::deconvolution_direct, *source,
              any_layout(problem.weights, precision.source), bias, *destination, problem.strides, problem.dilations, problem.pads_begin,
              problem.pads_end, attributes, true},
             *operands};
  if (not found.descriptor) return {};
  return found;
}

class OnednnConvTranspose final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.onednn.conv_transpose"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::ConvTranspose>()) return Verdict::no("not a transposed convolution");
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
    const size_t rank = problem.source.size();
    for (const Precision& precision : precisions(request, request.inputs[0].type.dtype)) {
      if (precision.bf16_math) continue;
      std::vector<Layout> layouts = image_layouts(rank, precision.math());
      const size_t before = sink.variants.size();
      for (const Layout& layout : layouts) offer(request, problem, precision, layout, sink);
      if (sink.variants.size() == before) offer(request, problem, precision, Layout::row_major(rank), sink);
      if (sink.variants.size() == before) sink.refuse(std::string(name_of(precision.source)), "oneDNN has no fast implementation");
    }
  }

  std::unique_ptr<Kernel> build(BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const Problem problem = problem_of(request);
    const auto chosen = plan(request, problem, {variant.inputs[0].storage, variant.outputs[0].storage, false}, variant.inputs[0].layout);
    if (not chosen) fail("oneDNN {} no longer offers the transposed convolution {}", version_text(), variant.text());
    const auto& descriptor = chosen->descriptor;
    const ThreadScope threads(context.threads());
    KernelBuilder builder(context, request);
    const DType type = request.inputs[1].type.dtype;
    builder.input(DNNL_ARG_SRC, 0, descriptor.src_desc());
    builder.input(DNNL_ARG_WEIGHTS, 1, strided(problem.weights, type, problem.weights_strides), descriptor.weights_desc());
    if (problem.bias) builder.input(DNNL_ARG_BIAS, *problem.bias, plain(Dims{problem.destination[1]}, type), descriptor.bias_desc());
    builder.output(DNNL_ARG_DST, 0, descriptor.dst_desc());
    bind(builder, problem.chain, chosen->operands);
    return builder.finish(dnnl::deconvolution_forward(descriptor), descriptor.scratchpad_desc());
  }

 private:
  static void offer(const OpRequest& request, const Problem& problem, const Precision& precision, const Layout& layout, VariantSink& sink) {
    const auto found = plan(request, problem, precision, layout);
    if (not found) return;
    const std::string_view implementation = found->descriptor.impl_info_str();
    const bool f32 = request.inputs[0].type.dtype == DType::f32;
    if (is_reference(implementation) or (f32 and misses_tiles(implementation, precision))) return;
    Variant variant = plain_variant(request);
    variant.inputs[0] = {precision.source, layout};
    variant.outputs = {{precision.destination, layout}};
    for (size_t i = request.anchor_inputs; i < request.inputs.size(); ++i)
      variant.inputs[i] = operand_format(request, i, variant.outputs[0]);
    variant.workspace = static_cast<int64_t>(found->descriptor.scratchpad_desc().get_size());
    variant.estimate = estimate(request, variant, precision, implementation, problem.flops);
    sink.offer(std::move(variant));
  }
};

}  // namespace

void register_onednn_conv_transpose(tactics::Registry& registry) { registry.add(std::make_unique<OnednnConvTranspose>()); }

}  // namespace burnish::cpu
