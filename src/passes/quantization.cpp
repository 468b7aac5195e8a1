// Explicit quantization to 8 bits, read from the graph.
#include "passes/quantization.h"

#include <algorithm>

#include "ops/axes.h"
#include "ops/quantize.h"

namespace burnish::passes {
namespace {

bool is_byte(DType dtype) { return dtype == DType::u8 or dtype == DType::i8; }

ValueId input_or_none(const Node& node, size_t index) { return index < node.inputs.size() ? node.inputs[index] : ValueId{}; }

std::optional<Quantization> read(const Graph& graph, const Node& node, int64_t axis, DType number, DType dtype) {
  if (number != DType::f32 or not is_byte(dtype)) return {};
  const TensorType& scale = graph.type(node.inputs.at(1));
  if (scale.dtype != DType::f32) return {};
  Quantization found{&node, node.inputs[0], node.inputs[1], input_or_none(node, 2), dtype, 0, true};
  found.per_tensor = scale.shape.rank() == 0 or (scale.shape.rank() == 1 and scale.shape[0] == Dim(1));
  if (not found.per_tensor) found.axis = static_cast<int64_t>(ops::normalized_axis(axis, graph.type(found.data).shape.rank()));
  return found;
}

}  // namespace

std::optional<Quantization> quantization_of(const Graph& graph, const Node& node) {
  if (const auto* quantize = node.op.as<ops::QuantizeLinear>()) {
    if (quantize->block_size != 0 or quantize->precision != DType::f32) return {};
    return read(graph, node, quantize->axis, graph.type(node.inputs[0]).dtype, graph.type(node.outputs[0]).dtype);
  }
  if (const auto* dequantize = node.op.as<ops::DequantizeLinear>()) {
    if (dequantize->block_size != 0) return {};
    return read(graph, node, dequantize->axis, dequantize->output, graph.type(node.inputs[0]).dtype);
  }
  return {};
}

std::optional<Quantization> dequantized_by(const Graph& graph, ValueId value) {
  const Node* node = value.valid() ? graph.producer(value) : nullptr;
  if (node == nullptr or not node->op.is<ops::DequantizeLinear>()) return {};
  return quantization_of(graph, *node);
}

bool is_known(const Graph& graph, const Quantization& quantization) {
  const Tensor* scale = graph.constant(quantization.scale);
  if (scale == nullptr) return false;
  const Tensor* zero = quantization.zero_point.valid() ? graph.constant(quantization.zero_point) : nullptr;
  return not quantization.zero_point.valid() or (zero != nullptr and zero->size() == scale->size());
}

std::vector<int64_t> zero_points(const Graph& graph, const Quantization& quantization) {
  if (quantization.zero_point.valid()) return graph.constant(quantization.zero_point)->integers();
  return std::vector<int64_t>(static_cast<size_t>(graph.constant(quantization.scale)->size()), 0);
}

bool same_numbers(const Graph& graph, const Quantization& a, const Quantization& b) {
  if (not a.per_tensor or not b.per_tensor or a.dtype != b.dtype or not is_known(graph, a) or not is_known(graph, b)) return false;
  return graph.constant(a.scale)->number(0) == graph.constant(b.scale)->number(0) and zero_points(graph, a) == zero_points(graph, b);
}

}  // namespace burnish::passes
