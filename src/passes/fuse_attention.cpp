// Attention, read from its last product upwards: the softmax, what was done to the scores, and the first product.
#include "passes/fuse_attention.h"

#include <algorithm>
#include <cmath>

#include "ir/rewriter.h"
#include "ops/attention.h"
#include "ops/expand.h"
#include "ops/matmul.h"
#include "ops/pointwise.h"
#include "ops/reshape.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "passes/formulas.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

constexpr double forbidding = -1e30;  // an addend this low leaves nothing of any score

/// Something added to the scores, in the domain where it was found.
struct Mask {
  ValueId value;         // the addend, or with `fill` the condition under which a score is kept
  double factor = 1;     // what stood outside of it multiplies it
  bool negated = false;  // the score is kept where the condition is false
  std::optional<double> fill;
  Shape domain;
};

struct Scores {
  const Node* product = nullptr;
  double scale = 1;
  std::vector<Mask> masks;
};

bool is_attention_dtype(DType dtype) { return dtype == DType::f32 or dtype == DType::f64 or dtype == DType::f16 or dtype == DType::bf16; }

/// A view that keeps queries and keys and only regroups the batch.
bool regroups_batch(const Graph& graph, const Node& node) {
  const Shape& from = graph.type(node.inputs[0]).shape;
  const Shape& to = graph.type(node.outputs[0]).shape;
  const size_t a = from.rank();
  const size_t b = to.rank();
  return a >= 2 and b >= 2 and from[a - 1] == to[b - 1] and from[a - 2] == to[b - 2];
}

ValueId without_regrouping(const Graph& graph, ValueId id) {
  for (const Node* node = made_by<ops::Reshape>(graph, id);
       node != nullptr and regroups_batch(graph, *node) and only_user(graph, id) != nullptr; node = made_by<ops::Reshape>(graph, id))
    id = node->inputs[0];
  return id;
}

class ScoreReader {
 public:
  explicit ScoreReader(const Graph& graph) : graph_(graph) {}

  /// Reads what was done to the scores from `id` upwards; false where something else is found.
  bool read(ValueId id, int depth = 12) {
    const Node* node = graph_.producer(id);
    if (node == nullptr or depth == 0 or only_user(graph_, id) == nullptr) return false;
    if (node->op.is<ops::MatMul>()) {
      scores.product = node;
      return true;
    }
    if (node->op.is<ops::Reshape>()) return regroups_batch(graph_, *node) and read(node->inputs[0], depth - 1);
    const Scores before = scores;
    if (const Scaled inner = scaled(graph_, id); inner.value != id) {
      scores.scale *= inner.factor;
      return read(inner.value, depth - 1);
    }
    for (const auto& [score, mask] : operand_orders(graph_, id, ExprCode::add)) {
      if (graph_.type(score).shape != graph_.type(id).shape) continue;
      scores.masks.push_back({mask, scores.scale, false, {}, graph_.type(id).shape});
      if (read(score, depth - 1)) return true;
      scores = before;
    }
    return read_selection(*node, depth);
  }

  Scores scores;

 private:
  /// where(condition, score, -inf) or where(condition, -inf, score).
  bool read_selection(const Node& node, int depth) {
    if (not is_code(node, ExprCode::where)) return false;
    for (const bool negated : {false, true}) {
      const ValueId score = node.inputs[negated ? 2 : 1];
      const std::optional<double> fill = uniform(graph_, node.inputs[negated ? 1 : 2]);
      if (not fill or *fill > forbidding or scores.scale <= 0) continue;
      if (graph_.type(score).shape != graph_.type(node.outputs[0]).shape) continue;
      scores.masks.push_back({node.inputs[0], 1, negated, fill, graph_.type(score).shape});
      return read(score, depth - 1);
    }
    return false;
  }

  const Graph& graph_;
};

/// How many neighbouring axes of `from` make each axis of `to`; nothing where an axis would have to be split.
std::optional<std::vector<size_t>> grouping(const Dims& from, const Dims& to) {
  std::vector<size_t> groups;
  size_t axis = 0;
  for (const int64_t extent : to) {
    const bool inserted = extent == 1 and (axis == from.size() or from[axis] != 1);
    size_t count = 0;
    int64_t product = 1;
    const auto absorbs_one = [&] { return from[axis] == 1 and product == extent and from.size() - axis > to.size() - groups.size(); };
    while (not inserted and axis < from.size() and (count == 0 or product < extent or absorbs_one())) {
      product *= from[axis++];
      ++count;
    }
    if (product != extent) return {};
    groups.push_back(count);
  }
  if (axis != from.size()) return {};
  return groups;
}

Dims padded(Dims dims, size_t rank) {
  dims.insert(dims.begin(), rank - std::min(rank, dims.size()), 1);
  return dims;
}

/// A mask over `domain` as one over `target`, which has the same elements with batch axes merged. Merged axes are written out.
std::optional<ValueId> regrouped(Patch& patch, ValueId mask, const Shape& domain, const Shape& target) {
  if (domain == target) return mask;
  const Shape& own = patch.type(mask).shape;
  if (not own.is_static() or not domain.is_static() or not target.is_static()) return {};
  const auto groups = grouping(domain.dims(), target.dims());
  if (not groups or own.rank() > domain.rank()) return {};
  Dims expanded = padded(own.dims(), domain.rank());
  Dims merged;
  size_t axis = 0;
  for (const size_t count : *groups) {
    const bool varies = std::any_of(expanded.begin() + static_cast<ptrdiff_t>(axis),
                                    expanded.begin() + static_cast<ptrdiff_t>(axis + count), [](int64_t extent) { return extent != 1; });
    int64_t product = 1;
    for (const size_t end = axis + count; axis < end; ++axis) {
      if (varies) expanded[axis] = domain[axis].value();
      product *= expanded[axis];
    }
    merged.push_back(product);
  }
  ValueId full = mask;
  if (expanded != padded(own.dims(), domain.rank())) full = patch.add(ops::Expand{}, {mask, patch.constant(tensor_of(expanded))});
  return patch.add(ops::Reshape{}, {full, patch.constant(tensor_of(merged))});
}

class MaskBuilder {
 public:
  MaskBuilder(Patch& patch, DType dtype, const Shape& target) : patch_(patch), dtype_(dtype), target_(target) {}

  /// All masks as one addend; false where one cannot be brought to the scores' axes.
  bool add(const Mask& mask) {
    const auto made = regrouped(patch_, addend(mask), mask.domain, target_);
    if (not made or patch_.type(*made).dtype != dtype_ or patch_.type(*made).shape.rank() > target_.rank()) return false;
    sum_ = sum_.valid() ? patch_.add(ops::pointwise(ExprCode::add, {dtype_, dtype_}, dtype_), {sum_, *made}) : *made;
    return broadcast(patch_.type(sum_).shape, target_) == target_;
  }
  ValueId sum() const { return sum_; }

 private:
  ValueId number(double value) { return patch_.constant(filled(dtype_, {}, value)); }

  ValueId addend(const Mask& mask) {
    if (mask.fill) {
      const ValueId kept = number(0);
      const ValueId dropped = number(*mask.fill);
      const Op where = ops::pointwise(ExprCode::where, {DType::boolean, dtype_, dtype_}, dtype_);
      return patch_.add(where, {mask.value, mask.negated ? dropped : kept, mask.negated ? kept : dropped});
    }
    if (mask.factor == 1) return mask.value;
    return patch_.add(ops::pointwise(ExprCode::mul, {dtype_, dtype_}, dtype_), {mask.value, number(mask.factor)});
  }

  Patch& patch_;
  DType dtype_;
  Shape target_;
  ValueId sum_;
};

/// A constant square mask that is zero up to the diagonal and forbids everything above it, the same for every batch.
bool is_causal(const Graph& graph, const std::vector<Mask>& masks, const Shape& scores) {
  if (masks.size() != 1 or masks.front().fill or masks.front().domain != scores) return false;
  const Tensor* tensor = graph.constant(masks.front().value);
  if (tensor == nullptr or tensor->rank() < 2 or masks.front().factor <= 0) return false;
  const int64_t rows = tensor->dim(tensor->rank() - 2);
  const int64_t columns = tensor->dim(tensor->rank() - 1);
  if (rows != columns or rows < 2 or tensor->size() != rows * columns or not(scores[scores.rank() - 2] == Dim(rows))) return false;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column) {
      const double value = tensor->number(row * columns + column);
      if (column <= row ? value != 0 : value > forbidding) return false;
    }
  return true;
}

ValueId swapped(Patch& patch, ValueId id) {
  const size_t rank = patch.type(id).shape.rank();
  std::vector<int64_t> perm(rank);
  for (size_t axis = 0; axis < rank; ++axis) perm[axis] = static_cast<int64_t>(axis);
  std::swap(perm[rank - 1], perm[rank - 2]);
  return patch.add(ops::Transpose{perm}, {id});
}

/// All but the last two axes are the same, and there are two to four axes in all.
bool same_batch(const Shape& a, const Shape& b) {
  if (a.rank() != b.rank() or a.rank() < 2 or a.rank() > 4) return false;
  return std::equal(a.begin(), a.end() - 2, b.begin());
}

/// `x` where `id` is where(is_nan(x), 0, x), which exporters put behind a softmax because a row that is masked wholly becomes NaN.
std::optional<ValueId> without_nan_guard(const Graph& graph, ValueId id) {
  const Node* guard = graph.producer(id);
  if (guard == nullptr or not is_code(*guard, ExprCode::where) or only_user(graph, id) == nullptr) return {};
  const Node* test = graph.producer(guard->inputs[0]);
  const ValueId weights = guard->inputs[2];
  const bool is_guard = test != nullptr and is_code(*test, ExprCode::is_nan) and test->inputs[0] == weights and
                        uniform(graph, guard->inputs[1]) == 0 and only_user(graph, guard->inputs[0]) != nullptr;
  if (not is_guard or graph.value(weights).users.size() != 2 or graph.is_output(weights)) return {};
  return weights;
}

/// Whether finite scores keep something finite in every row, so that their softmax is never NaN.
bool leaves_something(const Graph& graph, const Mask& mask) {
  if (mask.fill) return std::isfinite(*mask.fill);
  const Tensor* tensor = graph.constant(mask.value);
  if (tensor == nullptr) return false;
  for (int64_t i = 0; i < tensor->size(); ++i)
    if (not std::isfinite(tensor->number(i))) return false;
  return true;
}

std::optional<Patch> fuse(const Graph& graph, const Node& node) {
  const auto* last = node.op.as<ops::MatMul>();
  if (last == nullptr or last->transpose_a) return {};
  ValueId weights = without_regrouping(graph, node.inputs[0]);
  const std::optional<ValueId> guarded = without_nan_guard(graph, weights);
  if (guarded) weights = *guarded;
  const Node* softmax = made_by<ops::Softmax>(graph, weights);
  if (softmax == nullptr or softmax->op.as<ops::Softmax>()->log or (not guarded and only_user(graph, weights) == nullptr)) return {};
  const int64_t axis = softmax->op.as<ops::Softmax>()->axis;
  const DType dtype = graph.type(weights).dtype;
  if ((axis != -1 and axis + 1 != static_cast<int64_t>(graph.type(weights).shape.rank())) or not is_attention_dtype(dtype)) return {};
  ScoreReader reader(graph);
  if (not reader.read(softmax->inputs[0])) return {};
  Scores& scores = reader.scores;
  const Shape& domain = graph.type(scores.product->outputs[0]).shape;
  if (domain != graph.type(node.inputs[0]).shape) return {};

  const auto* first = scores.product->op.as<ops::MatMul>();
  const Scaled query = scaled(graph, scores.product->inputs[0]);
  const Scaled key = scaled(graph, scores.product->inputs[1]);
  if (not same_batch(graph.type(query.value).shape, graph.type(key.value).shape) or
      not same_batch(graph.type(key.value).shape, graph.type(node.inputs[1]).shape))
    return {};
  if (not same_batch(domain, graph.type(query.value).shape)) return {};

  Patch patch(graph, FuseAttention::name);
  std::vector<ValueId> inputs{first->transpose_a ? swapped(patch, query.value) : query.value, key.value,
                              last->transpose_b ? swapped(patch, node.inputs[1]) : node.inputs[1]};
  const bool causal = is_causal(graph, scores.masks, domain);
  const bool alive = causal or std::ranges::all_of(scores.masks, [&](const Mask& one) { return leaves_something(graph, one); });
  if (guarded and not alive) return {};
  MaskBuilder mask(patch, dtype, domain);
  if (not causal)
    for (const Mask& one : scores.masks)
      if (not mask.add(one)) return {};
  if (mask.sum().valid()) inputs.push_back(mask.sum());
  const ops::Attention made{.scale = scores.scale * query.factor * key.factor, .causal = causal, .transposed_k = not first->transpose_b};
  const ValueId result = patch.add(made, inputs);
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

}  // namespace

bool FuseAttention::run(Graph& graph) const { return rewrite(graph, fuse); }

}  // namespace burnish::passes
