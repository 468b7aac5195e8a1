// Integer products. All numbers are worked out here, so that kernels see weights with zero point 0 and one scale for each output channel.
#include "passes/fuse_quantized_products.h"

#include <algorithm>

#include "ir/evaluate.h"
#include "ir/rewriter.h"
#include "ops/quantized.h"
#include "passes/match.h"
#include "passes/quantization.h"
#include "passes/weights.h"

namespace burnish::passes {
namespace {

/// Weights as i8 with zero point 0, and their scales: one, or one for each output channel.
struct Weights {
  Tensor integers;
  std::vector<double> scales;
};

/// The integers less their zero points, where i8 holds all of them.
std::optional<Tensor> centered(const Tensor& integers, const std::vector<int64_t>& zeros, size_t axis) {
  if (integers.dtype() == DType::i8 and std::ranges::all_of(zeros, [](int64_t zero) { return zero == 0; })) return integers;
  Tensor result(DType::i8, integers.dims());
  int64_t inner = 1;
  for (size_t i = axis + 1; i < integers.rank(); ++i) inner *= integers.dim(i);
  for (int64_t i = 0; i < integers.size(); ++i) {
    const int64_t zero = zeros.size() == 1 ? zeros[0] : zeros[static_cast<size_t>(i / inner % integers.dim(axis))];
    const int64_t value = integers.integer(i) - zero;
    if (value < -128 or value > 127) return {};
    result.set_integer(i, value);
  }
  return result;
}

/// `channel_axis`: where the weight's output channels lie.
std::optional<Weights> weights_of(const Graph& graph, ValueId value, size_t channel_axis) {
  const auto dequantized = dequantized_by(graph, value);
  if (not dequantized or not is_known(graph, *dequantized)) return {};
  const Tensor* integers = graph.constant(dequantized->data);
  if (integers == nullptr or (not dequantized->per_tensor and dequantized->axis != static_cast<int64_t>(channel_axis))) return {};
  const auto plain = centered(*integers, zero_points(graph, *dequantized), channel_axis);
  if (not plain) return {};
  return Weights{*plain, numbers(*graph.constant(dequantized->scale))};
}

/// Operands of the product of `x` and `weights`; nothing where x is not quantized by one known scale.
std::optional<std::vector<ValueId>> operands_of(Patch& patch, const Graph& graph, ValueId x, const Weights& weights) {
  const auto input = dequantized_by(graph, x);
  if (not input or not input->per_tensor or not is_known(graph, *input) or graph.constant(input->data) != nullptr) return {};
  std::vector<double> scales = weights.scales;
  for (double& scale : scales) scale *= graph.constant(input->scale)->number(0);
  const bool symmetric = zero_points(graph, *input).front() == 0;
  return std::vector{input->data, patch.constant(weights.integers), symmetric ? ValueId{} : input->zero_point,
                     patch.constant(vector_of(DType::f32, scales))};
}

std::optional<Patch> fuse_conv(const Graph& graph, const Node& node) {
  const auto* conv = node.op.as<ops::Conv>();
  if (conv == nullptr) return {};
  const bool has_bias = node.inputs.size() > 2 and node.inputs[2].valid();
  if (has_bias and graph.constant(node.inputs[2]) == nullptr) return {};
  const auto weights = weights_of(graph, node.inputs[1], 0);
  if (not weights) return {};
  Patch patch(graph, FuseQuantizedProducts::name);
  auto operands = operands_of(patch, graph, node.inputs[0], *weights);
  if (not operands) return {};
  if (has_bias) operands->push_back(node.inputs[2]);
  return replacing(std::move(patch), graph, node.outputs[0], patch.add(ops::QuantizedConv{*conv}, *operands));
}

std::optional<Patch> fuse_matmul(const Graph& graph, const Node& node) {
  const auto* product = node.op.as<ops::MatMul>();
  if (product == nullptr or graph.type(node.inputs[0]).shape.rank() < 2 or graph.type(node.inputs[1]).shape.rank() != 2) return {};
  const auto weights = weights_of(graph, node.inputs[1], product->transpose_b ? 0 : 1);
  if (not weights) return {};
  Patch patch(graph, FuseQuantizedProducts::name);
  const auto operands = operands_of(patch, graph, node.inputs[0], *weights);
  if (not operands) return {};
  return replacing(std::move(patch), graph, node.outputs[0], patch.add(ops::QuantizedMatMul{*product}, *operands));
}

}  // namespace

bool FuseQuantizedProducts::run(Graph& graph) const {
  return rewrite(graph, [](const Graph& seen, const Node& node) {
    std::optional<Patch> patch = fuse_conv(seen, node);
    return patch ? std::move(patch) : fuse_matmul(seen, node);
  });
}

bool FoldQuantizedWeights::run(Graph& graph) const {
  return rewrite(graph, [](const Graph& seen, const Node& node) -> std::optional<Patch> {
    const auto dequantized = quantization_of(seen, node);
    if (not dequantized or not is_known(seen, *dequantized) or seen.constant(node.inputs[0]) == nullptr) return {};
    std::vector<Tensor> inputs;
    for (const ValueId input : node.inputs) inputs.push_back(input.valid() ? *seen.constant(input) : Tensor());
    Patch patch(seen, FoldQuantizedWeights::name);
    const ValueId folded = patch.constant(evaluate(node, inputs).front());
    return replacing(std::move(patch), seen, node.outputs[0], folded);
  });
}

}  // namespace burnish::passes
