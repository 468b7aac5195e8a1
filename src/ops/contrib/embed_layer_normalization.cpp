// EmbedLayerNormalization: embeddings of words, positions and segments, added up and normalized. com.microsoft EmbedLayerNormalization.
// Inputs: word ids [B,S], optional segment ids, three tables (that of segments optional), gamma, beta, optional mask [B,S], optional position
// ids. Outputs: [B,S,H], the length of each sequence as the mask tells (i32 [B]), the sum before normalization.
#include "base/error.h"
#include "ops/constant_of_shape.h"
#include "ops/contrib/delegate.h"
#include "ops/gather.h"
#include "ops/normalization.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"
#include "ops/range.h"
#include "ops/reduce.h"
#include "ops/shape.h"

namespace burnish::ops {
namespace {

enum Input : size_t {
  ids_input,
  segments_input,
  words_table,
  positions_table,
  segments_table,
  gamma_input,
  beta_input,
  mask_input,
  positions_input
};

ValueId number(ImportContext& context, int64_t value) { return context.constant(Tensor::of<int64_t>({}, {value})); }

/// Rows of the table for given positions, or for 0, 1, ... up to the number of words.
ValueId position_rows(ImportContext& context) {
  ValueId positions = input_or_none(context, positions_input);
  if (not positions.valid()) {
    const ValueId extent = context.add(Gather{}, {context.add(ShapeOf{}, {context.input(ids_input)}), number(context, 1)});
    positions = context.add(Range{}, {number(context, 0), extent, number(context, 1)});
  }
  return context.add(Gather{}, {context.input(positions_table), positions});
}

ValueId lengths(ImportContext& context) {
  if (context.has_input(mask_input))
    return cast_to(context,
                   context.add(Reduce{.kind = ReduceKind::sum, .keep_dims = false}, {context.input(mask_input), context.constant_i64({1})}),
                   DType::i32);
  const ValueId shape = context.add(ShapeOf{.start = 0, .end = 1}, {context.input(ids_input)});
  return context.add(ConstantOfShape{.dtype = DType::i32}, {shape});
}

void import(ImportContext& context) {
  required_inputs(context, 1, 9);
  for (const size_t i : {words_table, positions_table, gamma_input, beta_input})
    if (not context.has_input(i)) fail("input {} is missing", i);
  if (context.type(context.input(ids_input)).shape.rank() != 2)
    fail("the word ids have shape {}; it must be [batch, steps]", context.type(context.input(ids_input)).shape.text());
  ValueId sum = context.add(Gather{}, {context.input(words_table), context.input(ids_input)});
  sum = add_pointwise(context, ExprCode::add, {sum, position_rows(context)});
  if (context.has_input(segments_input) and context.has_input(segments_table))
    sum =
        add_pointwise(context, ExprCode::add, {sum, context.add(Gather{}, {context.input(segments_table), context.input(segments_input)})});
  const LayerNormalization op{.axis = -1, .epsilon = context.float_or("epsilon", 1e-12)};
  context.set_output(0, context.add(op, {sum, context.input(gamma_input), context.input(beta_input)}));
  if (context.wants_output(1)) context.set_output(1, lengths(context));
  if (context.wants_output(2)) context.set_output(2, sum);
}

}  // namespace

void register_embed_layer_normalization(Registry& registry) { registry.add_import("EmbedLayerNormalization", 1, import, microsoft); }

}  // namespace burnish::ops
