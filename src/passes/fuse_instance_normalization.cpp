// Instance normalization: the core, then one step for each channel after another.
#include "passes/fuse_instance_normalization.h"

#include "ir/rewriter.h"
#include "ops/normalization.h"
#include "passes/formulas.h"
#include "passes/match.h"
#include "passes/weights.h"

namespace burnish::passes {
namespace {

std::optional<Patch> core(const Graph& graph, const Node& node) {
  const auto found = standardized(graph, node.outputs[0]);
  if (not found) return {};
  const TensorType& type = graph.type(found->x);
  const size_t rank = type.shape.rank();
  if (rank < 4 or trailing_from(found->axes, rank) != size_t{2} or not type.shape[1].is_constant()) return {};
  const Dims channels{type.shape[1].value()};
  Patch patch(graph, FuseInstanceNormalization::name);
  const ValueId ones = patch.constant(filled(type.dtype, channels, 1));
  const ValueId zeros = patch.constant(filled(type.dtype, channels, 0));
  const ValueId result = patch.add(ops::InstanceNormalization{.epsilon = found->epsilon}, {found->x, ones, zeros});
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

std::optional<Patch> absorb_affine(const Graph& graph, const Node& node) {
  const auto step = channel_step(graph, node);
  if (not step or step->normalization == nullptr or not step->normalization->op.is<ops::InstanceNormalization>()) return {};
  const auto parameters = with_channel_step(graph, *step);
  if (not parameters) return {};
  Patch patch(graph, FuseInstanceNormalization::name);
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

bool FuseInstanceNormalization::run(Graph& graph) const { return rewrite(graph, fuse); }

}  // namespace burnish::passes
