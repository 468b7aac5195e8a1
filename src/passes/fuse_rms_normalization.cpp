// RMS normalization, as T5 and Llama are exported.
#include "passes/fuse_rms_normalization.h"

#include "ir/rewriter.h"
#include "ops/normalization.h"
#include "passes/formulas.h"
#include "passes/match.h"
#include "passes/weights.h"

namespace burnish::passes {
namespace {

std::optional<Patch> core(const Graph& graph, const Node& node) {
  const auto quotient = divided_by_deviation(graph, node.outputs[0]);
  if (not quotient) return {};
  const auto mean = mean_of(graph, quotient->second.variance);
  if (not mean or not is_power(graph, mean->of, quotient->first, 2)) return {};
  const TensorType& type = graph.type(quotient->first);
  const auto axis = trailing_from(mean->axes, type.shape.rank());
  if (not axis) return {};
  Dims dims;
  for (size_t i = *axis; i < type.shape.rank(); ++i) {
    if (not type.shape[i].is_constant()) return {};
    dims.push_back(type.shape[i].value());
  }
  Patch patch(graph, FuseRmsNormalization::name);
  const ops::RMSNormalization norm{.axis = static_cast<int64_t>(*axis) - static_cast<int64_t>(type.shape.rank()),
                                   .epsilon = quotient->second.epsilon};
  const ValueId result = patch.add(norm, {quotient->first, patch.constant(filled(type.dtype, dims, 1))});
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

std::optional<Patch> absorb_scale(const Graph& graph, const Node& node) {
  if (not is_code(node, ExprCode::mul)) return {};
  const auto operand = constant_operand(graph, node);
  const Node* norm = operand ? made_by<ops::RMSNormalization>(graph, operand->other) : nullptr;
  if (norm == nullptr or only_user(graph, operand->other) == nullptr) return {};
  const Tensor* scale = graph.constant(norm->inputs[1]);
  if (scale == nullptr) return {};
  const auto made = combined(ExprCode::mul, *scale, *operand->tensor);
  if (not made or made->dims() != scale->dims()) return {};
  Patch patch(graph, FuseRmsNormalization::name);
  const ValueId result = patch.add(norm->op, {norm->inputs[0], patch.constant(*made)});
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

std::optional<Patch> fuse(const Graph& graph, const Node& node) {
  if (node.outputs.size() != 1) return {};
  if (auto patch = core(graph, node)) return patch;
  return absorb_scale(graph, node);
}

}  // namespace

bool FuseRmsNormalization::run(Graph& graph) const { return rewrite(graph, fuse); }

}  // namespace burnish::passes
