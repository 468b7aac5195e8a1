// Attention as ONNX Runtime writes it: com.microsoft Attention (one product for queries, keys and values, then attention) and
// MultiHeadAttention (queries, keys and values apart, with one bias for all). Both become ONNX Attention.
#include "base/error.h"
#include "ops/concat.h"
#include "ops/contrib/delegate.h"
#include "ops/gather.h"
#include "ops/matmul.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"
#include "ops/split.h"
#include "ops/unsqueeze.h"

namespace burnish::ops {
namespace {

struct Operands {
  std::vector<ValueId> qkv;
  ValueId mask;  // of padding: [B] lengths, or [B,T] or [B,S,T] with 0 for what is hidden
  ValueId bias;  // added to the scores
  ValueId past_key;
  ValueId past_value;
};

/// [B,T] or [B,S,T] of 0 and 1 as what is added to the scores, with an axis for the heads.
ValueId additive(ImportContext& context, ValueId mask, DType dtype) {
  const size_t rank = context.type(mask).shape.rank();
  const ValueId hidden = add_pointwise(context, ExprCode::sub, {context.constant(scalar(dtype, 1)), cast_to(context, mask, dtype)});
  const ValueId added = add_pointwise(context, ExprCode::mul, hidden, context.float_or("mask_filter_value", -10000));
  return context.add(Unsqueeze{}, {added, rank == 2 ? context.constant_i64({1, 2}) : context.constant_i64({1})});
}

/// Sets output 0 and returns present keys and values.
std::vector<ValueId> attend(ImportContext& context, const Operands& operands) {
  const DType dtype = context.type(operands.qkv[0]).dtype;
  ValueId bias = operands.bias;
  ValueId lengths;
  if (operands.mask.valid()) {
    const Shape& shape = context.type(operands.mask).shape;
    if (shape.rank() < 1 or shape.rank() > 3) fail_unsupported("a mask of shape {}", shape.text());
    const Dim& batch = context.type(operands.qkv[0]).shape[0];
    if (shape.rank() == 1) {
      if (shape[0].is_constant() and batch.is_constant() and shape[0] != batch) fail_unsupported("a mask of shape {}", shape.text());
      lengths = cast_to(context, operands.mask, DType::i64);
    } else {
      const ValueId added = additive(context, operands.mask, dtype);
      bias = bias.valid() ? add_pointwise(context, ExprCode::add, {bias, added}) : added;
    }
  }
  const int64_t heads = context.require_int("num_heads");
  const auto made = as_onnx(context, "Attention", 24,
                            {operands.qkv[0], operands.qkv[1], operands.qkv[2], bias, operands.past_key, operands.past_value, lengths}, 3,
                            {{"q_num_heads", heads}, {"kv_num_heads", heads}, {"is_causal", context.int_or("unidirectional", 0)}});
  context.set_output(0, made[0]);
  return {made[1], made[2]};
}

/// The widths of queries, keys and values in the last axis.
std::vector<int64_t> widths(const ImportContext& context, const Dim& all) {
  if (const auto given = context.find_ints("qkv_hidden_sizes"); given and not given->empty()) return *given;
  if (not all.is_constant() or all.value() % 3 != 0) fail("{} features do not divide into queries, keys and values", all.text());
  return {all.value() / 3, all.value() / 3, all.value() / 3};
}

std::vector<ValueId> parts(ImportContext& context, ValueId value, const std::vector<int64_t>& sizes) {
  if (sizes.size() != 3) fail("qkv_hidden_sizes has {} entries; it must have 3", sizes.size());
  return context.add(Split{.axis = -1}, {value, context.constant_i64(sizes)}, 3, {});
}

void import_attention(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 2, 7);
  if (context.has_input(6) or context.flag_or("past_present_share_buffer", false))
    fail_unsupported("Attention whose past and present share memory");
  if (context.flag_or("do_rotary", false)) fail_unsupported("Attention with rotary positions");
  for (size_t i = 0; i < 2; ++i)
    if (context.type(inputs[i]).shape.rank() != (i == 0 ? 3U : 2U))
      fail("input {} has shape {}; its rank must be {}", i, context.type(inputs[i]).shape.text(), i == 0 ? 3 : 2);
  ValueId projected = context.add(MatMul{}, {inputs[0], inputs[1]});
  if (context.has_input(2)) projected = add_pointwise(context, ExprCode::add, {projected, inputs[2]});
  Operands operands;
  operands.qkv = parts(context, projected, widths(context, context.type(inputs[1]).shape[1]));
  operands.mask = input_or_none(context, 3);
  operands.bias = input_or_none(context, 5);
  if (context.has_input(4)) {
    const auto half = [&](int64_t index) { return context.add(Gather{}, {inputs[4], context.constant(Tensor::of<int64_t>({}, {index}))}); };
    operands.past_key = half(0);
    operands.past_value = half(1);
  }
  const std::vector<ValueId> present = attend(context, operands);
  if (not context.wants_output(1)) return;
  std::vector<ValueId> halves;
  for (const ValueId one : present) halves.push_back(context.add(Unsqueeze{}, {one, context.constant_i64({0})}));
  context.set_output(1, context.add(Concat{.axis = 0}, std::move(halves)));
}

void import_multi_head(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 1, 8);
  if (not context.has_input(1) or not context.has_input(2) or context.type(inputs[0]).shape.rank() != 3)
    fail_unsupported("MultiHeadAttention with packed queries, keys and values");
  Operands operands;
  operands.qkv = {inputs[0], inputs[1], inputs[2]};
  if (context.has_input(3)) {
    std::vector<int64_t> sizes;
    for (const ValueId one : operands.qkv) {
      const Shape& shape = context.type(one).shape;
      if (shape.rank() != 3 or not shape[2].is_constant()) fail_unsupported("a bias with keys of shape {}", shape.text());
      sizes.push_back(shape[2].value());
    }
    const std::vector<ValueId> biases = parts(context, inputs[3], sizes);
    for (size_t i = 0; i < 3; ++i) operands.qkv[i] = add_pointwise(context, ExprCode::add, {operands.qkv[i], biases[i]});
  }
  operands.mask = input_or_none(context, 4);
  operands.bias = input_or_none(context, 5);
  operands.past_key = input_or_none(context, 6);
  operands.past_value = input_or_none(context, 7);
  const std::vector<ValueId> present = attend(context, operands);
  for (size_t i = 0; i < 2; ++i)
    if (context.wants_output(1 + i)) context.set_output(1 + i, present[i]);
}

}  // namespace

void register_contrib_attention(Registry& registry) {
  registry.add_import("Attention", 1, import_attention, microsoft);
  registry.add_import("MultiHeadAttention", 1, import_multi_head, microsoft);
}

}  // namespace burnish::ops
