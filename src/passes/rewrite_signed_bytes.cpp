// i8 to u8, one QuantizeLinear with all its readers at a time.
#include "passes/rewrite_signed_bytes.h"

#include <algorithm>

#include "ir/rewriter.h"
#include "ops/pointwise.h"
#include "ops/pool.h"
#include "ops/quantize.h"
#include "passes/match.h"
#include "passes/quantization.h"

namespace burnish::passes {
namespace {

constexpr int64_t shift = 128;

/// Known to hold no negative number.
bool is_nonnegative(const Graph& graph, ValueId value) {
  const Node* node = graph.producer(value);
  if (node == nullptr) return false;
  if (is_code(*node, ExprCode::relu) or is_code(*node, ExprCode::sigmoid)) return true;
  if (is_code(*node, ExprCode::clip)) {
    const auto low = uniform(graph, node->inputs[1]);
    return low and *low >= 0;
  }
  if (node->op.has(Trait::view) or node->op.is<ops::Pool>()) return is_nonnegative(graph, node->inputs[0]);
  return false;
}

/// The readers, where all dequantize with one known zero point.
std::vector<Quantization> readers_of(const Graph& graph, ValueId value) {
  std::vector<Quantization> readers;
  if (graph.is_output(value)) return {};
  for (const NodeId user : graph.value(value).users) {
    const auto one = quantization_of(graph, graph.node(user));
    if (not one or not graph.node(user).op.is<ops::DequantizeLinear>() or not one->per_tensor or not is_known(graph, *one)) return {};
    readers.push_back(*one);
  }
  return readers;
}

ValueId zero_point(Patch& patch, int64_t value) {
  Tensor tensor(DType::u8, {});
  tensor.set_integer(0, value);
  return patch.constant(std::move(tensor));
}

/// min(x, 127 * scale)
ValueId limited(Patch& patch, const Graph& graph, const Quantization& quantization) {
  Tensor most(DType::f32, {});
  most.set_number(0, 127 * graph.constant(quantization.scale)->number(0));
  return patch.add(ops::pointwise(ExprCode::min, {DType::f32, DType::f32}, DType::f32),
                   {quantization.data, patch.constant(std::move(most))});
}

std::optional<Patch> make_unsigned(const Graph& graph, const Node& node) {
  const auto quantization = quantization_of(graph, node);
  if (not quantization or not node.op.is<ops::QuantizeLinear>() or quantization->dtype != DType::i8) return {};
  if (not quantization->per_tensor or not is_known(graph, *quantization)) return {};
  const std::vector<Quantization> readers = readers_of(graph, node.outputs[0]);
  const int64_t zero = zero_points(graph, *quantization).front();
  const auto symmetric = [&](const Quantization& one) { return zero_points(graph, one).front() == 0; };
  if (readers.empty()) return {};
  const bool keep = zero == 0 and std::ranges::all_of(readers, symmetric) and is_nonnegative(graph, quantization->data);
  Patch patch(graph, RewriteSignedBytes::name);
  const ValueId data = keep ? limited(patch, graph, *quantization) : quantization->data;
  const ValueId bytes = patch.add(node.op, {data, quantization->scale, zero_point(patch, keep ? 0 : zero + shift)});
  for (const Quantization& reader : readers) {
    const ValueId own = zero_point(patch, keep ? 0 : zero_points(graph, reader).front() + shift);
    patch.replace(reader.node->outputs[0], patch.add(reader.node->op, {bytes, reader.scale, own}));
  }
  return patch;
}

}  // namespace

bool RewriteSignedBytes::run(Graph& graph) const { return rewrite(graph, make_unsigned); }

}  // namespace burnish::passes
