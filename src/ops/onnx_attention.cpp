// ONNX Attention, opsets 23 and 24: heads taken apart, the cache appended, masks combined, and Attention between.
// Where softcap or the scores themselves are asked for, it is spelled out in products and a softmax.
#include <cmath>

#include "base/error.h"
#include "ops/attention.h"
#include "ops/concat.h"
#include "ops/gather.h"
#include "ops/heads.h"
#include "ops/matmul.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/pad.h"
#include "ops/pointwise_import.h"
#include "ops/range.h"
#include "ops/reshape.h"
#include "ops/shape.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "ops/unsqueeze.h"

namespace burnish::ops {
namespace {

enum Input : size_t { query_input, key_input, value_input, mask_input, past_key_input, past_value_input, lengths_input };

size_t rank_of(const ImportContext& context, ValueId value) { return context.type(value).shape.rank(); }

/// [B,S,H*D] to [B,H,S,D].
ValueId split_heads(ImportContext& context, ValueId value, int64_t heads) {
  if (rank_of(context, value) == 4) return value;
  if (rank_of(context, value) != 3)
    fail("queries, keys and values must have rank 3 or 4, but one has shape {}", context.type(value).shape.text());
  if (heads < 1) fail("inputs of rank 3 need q_num_heads and kv_num_heads");
  const ValueId split = context.add(Reshape{}, {value, context.constant_i64({0, 0, heads, -1})});
  return context.add(Transpose{.perm = {0, 2, 1, 3}}, {split});
}

ValueId with_past(ImportContext& context, ValueId value, size_t past) {
  return context.has_input(past) ? context.add(Concat{.axis = 2}, {context.input(past), value}) : value;
}

/// 0, 1, ... up to the extent of an axis, with axes of size 1 around: [before..., n, after...].
ValueId positions(ImportContext& context, ValueId value, int64_t axis, std::vector<int64_t> unit_axes) {
  const auto number = [&](int64_t one) { return context.constant(Tensor::of<int64_t>({}, {one})); };
  const ValueId extent = context.add(Gather{}, {context.add(ShapeOf{}, {value}), number(axis)});
  const ValueId range = context.add(Range{}, {number(0), extent, number(1)});
  return unit_axes.empty() ? range : context.add(Unsqueeze{}, {range, context.constant_i64(std::move(unit_axes))});
}

/// [S,T]: true where the key is not after the query, which comes after the whole past.
ValueId causal_mask(ImportContext& context, ValueId query, ValueId key) {
  ValueId rows = positions(context, query, 2, {1});
  if (context.has_input(past_key_input)) {
    const ValueId past = context.add(
        Gather{}, {context.add(ShapeOf{}, {context.input(past_key_input)}), context.constant(Tensor::of<int64_t>({}, {int64_t{2}}))});
    rows = add_pointwise(context, ExprCode::add, {rows, past});
  }
  return add_pointwise(context, ExprCode::less_equal, {positions(context, key, 2, {}), rows});
}

/// [B,1,1,T]: true for keys before each sequence's length.
ValueId length_mask(ImportContext& context, ValueId key) {
  const ValueId lengths = with_trailing_axes(context, context.input(lengths_input), 3);
  return add_pointwise(context, ExprCode::less, {positions(context, key, 2, {}), cast_to(context, lengths, DType::i64)});
}

ValueId both(ImportContext& context, ValueId a, ValueId b) {
  if (not a.valid() or not b.valid()) return a.valid() ? a : b;
  return add_pointwise(context, ExprCode::logical_and, {a, b});
}

/// A mask shorter than the keys hides the rest.
ValueId padded_mask(ImportContext& context, ValueId key) {
  const ValueId mask = context.input(mask_input);
  const Shape& shape = context.type(mask).shape;
  const Dim& keys = context.type(key).shape[2];
  if (shape.rank() == 0 or not shape[shape.rank() - 1].is_constant() or not keys.is_constant()) return mask;
  const int64_t missing = keys.value() - shape[shape.rank() - 1].value();
  if (missing <= 0 or shape[shape.rank() - 1] == Dim(1)) return mask;
  std::vector<int64_t> pads(2 * shape.rank(), 0);
  pads.back() = missing;
  const DType dtype = context.type(mask).dtype;
  const double fill = dtype == DType::boolean ? 0 : -std::numeric_limits<double>::infinity();
  return context.add(Pad{}, {mask, context.constant_i64(std::move(pads)), context.constant(scalar(dtype, fill))});
}

/// What stands in the way of seeing a key, as one mask: boolean (true is seen), or added to the scores.
ValueId combined_mask(ImportContext& context, ValueId query, ValueId key, bool causal) {
  ValueId seen = causal ? causal_mask(context, query, key) : ValueId{};
  if (context.has_input(lengths_input)) seen = both(context, seen, length_mask(context, key));
  if (not context.has_input(mask_input)) return seen;
  const ValueId mask = padded_mask(context, key);
  const DType dtype = context.type(mask).dtype;
  if (dtype == DType::boolean) return both(context, seen, mask);
  if (not seen.valid()) return mask;
  return add_pointwise(context, ExprCode::where, {seen, mask, context.constant(scalar(dtype, -std::numeric_limits<double>::infinity()))});
}

ValueId masked(ImportContext& context, ValueId scores, ValueId mask) {
  if (not mask.valid()) return scores;
  const DType dtype = context.type(scores).dtype;
  if (context.type(mask).dtype != DType::boolean) return add_pointwise(context, ExprCode::add, {scores, cast_to(context, mask, dtype)});
  return add_pointwise(context, ExprCode::where, {mask, scores, context.constant(scalar(dtype, -std::numeric_limits<double>::infinity()))});
}

struct Heads {
  ValueId query, key, value, mask;
};

ValueId spelled_out(ImportContext& context, const Heads& heads, double scale) {
  const double root = std::sqrt(scale);
  const ValueId query = add_pointwise(context, ExprCode::mul, heads.query, root);
  const ValueId key = add_pointwise(context, ExprCode::mul, heads.key, root);
  const ValueId raw = context.add(MatMul{.transpose_b = true}, {query, key});
  ValueId capped = raw;
  if (const double softcap = context.float_or("softcap", 0); softcap > 0)
    capped = add_pointwise(context, ExprCode::mul,
                           add_pointwise(context, ExprCode::tanh, {add_pointwise(context, ExprCode::div, raw, softcap)}), softcap);
  const ValueId biased = masked(context, capped, heads.mask);
  const DType dtype = context.type(heads.query).dtype;
  const DType precision = context.int_or("softmax_precision", 0) == 0 ? dtype : *context.find_dtype("softmax_precision");
  const ValueId weights = context.add(Softmax{}, {cast_to(context, biased, precision)});
  if (context.wants_output(3)) {
    const ValueId modes[] = {raw, capped, biased, weights};
    const int64_t mode = context.int_or("qk_matmul_output_mode", 0);
    if (mode < 0 or mode > 3) fail("qk_matmul_output_mode is {}; it must be from 0 to 3", mode);
    context.set_output(3, cast_to(context, modes[mode], dtype));
  }
  return context.add(MatMul{}, {cast_to(context, weights, context.type(heads.value).dtype), heads.value});
}

void import(ImportContext& context) {
  required_inputs(context, 3, 7);
  const bool three_axes = rank_of(context, context.input(query_input)) == 3;
  Heads heads;
  heads.query = split_heads(context, context.input(query_input), context.int_or("q_num_heads", 0));
  heads.key = with_past(context, split_heads(context, context.input(key_input), context.int_or("kv_num_heads", 0)), past_key_input);
  heads.value = with_past(context, split_heads(context, context.input(value_input), context.int_or("kv_num_heads", 0)), past_value_input);
  if (context.wants_output(1)) context.set_output(1, heads.key);
  if (context.wants_output(2)) context.set_output(2, heads.value);
  const bool causal = context.flag_or("is_causal", false);
  const bool plain_causal = causal and not context.has_input(past_key_input);
  const bool plain = not context.wants_output(3) and context.float_or("softcap", 0) == 0;
  heads.mask = combined_mask(context, heads.query, heads.key, causal and not(plain and plain_causal));
  const Dim& depth = context.type(heads.query).shape[3];
  if (not context.find_float("scale") and not depth.is_constant())
    fail_unsupported("the size of a head must be static, or `scale` be given");
  const double scale = context.find_float("scale") ? *context.find_float("scale") : 1 / std::sqrt(static_cast<double>(depth.value()));
  const int64_t count = head_count(context, heads.query);
  heads.key = shared_heads(context, heads.key, count);
  heads.value = shared_heads(context, heads.value, count);
  ValueId result;
  if (plain) {
    std::vector<ValueId> inputs{heads.query, heads.key, heads.value};
    if (heads.mask.valid()) inputs.push_back(heads.mask);
    result = context.add(Attention{.scale = scale, .causal = plain_causal}, std::move(inputs));
  } else {
    result = spelled_out(context, heads, scale);
  }
  if (three_axes)
    result = context.add(Reshape{}, {context.add(Transpose{.perm = {0, 2, 1, 3}}, {result}), context.constant_i64({0, 0, -1})});
  context.set_output(0, result);
}

}  // namespace

void register_onnx_attention(Registry& registry) { registry.add_import("Attention", 23, import); }

}  // namespace burnish::ops
