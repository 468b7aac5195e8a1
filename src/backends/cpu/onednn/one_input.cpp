// Offering and building of primitives with one input and one output.
#include "backends/cpu/onednn/one_input.h"

#include "base/error.h"

namespace burnish::cpu::onednn {

std::optional<dnnl::primitive_attr> with_epilogue(OneInputPlan& plan, const OpRequest& request, const Format& destination) {
  plan.chain = post_ops_of(request);
  if (not plan.chain.verdict) return {};
  auto operands = operand_descriptors(plan.chain, request, destination);
  if (not operands) return {};
  plan.operands = std::move(*operands);
  dnnl::primitive_attr attributes = basic_attributes();
  append(attributes, plan.chain, plan.operands);
  return attributes;
}

std::vector<DType> OneInputTactic::storages(const OpRequest& request) const {
  std::vector<DType> found;
  for (const Precision& precision : precisions(request, request.inputs[0].type.dtype))
    if (not precision.bf16_math and precision.source == precision.destination) found.push_back(precision.source);
  return found;
}

Verdict OneInputTactic::supports_data(const OpRequest& request) const {
  if (storages(request).empty()) return Verdict::no(fmt::format("does not compute {}", name_of(request.inputs[0].type.dtype)));
  if (request.inputs[0].constant != nullptr) return Verdict::no("the input is constant");
  if (request.dims(0).empty() or request.dims(0).size() > 6) return Verdict::no("a scalar, or more than six axes");
  if (element_count(request.output_dims()) == 0 or element_count(request.dims(0)) == 0) return Verdict::no("empty tensors");
  return post_ops_of(request).verdict;
}

std::vector<OneInputTactic::LayoutPair> OneInputTactic::layouts(const OpRequest& request, DType storage) const {
  const size_t rank = request.dims(0).size();
  std::vector<LayoutPair> pairs;
  if (rank >= 3 and rank <= 5)
    for (const Layout& layout : image_layouts(rank, storage)) pairs.emplace_back(layout, layout);
  pairs.emplace_back(Layout::row_major(rank), Layout::row_major(rank));
  return pairs;
}

void OneInputTactic::bind_more(KernelBuilder&, const OpRequest&) const {}

void OneInputTactic::variants(const OpRequest& request, VariantSink& sink) const {
  const ThreadScope threads(request.target.threads);
  for (const DType storage : storages(request)) {
    for (const auto& [source, destination] : layouts(request, storage)) {
      Variant variant = plain_variant(request);
      variant.inputs[0] = {storage, source};
      variant.outputs[0] = {storage, destination};
      const auto found = plan(request, variant.inputs[0], variant.outputs[0]);
      if (not found or is_reference(found->descriptor.impl_info_str())) {
        sink.refuse(variant.inputs[0].text(), found ? "oneDNN has only its reference implementation" : "oneDNN has no implementation");
        continue;
      }
      for (size_t i = request.anchor_inputs; i < request.inputs.size(); ++i)
        variant.inputs[i] = operand_format(request, i, variant.outputs[0]);
      variant.workspace = static_cast<int64_t>(found->descriptor.scratchpad_desc().get_size());
      variant.estimate = estimate(request, variant, {}, found->descriptor.impl_info_str(), found->flops);
      sink.offer(std::move(variant));
    }
  }
}

std::unique_ptr<Kernel> OneInputTactic::build(BuildContext& context, const OpRequest& request, const Variant& variant) const {
  const ThreadScope threads(context.threads());
  const auto chosen = plan(request, variant.inputs[0], variant.outputs[0]);
  if (not chosen) fail("oneDNN {} no longer offers {} for {}", version_text(), variant.text(), request.op.text());
  KernelBuilder builder(context, request);
  builder.input(DNNL_ARG_SRC, 0, chosen->descriptor.src_desc(0));
  builder.output(DNNL_ARG_DST, 0, chosen->descriptor.dst_desc(0));
  bind_more(builder, request);
  bind(builder, chosen->chain, chosen->operands);
  return builder.finish(dnnl::primitive(chosen->descriptor), chosen->descriptor.scratchpad_desc());
}

}  // namespace burnish::cpu::onednn
