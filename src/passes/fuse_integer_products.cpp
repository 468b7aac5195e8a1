// Integer products as the importer writes them: cast, subtract, multiply, cast. Bytes go in as they are instead.
#include "passes/fuse_integer_products.h"

#include <algorithm>
#include <cmath>

#include "ir/evaluate.h"
#include "ir/rewriter.h"
#include "ops/pointwise.h"
#include "ops/quantized.h"
#include "passes/match.h"
#include "passes/weights.h"

namespace burnish::passes {
namespace {

using Index = ops::QuantizedOperand::Index;

bool is_byte(DType dtype) { return dtype == DType::u8 or dtype == DType::i8; }

/// The constant that a value is, or that folding left alone because it is larger than what it is made of.
std::optional<Tensor> known(const Graph& graph, ValueId value) {
  if (const Tensor* constant = graph.constant(value)) return *constant;
  const Node* node = graph.producer(value);
  if (node == nullptr or not ops::single_code(node->op)) return {};
  std::vector<Tensor> inputs;
  for (const ValueId input : node->inputs) {
    const std::optional<Tensor> one = known(graph, input);
    if (not one) return {};
    inputs.push_back(*one);
  }
  return evaluate(*node, inputs).front();
}

/// Whole numbers as i8, where it holds all of them.
std::optional<Tensor> as_bytes(const Tensor& numbers) {
  Tensor bytes(DType::i8, numbers.dims());
  for (int64_t i = 0; i < numbers.size(); ++i) {
    const double value = numbers.number(i);
    if (value < -128 or value > 127) return {};
    bytes.set_integer(i, static_cast<int64_t>(value));
  }
  return bytes;
}

/// Weights as i8, those of each output channel less a number of its own: for weights of u8 that are not centered.
struct Shifted {
  Tensor bytes;
  std::vector<double> shifts;
};

/// Output channels lie along `axis`, the first or the last.
std::optional<Shifted> shifted_channels(const Tensor& numbers, size_t axis) {
  const int64_t channels = numbers.dim(axis), inner = numbers.size() / std::max<int64_t>(1, channels);
  const auto place = [&](int64_t channel, int64_t i) { return axis == 0 ? channel * inner + i : i * channels + channel; };
  Shifted result{Tensor(DType::i8, numbers.dims()), std::vector<double>(static_cast<size_t>(channels))};
  for (int64_t channel = 0; channel < channels; ++channel) {
    double least = INFINITY, most = -INFINITY;
    for (int64_t i = 0; i < inner; ++i) {
      least = std::min(least, numbers.number(place(channel, i)));
      most = std::max(most, numbers.number(place(channel, i)));
    }
    if (not(most - least <= 255)) return {};
    const double shift = least + 128;
    result.shifts[static_cast<size_t>(channel)] = shift;
    for (int64_t i = 0; i < inner; ++i)
      result.bytes.set_integer(place(channel, i), static_cast<int64_t>(numbers.number(place(channel, i)) - shift));
  }
  return result;
}

/// Bytes, less a zero point of their type where there is one.
struct Centered {
  ValueId bytes, zero_point;
};

std::optional<ValueId> widened_byte(const Graph& graph, ValueId value) {
  const Node* cast = made_by(graph, value, ExprCode::cast);
  if (cast == nullptr or not is_byte(graph.type(cast->inputs[0]).dtype)) return {};
  return cast->inputs[0];
}

bool one_value(const Shape& shape) {
  return std::ranges::all_of(shape, [](const Dim& dim) { return dim == Dim(1); });
}

std::optional<ValueId> zero_point_of(Patch& patch, const Graph& graph, ValueId value, DType dtype) {
  if (not one_value(graph.type(value).shape)) return {};
  if (const Tensor* constant = graph.constant(value)) {
    Tensor zero(dtype, {});
    zero.set_integer(0, static_cast<int64_t>(constant->number(0)));
    return patch.constant(std::move(zero));
  }
  const auto byte = widened_byte(graph, value);
  if (not byte or graph.type(*byte).dtype != dtype or graph.type(*byte).shape.rank() > 1) return {};
  return byte;
}

std::optional<Centered> centered(Patch& patch, const Graph& graph, ValueId value) {
  const Node* difference = made_by(graph, value, ExprCode::sub);
  const auto bytes = widened_byte(graph, difference != nullptr ? difference->inputs[0] : value);
  if (not bytes or graph.constant(*bytes) != nullptr) return {};
  if (difference == nullptr) return Centered{*bytes, {}};
  const auto zero = zero_point_of(patch, graph, difference->inputs[1], graph.type(*bytes).dtype);
  if (not zero or graph.type(value).shape != graph.type(*bytes).shape) return {};
  return Centered{*bytes, *zero};
}

/// The product whose exact sums `node` makes f32: ConvInteger has a cast to i32 between.
const Node* product_before(const Graph& graph, const Node& node) {
  if (not is_code(node, ExprCode::cast) or graph.type(node.outputs[0]).dtype != DType::f32) return nullptr;
  const Node* before = graph.only_producer(node.inputs[0]);
  if (before == nullptr or graph.type(node.inputs[0]).dtype != DType::i32) return nullptr;
  if (before->op.is<ops::MatMul>()) return before;
  if (not is_code(*before, ExprCode::cast)) return nullptr;
  const Node* conv = graph.only_producer(before->inputs[0]);
  return conv != nullptr and conv->op.is<ops::Conv>() and conv->inputs.size() == 2 ? conv : nullptr;
}

Op bytes_form(const Op& product) {
  if (const auto* conv = product.as<ops::Conv>()) return ops::QuantizedConv{*conv};
  return ops::QuantizedMatMul{*product.as<ops::MatMul>()};
}

ValueId product_of(Patch& patch, const Op& op, const Centered& x, Tensor weights) {
  const ValueId one = patch.constant(vector_of(DType::f32, {1}));
  return patch.add(bytes_form(op), {x.bytes, patch.constant(std::move(weights)), x.zero_point, one});
}

/// Where the weights' output channels lie; nothing where the channels read different parts of x.
std::optional<size_t> channel_axis(const Op& product) {
  if (const auto* conv = product.as<ops::Conv>()) return conv->group == 1 ? std::optional<size_t>(0) : std::nullopt;
  return product.as<ops::MatMul>()->transpose_b ? 0 : 1;
}

/// x * (bytes + shifts) is x * bytes + (what x sums up to under weights of 1) * shifts.
ValueId shifted_product(Patch& patch, const Op& op, size_t axis, const Centered& x, Shifted weights) {
  Dims dims = weights.bytes.dims();
  dims[axis] = 1;
  Tensor ones(DType::i8, dims);
  for (int64_t i = 0; i < ones.size(); ++i) ones.set_integer(i, 1);
  const auto step = [&](ExprCode code, ValueId left, ValueId right) {
    return patch.add(ops::pointwise(code, {DType::f32, DType::f32}, DType::f32), {left, right});
  };
  Tensor shifts = vector_of(DType::f32, weights.shifts);
  if (op.is<ops::Conv>()) shifts = broadcast_along(DType::f32, weights.shifts, dims.size(), 1);
  const ValueId correction = step(ExprCode::mul, product_of(patch, op, x, std::move(ones)), patch.constant(std::move(shifts)));
  return step(ExprCode::add, product_of(patch, op, x, std::move(weights.bytes)), correction);
}

std::optional<Patch> fuse(const Graph& graph, const Node& node) {
  const Node* product = product_before(graph, node);
  if (product == nullptr) return {};
  const auto* matmul = product->op.as<ops::MatMul>();
  const bool ranks = graph.type(product->inputs[0]).shape.rank() >= 2 and graph.type(product->inputs[1]).shape.rank() == 2;
  if (matmul != nullptr and (not ranks or matmul->transpose_a)) return {};
  Patch patch(graph, FuseIntegerProducts::name);
  const auto x = centered(patch, graph, product->inputs[0]);
  if (not x) return {};
  const std::optional<Tensor> numbers = known(graph, product->inputs[1]);
  if (not numbers) return {};
  if (auto weights = as_bytes(*numbers)) {
    const ValueId result = product_of(patch, product->op, *x, std::move(*weights));
    return replacing(std::move(patch), graph, node.outputs[0], result);
  }
  const auto axis = channel_axis(product->op);
  auto shifted = axis ? shifted_channels(*numbers, *axis) : std::nullopt;
  if (not shifted) return {};
  const ValueId result = shifted_product(patch, product->op, *axis, *x, std::move(*shifted));
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

/// A number known while running times constants: one, or one for each channel.
struct Scale {
  ValueId number;
  std::vector<double> constants;
};

std::optional<Scale> scale_of(const Graph& graph, ValueId value, size_t rank, size_t axis, int64_t channels) {
  const Node* product = made_by(graph, value, ExprCode::mul);
  const auto operand = product != nullptr ? constant_operand(graph, *product) : std::nullopt;
  if (not operand or graph.type(operand->other).dtype != DType::f32) return {};
  if (not one_value(graph.type(operand->other).shape)) return {};
  if (operand->tensor->size() == 1) return Scale{operand->other, {operand->tensor->number(0)}};
  auto constants = along_axis(*operand->tensor, rank, axis, channels);
  return constants ? std::optional(Scale{operand->other, std::move(*constants)}) : std::nullopt;
}

/// product * (number * constants) becomes (product with these in its scale) * number.
std::optional<Patch> split_scale(const Graph& graph, const Node& node) {
  if (not is_code(node, ExprCode::mul)) return {};
  for (const size_t side : {size_t{0}, size_t{1}}) {
    const Node* product = graph.only_producer(node.inputs[side]);
    if (product == nullptr or not ops::is_quantized_product(product->op) or product->inputs.size() > Index::bias) continue;
    const Tensor* weights = graph.constant(product->inputs[Index::w]);
    const Tensor* before = graph.constant(product->inputs[Index::scale]);
    if (weights == nullptr or before == nullptr) continue;
    const size_t rank = graph.type(product->outputs[0]).shape.rank();
    const bool is_conv = product->op.is<ops::QuantizedConv>();
    const auto* matmul = product->op.as<ops::QuantizedMatMul>();
    const int64_t channels = weights->dim(is_conv or matmul->transpose_b ? 0 : 1);
    const auto scale = scale_of(graph, node.inputs[1 - side], rank, is_conv ? 1 : rank - 1, channels);
    if (not scale) continue;
    std::vector<double> factors = scale->constants;
    if (factors.size() == 1) factors.resize(static_cast<size_t>(before->size()), factors[0]);
    for (size_t i = 0; i < factors.size(); ++i) factors[i] *= before->number(before->size() == 1 ? 0 : static_cast<int64_t>(i));
    Patch patch(graph, FuseIntegerProducts::name);
    std::vector<ValueId> inputs = product->inputs;
    inputs[Index::scale] = patch.constant(vector_of(DType::f32, factors));
    const ValueId scaled = patch.add(product->op, inputs);
    const auto times = ops::pointwise(ExprCode::mul, {DType::f32, DType::f32}, DType::f32);
    return replacing(std::move(patch), graph, node.outputs[0], patch.add(times, {scaled, scale->number}));
  }
  return {};
}

}  // namespace

bool FuseIntegerProducts::run(Graph& graph) const {
  return rewrite(graph, [](const Graph& seen, const Node& node) {
    std::optional<Patch> patch = fuse(seen, node);
    return patch ? std::move(patch) : split_scale(seen, node);
  });
}

}  // namespace burnish::passes
