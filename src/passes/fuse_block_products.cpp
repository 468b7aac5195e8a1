// The operator wants weights as [N,K] with blocks along K; weights stored the other way are transposed here, once.
#include "passes/fuse_block_products.h"

#include "ir/rewriter.h"
#include "ops/axes.h"
#include "ops/block_matmul.h"
#include "ops/matmul.h"
#include "ops/matmul_shape.h"
#include "ops/quantize.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

/// A matrix with its axes swapped, whatever its type.
Tensor transposed(const Tensor& matrix) {
  const int64_t rows = matrix.dims()[0], columns = matrix.dims()[1];
  Tensor out = Tensor::uninitialized(matrix.dtype(), {columns, rows});
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      if (is_integer(matrix.dtype())) out.set_integer(j * rows + i, matrix.integer(i * columns + j));
      else out.set_number(j * rows + i, matrix.number(i * columns + j));
    }
  return out;
}

bool is_dequantized_by_blocks(const Graph& graph, const Node& node, size_t block_axis) {
  const auto& op = *node.op.as<ops::DequantizeLinear>();
  const Tensor* weights = graph.constant(node.inputs[0]);
  const Tensor* scale = graph.constant(node.inputs[1]);
  if (weights == nullptr or scale == nullptr or scale->dtype() != DType::f32 or op.output != DType::f32) return false;
  if (op.block_size < 1 or weights->rank() != 2 or not is_integer(weights->dtype()) or bit_width(weights->dtype()) > 8) return false;
  if (ops::normalized_axis(op.axis, 2) != block_axis) return false;
  return node.inputs.size() < 3 or not node.inputs[2].valid() or graph.constant(node.inputs[2]) != nullptr;
}

std::optional<Patch> fuse(const Graph& graph, const Node& node, int64_t most_rows) {
  const auto* product = node.op.as<ops::MatMul>();
  if (product == nullptr or product->transpose_a) return {};
  if (graph.type(node.inputs[0]).dtype != DType::f32 or not ops::few_rows(graph.type(node.outputs[0]).shape, most_rows)) return {};
  const Node* dequantize = made_by<ops::DequantizeLinear>(graph, node.inputs[1]);
  if (dequantize == nullptr or not is_dequantized_by_blocks(graph, *dequantize, product->transpose_b ? 1 : 0)) return {};
  Patch patch(graph, FuseBlockProducts::name);
  std::vector<ValueId> operands{node.inputs[0]};
  for (const ValueId input : dequantize->inputs) {
    if (not input.valid() or product->transpose_b) operands.push_back(input);
    else operands.push_back(patch.constant(transposed(*graph.constant(input))));
  }
  const ops::BlockMatMul op{.block_size = dequantize->op.as<ops::DequantizeLinear>()->block_size};
  return replacing(std::move(patch), graph, node.outputs[0], patch.add(op, operands));
}

}  // namespace

bool FuseBlockProducts::run(Graph& graph) const {
  return rewrite(graph, [this](const Graph& whole, const Node& node) { return fuse(whole, node, most_rows); });
}

}  // namespace burnish::passes
