#include "passes/rewrite_one_hot_products.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ir/rewriter.h"
#include "ops/expand.h"
#include "ops/gather.h"
#include "ops/matmul.h"
#include "ops/pointwise.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

/// What is compared with the numbers 0, 1, ... along a last axis of its own; nothing where it is another comparison.
std::optional<ValueId> coded(const Graph& graph, const Node& equal, int64_t count) {
  for (const size_t side : {0U, 1U}) {
    const Tensor* numbers = graph.constant(equal.inputs[side]);
    if (numbers == nullptr or not is_integer(numbers->dtype()) or numbers->size() != count or numbers->rank() == 0 or
        numbers->dim(numbers->rank() - 1) != count)
      continue;
    const std::vector<int64_t> values = numbers->integers();
    for (int64_t i = 0; i < count; ++i)
      if (values[static_cast<size_t>(i)] != i) return {};
    ValueId code = equal.inputs[1 - side];
    if (const Node* expand = made_by<ops::Expand>(graph, code)) code = expand->inputs[0];
    const Shape& shape = graph.type(code).shape;
    return shape.rank() > 0 and shape[shape.rank() - 1].constant() == 1 ? std::optional(code) : std::nullopt;
  }
  return {};
}

bool all_finite(const Tensor& table) {
  return std::ranges::all_of(table.values<float>(), [](float value) { return std::isfinite(value); });
}

/// The table with a row of zeros before and behind it.
Tensor framed(const Tensor& table) {
  Tensor made(DType::f32, {table.dim(0) + 2, table.dim(1)});
  std::memset(made.mutable_data(), 0, made.bytes());
  std::memcpy(made.mutable_data() + static_cast<size_t>(table.dim(1)) * sizeof(float), table.data(), table.bytes());
  return made;
}

/// The row of the framed table for each number.
ops::Pointwise row_of(DType type, int64_t count) {
  Expr expr;
  const ExprOperand code = expr.add_input(type);
  const ExprOperand wide = expr.add_step(ExprCode::cast, DType::i64, {code});
  const ExprOperand least = expr.add_step(ExprCode::max, DType::i64, {wide, expr.add_integer(DType::i64, -1)});
  const ExprOperand most = expr.add_step(ExprCode::min, DType::i64, {least, expr.add_integer(DType::i64, count)});
  expr.outputs = {expr.add_step(ExprCode::add, DType::i64, {most, expr.add_integer(DType::i64, 1)})};
  return {expr};
}

std::optional<Patch> rewrite_one(const Graph& graph, const Node& node) {
  const auto* product = node.op.as<ops::MatMul>();
  if (product == nullptr or product->transpose_a or product->transpose_b) return {};
  const Tensor* table = graph.constant(node.inputs[1]);
  if (table == nullptr or table->dtype() != DType::f32 or table->rank() != 2) return {};
  const Node* cast = made_by(graph, node.inputs[0], ExprCode::cast);
  const Node* equal = cast != nullptr ? made_by(graph, cast->inputs[0], ExprCode::equal) : nullptr;
  if (equal == nullptr) return {};
  const auto code = coded(graph, *equal, table->dim(0));
  const Shape& result = graph.type(node.outputs[0]).shape;
  if (not code or graph.type(*code).shape.rank() != result.rank() or graph.type(*code).dtype == DType::u64 or not all_finite(*table))
    return {};
  Patch patch(graph, RewriteOneHotProducts::name);
  const auto flat = add_reshape(patch, *code, graph.type(*code).shape.replaced(result.rank() - 1, 1, {}));
  if (not flat) return {};
  const ValueId rows = patch.add(row_of(graph.type(*code).dtype, table->dim(0)), {*flat});
  return replacing(std::move(patch), graph, node.outputs[0], patch.add(ops::Gather{0}, {patch.constant(framed(*table)), rows}));
}

}  // namespace

bool RewriteOneHotProducts::run(Graph& graph) const { return rewrite(graph, rewrite_one); }

}  // namespace burnish::passes
