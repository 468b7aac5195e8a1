// FlexAttention: attention whose scores and weights pass through small graphs of the model. ai.onnx.preview FlexAttention, opset 1.
// Composed of products, a softmax and the nodes of those graphs.
#include <cmath>

#include "base/error.h"
#include "ops/heads.h"
#include "ops/matmul.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"
#include "ops/regions.h"
#include "ops/softmax.h"

namespace burnish::ops {
namespace {

/// The value after the graph `name`, where the node has one.
ValueId modified(ImportContext& context, std::string_view name, ValueId value) {
  if (not context.has_attribute(name)) return value;
  const ImportedRegion region = context.typed_region(name, {context.type(value)});
  const std::vector<ValueId> results = inlined(context, region, {value});
  if (results.size() != 1) fail("the graph `{}` gives {} results; it must give one", name, results.size());
  if (context.type(results[0]).shape.rank() != context.type(value).shape.rank())
    fail("the graph `{}` makes {} of {}", name, context.type(results[0]).text(), context.type(value).text());
  return cast_to(context, results[0], context.type(value).dtype);
}

DType softmax_type(const ImportContext& context, DType input) {
  if (const auto precision = context.find_dtype("softmax_precision")) return *precision;
  return input == DType::f64 ? input : DType::f32;
}

double scale_of(const ImportContext& context, const Shape& query) {
  if (const auto scale = context.find_float("scale")) return *scale;
  if (not query[3].is_constant()) fail_unsupported("the size of a head must be static, or `scale` be given");
  return 1 / std::sqrt(static_cast<double>(query[3].value()));
}

void import(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 3, 3);
  for (size_t i = 0; i < 3; ++i)
    if (context.type(inputs[i]).shape.rank() != 4)
      fail("input {} has shape {}; it must have rank 4", i, context.type(inputs[i]).shape.text());
  const DType dtype = context.type(inputs[0]).dtype;
  const double root = std::sqrt(scale_of(context, context.type(inputs[0]).shape));
  const int64_t heads = head_count(context, inputs[0]);
  const ValueId query = add_pointwise(context, ExprCode::mul, inputs[0], root);
  const ValueId key = add_pointwise(context, ExprCode::mul, shared_heads(context, inputs[1], heads), root);
  const DType precision = softmax_type(context, dtype);
  ValueId scores = cast_to(context, context.add(MatMul{.transpose_b = true}, {query, key}), precision);
  scores = modified(context, "score_mod", scores);
  const ValueId weights = modified(context, "prob_mod", context.add(Softmax{}, {scores}));
  const ValueId value = cast_to(context, shared_heads(context, inputs[2], heads), precision);
  context.set_output(0, cast_to(context, context.add(MatMul{}, {weights, value}), context.type(inputs[2]).dtype));
}

}  // namespace

void register_flex_attention(Registry& registry) { registry.add_import("FlexAttention", 1, import, "ai.onnx.preview"); }

}  // namespace burnish::ops
