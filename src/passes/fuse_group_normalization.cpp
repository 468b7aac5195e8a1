// Group normalization: groups are channels of a reshaped tensor.
#include "passes/fuse_group_normalization.h"

#include "ir/rewriter.h"
#include "ops/normalization.h"
#include "ops/reshape.h"
#include "passes/formulas.h"
#include "passes/match.h"
#include "passes/weights.h"

namespace burnish::passes {
namespace {

/// Each number of a group repeated for all its channels.
Tensor for_channels(const Tensor& groups, int64_t channels) {
  std::vector<double> values;
  for (int64_t channel = 0; channel < channels; ++channel) values.push_back(groups.number(channel / (channels / groups.size())));
  return vector_of(groups.dtype(), values);
}

std::optional<Patch> core(const Graph& graph, const Node& node) {
  if (not node.op.is<ops::Reshape>()) return {};
  const Node* norm = made_by<ops::InstanceNormalization>(graph, node.inputs[0]);
  const Node* split = norm != nullptr ? made_by<ops::Reshape>(graph, norm->inputs[0]) : nullptr;
  if (split == nullptr) return {};
  const TensorType& type = graph.type(split->inputs[0]);
  const Shape& groups = graph.type(norm->inputs[0]).shape;
  if (graph.type(node.outputs[0]) != type or type.shape.rank() < 3 or groups.rank() < 3) return {};
  if (not type.shape[1].is_constant() or not groups[1].is_constant() or groups[0] != type.shape[0]) return {};
  const int64_t channels = type.shape[1].value();
  const int64_t count = groups[1].value();
  const Tensor* scale = graph.constant(norm->inputs[1]);
  const Tensor* bias = graph.constant(norm->inputs[2]);
  if (count == 0 or channels % count != 0 or scale == nullptr or bias == nullptr) return {};
  Patch patch(graph, FuseGroupNormalization::name);
  const ops::GroupNormalization made{.groups = count, .epsilon = norm->op.as<ops::InstanceNormalization>()->epsilon};
  const ValueId result =
      patch.add(made, {split->inputs[0], patch.constant(for_channels(*scale, channels)), patch.constant(for_channels(*bias, channels))});
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

std::optional<Patch> absorb_affine(const Graph& graph, const Node& node) {
  const auto step = channel_step(graph, node);
  if (not step or step->normalization == nullptr or not step->normalization->op.is<ops::GroupNormalization>()) return {};
  const auto parameters = with_channel_step(graph, *step);
  if (not parameters) return {};
  Patch patch(graph, FuseGroupNormalization::name);
  const ValueId x = step->normalization->inputs[0];
  const DType dtype = graph.type(step->normalization->inputs[1]).dtype;
  const ValueId result = patch.add(
      step->normalization->op, {x, patch.constant(vector_of(dtype, (*parameters)[0])), patch.constant(vector_of(dtype, (*parameters)[1]))});
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

std::optional<Patch> fuse(const Graph& graph, const Node& node) {
  if (node.outputs.size() != 1) return {};
  if (auto patch = core(graph, node)) return patch;
  return absorb_affine(graph, node);
}

}  // namespace

bool FuseGroupNormalization::run(Graph& graph) const { return rewrite(graph, fuse); }

}  // namespace burnish::passes
