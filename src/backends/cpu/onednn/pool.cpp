// Maximum and average pooling by oneDNN, in every image layout.
#include "ops/pool.h"

#include <algorithm>

#include "backends/cpu/onednn/post_ops.h"
#include "base/error.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using namespace onednn;
using dnnl::memory;

struct Problem {
  dnnl::algorithm algorithm = dnnl::algorithm::undef;
  memory::dims kernel, strides, dilations, pads_begin, pads_end;
  bool grown = false;  // windows reach beyond the stated padding (ceil_mode)
  PostOpChain chain;
};

Problem problem_of(const OpRequest& request) {
  const auto& pool = *request.op.as<ops::Pool>();
  const ops::Window window = window_of(pool, request.inputs[0].type.shape);
  const size_t spatial = window.kernel.size();
  const Dims source = request.dims(0);
  const Dims destination = request.output_dims();
  Problem problem;
  problem.algorithm = pool.kind == ops::PoolKind::max ? dnnl::algorithm::pooling_max
                      : pool.count_include_pad        ? dnnl::algorithm::pooling_avg_include_padding
                                                      : dnnl::algorithm::pooling_avg_exclude_padding;
  problem.kernel = window.kernel;
  problem.strides = window.strides;
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t begin = window.pads[i];
    const int64_t extent = (window.kernel[i] - 1) * window.dilations[i] + 1;
    const int64_t end = (destination[i + 2] - 1) * window.strides[i] + extent - source[i + 2] - begin;
    problem.dilations.push_back(window.dilations[i] - 1);
    problem.pads_begin.push_back(begin);
    problem.pads_end.push_back(std::max(end, window.pads[i + spatial]));
    problem.grown = problem.grown or end > window.pads[i + spatial];
  }
  problem.chain = post_ops_of(request);
  return problem;
}

struct Plan {
  dnnl::pooling_forward::primitive_desc descriptor;
  OperandDescriptors operands;
};

std::optional<Plan> plan(const OpRequest& request, const Problem& problem, const Format& source, const Format& destination) {
  const auto source_memory = descriptor(request.dims(0), source);
  const auto destination_memory = descriptor(request.output_dims(), destination);
  const auto operands = operand_descriptors(problem.chain, request, destination);
  if (not source_memory or not destination_memory or not operands) return {};
  dnnl::primitive_attr attributes = basic_attributes();
  append(attributes, problem.chain, *operands);
  const ThreadScope threads(request.target.threads);
  Plan found{{engine(), dnnl::prop_kind::forward_inference, problem.algorithm, *source_memory, *destination_memory, problem.strides, problem.kernel,
              problem.dilations, problem.pads_begin, problem.pads_end, attributes, true},
             *operands};
  if (not found.descriptor) return {};
  return found;
}

class OnednnPool final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.onednn.pool"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* pool = request.op.as<ops::Pool>();
    if (pool == nullptr) return Verdict::no("not a pool");
    if (pool->kind == ops::PoolKind::lp) return Verdict::no("oneDNN has no Lp pool");
    if (request.inputs[0].constant != nullptr) return Verdict::no("the input is constant");
    const size_t rank = request.dims(0).size();
    if (rank < 3 or rank > 5) return Verdict::no("not one to three spatial axes");
    if (precisions(request, request.inputs[0].type.dtype).empty()) return Verdict::no("not of floating numbers");
    if (request.outputs.size() > 1 and request.wanted.at(1)) return Verdict::no("oneDNN does not give the indices");
    if (element_count(request.output_dims()) == 0 or element_count(request.dims(0)) == 0) return Verdict::no("empty tensors");
    const Problem problem = problem_of(request);
    if (not problem.chain.verdict) return problem.chain.verdict;
    if (problem.grown and problem.algorithm == dnnl::algorithm::pooling_avg_include_padding)
      return Verdict::no("oneDNN counts the part of a window beyond the padding");
    for (size_t i = 0; i < problem.kernel.size(); ++i)
      if (problem.pads_begin[i] >= problem.kernel[i] or problem.pads_end[i] >= (problem.kernel[i] - 1) * (problem.dilations[i] + 1) + 1)
        return Verdict::no("a window lies wholly in the padding");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, VariantSink& sink) const override {
    const Problem problem = problem_of(request);
    const size_t rank = request.dims(0).size();
    for (const Precision& precision : precisions(request, request.inputs[0].type.dtype)) {
      if (precision.bf16_math or precision.source != precision.destination) continue;
      std::vector<Layout> layouts = image_layouts(rank, precision.source);
      layouts.push_back(Layout::row_major(rank));
      for (const Layout& layout : layouts) {
        const Format format{precision.source, layout};
        const auto found = plan(request, problem, format, format);
        if (not found or is_reference(found->descriptor.impl_info_str())) continue;
        sink.offer(variant_of(request, problem, format, *found));
      }
    }
  }

  std::unique_ptr<Kernel> build(BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const Problem problem = problem_of(request);
    const auto chosen = plan(request, problem, variant.inputs[0], variant.outputs[0]);
    if (not chosen) fail("oneDNN {} no longer offers the pool {}", version_text(), variant.text());
    const ThreadScope threads(context.threads());
    KernelBuilder builder(context, request);
    builder.input(DNNL_ARG_SRC, 0, chosen->descriptor.src_desc());
    builder.output(DNNL_ARG_DST, 0, chosen->descriptor.dst_desc());
    bind(builder, problem.chain, chosen->operands);
    return builder.finish(dnnl::pooling_forward(chosen->descriptor), chosen->descriptor.scratchpad_desc());
  }

 private:
  static Variant variant_of(const OpRequest& request, const Problem& problem, const Format& format, const Plan& found) {
    Variant variant = plain_variant(request);
    variant.inputs[0] = format;
    variant.outputs[0] = format;
    for (size_t i = request.anchor_inputs; i < request.inputs.size(); ++i) variant.inputs[i] = operand_format(request, i, format);
    variant.workspace = static_cast<int64_t>(found.descriptor.scratchpad_desc().get_size());
    const double work = 10 * static_cast<double>(element_count(request.output_dims()) * element_count(problem.kernel));
    variant.estimate = estimate(request, variant, {}, found.descriptor.impl_info_str(), work);
    return variant;
  }
};

}  // namespace

void register_onednn_pool(tactics::Registry& registry) { registry.add(std::make_unique<OnednnPool>()); }

}  // namespace burnish::cpu
