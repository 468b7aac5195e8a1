// Mean and maximum over all spatial axes by oneDNN, as one pool whose window is the whole image.
#include "ops/reduce.h"

#include "backends/cpu/onednn/one_input.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using namespace onednn;
using dnnl::memory;

bool reduces_spatial_axes(const OpRequest& request) {
  const size_t rank = request.dims(0).size();
  if (request.anchor_inputs < 2 or not request.inputs[1].present or request.inputs[1].constant == nullptr) return false;
  std::vector<bool> reduced(rank, false);
  for (const int64_t axis : request.inputs[1].constant->integers()) {
    const int64_t positive = axis < 0 ? axis + static_cast<int64_t>(rank) : axis;
    if (positive < 0 or positive >= static_cast<int64_t>(rank)) return false;
    reduced[static_cast<size_t>(positive)] = true;
  }
  for (size_t axis = 0; axis < rank; ++axis)
    if (reduced[axis] != (axis >= 2)) return false;
  return true;
}

class OnednnReduce final : public OneInputTactic {
 public:
  std::string_view id() const override { return "cpu.onednn.reduce"; }
  uint32_t revision() const override { return 2; }

  Verdict supports(const OpRequest& request) const override {
    const auto* reduce = request.op.as<ops::Reduce>();
    if (reduce == nullptr) return Verdict::no("not a reduction");
    if (reduce->kind != ops::ReduceKind::mean and reduce->kind != ops::ReduceKind::max) return Verdict::no("neither mean nor maximum");
    const size_t rank = request.dims(0).size();
    if (rank < 3 or rank > 5 or not reduces_spatial_axes(request)) return Verdict::no("not over all spatial axes of an image");
    if (not reduce->keep_dims and request.has_epilogue()) return Verdict::no("the epilogue's axes are not the pool's");
    if (operand_count(post_ops_of(request)) > 1) return Verdict::no("oneDNN's pool takes one further operand at most");
    return supports_data(request);
  }

 protected:
  std::vector<LayoutPair> layouts(const OpRequest& request, DType storage) const override {
    const size_t rank = request.dims(0).size();
    if (request.op.as<ops::Reduce>()->keep_dims) return OneInputTactic::layouts(request, storage);
    const Layout vector = Layout::row_major(2);
    return {{Layout::channels_last(rank), vector}, {Layout::row_major(rank), vector}};
  }

  std::optional<OneInputPlan> plan(const OpRequest& request, const Format& source, const Format& destination) const override {
    const Dims dims = request.dims(0);
    Dims pooled(dims.size(), 1);
    pooled[0] = dims[0];
    pooled[1] = dims[1];
    OneInputPlan plan;
    const auto attributes = with_epilogue(plan, request, destination);
    const auto source_memory = descriptor(dims, source);
    const bool flat = destination.layout.order.size() == 2;
    const auto destination_memory = descriptor(pooled, {destination.storage, flat ? source.layout : destination.layout});
    if (not attributes or not source_memory or not destination_memory) return {};
    const auto algorithm = request.op.as<ops::Reduce>()->kind == ops::ReduceKind::mean ? dnnl::algorithm::pooling_avg_exclude_padding
                                                                                       : dnnl::algorithm::pooling_max;
    const memory::dims window(dims.begin() + 2, dims.end());
    const memory::dims zeros(window.size(), 0);
    const dnnl::pooling_forward::primitive_desc found(engine(), dnnl::prop_kind::forward_inference, algorithm, *source_memory,
                                                      *destination_memory, window, window, zeros, zeros, zeros, *attributes, true);
    if (not found) return {};
    plan.descriptor = found;
    plan.flops = 4.0 * static_cast<double>(element_count(dims));
    return plan;
  }
};

}  // namespace

void register_onednn_reduce(tactics::Registry& registry) { registry.add(std::make_unique<OnednnReduce>()); }

}  // namespace burnish::cpu
