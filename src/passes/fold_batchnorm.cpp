// Batch normalization as per-channel arithmetic, computed in double.
#include "passes/fold_batchnorm.h"

#include <cmath>

#include "ir/rewriter.h"
#include "ops/normalization.h"
#include "ops/pointwise.h"
#include "passes/match.h"
#include "passes/weights.h"

namespace burnish::passes {
namespace {

std::optional<Patch> fold(const Graph& graph, const Node& node) {
  const auto* norm = node.op.as<ops::BatchNormalization>();
  if (norm == nullptr) return {};
  std::array<std::vector<double>, 4> parameters;
  for (size_t i = 0; i < 4; ++i) {
    const Tensor* tensor = graph.constant(node.inputs[i + 1]);
    if (tensor == nullptr) return {};
    parameters[i] = numbers(*tensor);
  }
  const auto& [scale, bias, mean, variance] = parameters;
  std::vector<double> factors(scale.size());
  std::vector<double> addends(scale.size());
  for (size_t c = 0; c < scale.size(); ++c) {
    factors[c] = scale[c] / std::sqrt(variance[c] + norm->epsilon);
    addends[c] = bias[c] - mean[c] * factors[c];
  }
  const TensorType& type = graph.type(node.inputs[0]);
  const size_t rank = type.shape.rank();
  Patch patch(graph, FoldBatchnorm::name);
  const auto step = [&](ExprCode code, ValueId x, const std::vector<double>& values) {
    return patch.add(ops::pointwise(code, {type.dtype, type.dtype}, type.dtype),
                     {x, patch.constant(broadcast_along(type.dtype, values, rank, 1))});
  };
  const ValueId result = step(ExprCode::add, step(ExprCode::mul, node.inputs[0], factors), addends);
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

}  // namespace

bool FoldBatchnorm::run(Graph& graph) const { return rewrite(graph, fold); }

}  // namespace burnish::passes
