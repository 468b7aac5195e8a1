// DynamicQuantizeLSTM: an LSTM whose weights are stored in 8 bits. com.microsoft DynamicQuantizeLSTM.
// Inputs: X, W [directions, input, 4*hidden], R [directions, hidden, 4*hidden], B, sequence lengths, initial h, initial c, P, then scale and zero
// point of W and of R, one for each direction or for each direction and column. Computed with dequantized weights; activations stay in
// float, which is more exact than the dynamic quantization that the name speaks of.
#include "base/error.h"
#include "ops/contrib/delegate.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"
#include "ops/transpose.h"
#include "ops/unsqueeze.h"

namespace burnish::ops {
namespace {

/// [D] to [D,1,1], [D,C] to [D,1,C].
ValueId spread(ImportContext& context, ValueId value) {
  const size_t rank = context.type(value).shape.rank();
  if (rank == 1) return context.add(Unsqueeze{}, {value, context.constant_i64({1, 2})});
  if (rank != 2) fail("a scale or zero point has shape {}; it must have rank 1 or 2", context.type(value).shape.text());
  return context.add(Unsqueeze{}, {value, context.constant_i64({1})});
}

ValueId weights(ImportContext& context, size_t weight, size_t scale) {
  ValueId value = cast_to(context, context.input(weight), DType::f32);
  if (context.has_input(scale + 1))
    value = add_pointwise(context, ExprCode::sub, {value, cast_to(context, spread(context, context.input(scale + 1)), DType::f32)});
  value = add_pointwise(context, ExprCode::mul, {value, spread(context, context.input(scale))});
  return context.add(Transpose{.perm = {0, 2, 1}}, {value});
}

void import(ImportContext& context) {
  if (context.input_count() < 11) fail("DynamicQuantizeLSTM takes 12 inputs, but has {}", context.input_count());
  std::vector<ValueId> inputs{context.input(0), weights(context, 1, 8), weights(context, 2, 10)};
  for (size_t i = 3; i < 8; ++i) inputs.push_back(input_or_none(context, i));
  const std::vector<ValueId> results = as_onnx(context, "LSTM", 14, std::move(inputs), context.output_count());
  for (size_t i = 0; i < results.size(); ++i) context.set_output(i, results[i]);
}

}  // namespace

void register_dynamic_quantize_lstm(Registry& registry) { registry.add_import("DynamicQuantizeLSTM", 1, import, microsoft); }

}  // namespace burnish::ops
