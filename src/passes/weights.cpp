// Arithmetic on constants, in double, rounded once to the constant's own type.
#include "passes/weights.h"

#include <algorithm>
#include <cmath>

#include "ops/conv.h"
#include "ops/conv_transpose.h"
#include "ops/matmul.h"

namespace burnish::passes {
namespace {

bool is_plain_float(DType dtype) { return dtype == DType::f32 or dtype == DType::f64 or dtype == DType::f16 or dtype == DType::bf16; }

std::optional<Linear> conv(const Node& node, const Tensor& weights) {
  const auto* op = node.op.as<ops::Conv>();
  if (op == nullptr or weights.rank() < 3) return {};
  return Linear{&node, &weights, 1, weights.dim(0), 0, 1, true};
}

std::optional<Linear> conv_transpose(const Node& node, const Tensor& weights) {
  const auto* op = node.op.as<ops::ConvTranspose>();
  if (op == nullptr or weights.rank() < 3) return {};
  return Linear{&node, &weights, 1, weights.dim(1) * op->group, 1, op->group, true};
}

std::optional<Linear> matmul(const Graph& graph, const Node& node, const Tensor& weights) {
  const auto* op = node.op.as<ops::MatMul>();
  if (op == nullptr or weights.rank() != 2) return {};
  const size_t rank = graph.type(node.outputs[0]).shape.rank();
  if (rank == 0) return {};
  const size_t axis = op->transpose_b ? 0 : 1;
  return Linear{&node, &weights, rank - 1, weights.dim(axis), axis, 1, false};
}

}  // namespace

std::optional<Linear> linear_producer(const Graph& graph, ValueId id) {
  const Node* node = graph.producer(id);
  if (node == nullptr or node->inputs.size() < 2 or not node->inputs[1].valid()) return {};
  const Tensor* weights = graph.constant(node->inputs[1]);
  if (weights == nullptr or not is_plain_float(weights->dtype())) return {};
  if (node->op.is<ops::Conv>()) return conv(*node, *weights);
  if (node->op.is<ops::ConvTranspose>()) return conv_transpose(*node, *weights);
  return matmul(graph, *node, *weights);
}

Tensor scaled_channels(const Linear& linear, const std::vector<double>& factors) {
  const Tensor& weights = *linear.weights;
  Tensor scaled = Tensor::uninitialized(weights.dtype(), weights.dims());
  const int64_t extent = weights.dim(linear.weight_axis);
  int64_t inner = 1;
  for (size_t axis = linear.weight_axis + 1; axis < weights.rank(); ++axis) inner *= weights.dim(axis);
  const int64_t outer = inner * extent == 0 ? 0 : weights.size() / (inner * extent);
  for (int64_t o = 0; o < outer; ++o) {
    const int64_t group = linear.group == 1 ? 0 : o / (outer / linear.group);
    for (int64_t c = 0; c < extent; ++c) {
      const double factor = factors[static_cast<size_t>(group * extent + c)];
      const int64_t first = (o * extent + c) * inner;
      if (weights.dtype() == DType::f32) {
        const auto from = weights.values<float>().subspan(static_cast<size_t>(first), static_cast<size_t>(inner));
        const auto to = scaled.mutable_values<float>().subspan(static_cast<size_t>(first), static_cast<size_t>(inner));
        std::ranges::transform(from, to.begin(), [factor](float weight) { return static_cast<float>(weight * factor); });
      } else {
        for (int64_t i = first; i < first + inner; ++i) scaled.set_number(i, weights.number(i) * factor);
      }
    }
  }
  return scaled;
}

std::optional<std::vector<double>> along_axis(const Tensor& tensor, size_t rank, size_t axis, int64_t extent) {
  if (not is_plain_float(tensor.dtype()) or tensor.rank() > rank) return {};
  if (tensor.size() == 1) return std::vector<double>(static_cast<size_t>(extent), tensor.number(0));
  const size_t added = rank - tensor.rank();
  for (size_t i = 0; i < tensor.rank(); ++i)
    if (tensor.dim(i) != (i + added == axis ? extent : 1)) return {};
  return numbers(tensor);
}

std::vector<double> numbers(const Tensor& tensor) {
  std::vector<double> values(static_cast<size_t>(tensor.size()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = tensor.number(static_cast<int64_t>(i));
  return values;
}

Tensor side_by_side(const std::vector<Tensor>& matrices, size_t axis) {
  Dims dims = matrices.front().dims();
  for (size_t i = 1; i < matrices.size(); ++i) dims[axis] += matrices[i].dim(axis);
  Tensor whole = Tensor::uninitialized(matrices.front().dtype(), dims);
  const size_t element = byte_size(whole.dtype());
  const int64_t outer = axis == 0 ? 1 : dims[0];
  std::byte* to = whole.mutable_data();
  for (int64_t row = 0; row < outer; ++row)
    for (const Tensor& part : matrices) {
      const size_t bytes = static_cast<size_t>(part.size() / outer) * element;
      to = std::copy_n(part.data() + static_cast<size_t>(row) * bytes, bytes, to);
    }
  return whole;
}

Tensor vector_of(DType dtype, const std::vector<double>& values) {
  Tensor tensor = Tensor::uninitialized(dtype, {static_cast<int64_t>(values.size())});
  for (size_t i = 0; i < values.size(); ++i) tensor.set_number(static_cast<int64_t>(i), values[i]);
  return tensor;
}

Tensor broadcast_along(DType dtype, const std::vector<double>& values, size_t rank, size_t axis) {
  Dims dims(rank - axis, 1);
  dims.front() = static_cast<int64_t>(values.size());
  return vector_of(dtype, values).reshaped(std::move(dims));
}

std::optional<Tensor> combined(ExprCode code, const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() or not is_plain_float(a.dtype())) return {};
  const Dims domain = broadcast(Shape(std::span(a.dims())), Shape(std::span(b.dims()))).dims();
  if (element_count(domain) > std::max(a.size(), b.size())) return {};
  Tensor result = evaluate(Expr::single(code, {a.dtype(), b.dtype()}, a.dtype()), {a, b}, domain).front();
  // An overflow that the two steps apart would not have had must not arise.
  for (int64_t i = 0; i < result.size(); ++i)
    if (not std::isfinite(result.number(i))) return {};
  return result;
}

}  // namespace burnish::passes
