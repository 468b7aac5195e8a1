// Adding pointwise nodes while importing: see the header.
#include "ops/pointwise_import.h"

#include "base/error.h"
#include "ops/axes.h"
#include "ops/cast.h"
#include "ops/numbers.h"
#include "ops/pointwise.h"
#include "ops/unsqueeze.h"

namespace burnish::ops {
namespace {

DType result_type(ExprCode code, const std::vector<DType>& inputs) {
  if (info_of(code).boolean_result) return DType::boolean;
  return inputs[code == ExprCode::where ? 1 : 0];
}

void check_same(const std::vector<DType>& inputs, size_t first) {
  for (size_t i = first + 1; i < inputs.size(); ++i)
    if (inputs[i] != inputs[first])
      fail("input {} is {}, but input {} is {}: they must have one type", i, name_of(inputs[i]), first, name_of(inputs[first]));
}

bool is_logical(ExprCode code) {
  return code == ExprCode::logical_and or code == ExprCode::logical_or or code == ExprCode::logical_xor or code == ExprCode::logical_not;
}

}  // namespace

ValueId add_pointwise(ImportContext& context, ExprCode code, std::vector<ValueId> inputs, double a, double b) {
  std::vector<DType> types;
  for (const ValueId id : inputs) types.push_back(context.type(id).dtype);
  for (const DType type : types)
    if (type == DType::string or is_complex(type))
      fail_unsupported("{} is not computed on elements of type {}", info_of(code).name, name_of(type));
  check_same(types, code == ExprCode::where ? 1 : 0);
  if (is_logical(code) and types[0] != DType::boolean) fail("a logical operator needs boolean inputs, not {}", name_of(types[0]));
  const DType result = result_type(code, types);
  return context.add(pointwise(code, std::move(types), result, a, b), std::move(inputs));
}

ValueId add_pointwise(ImportContext& context, ExprCode code, ValueId input, double number) {
  return add_pointwise(context, code, {input, context.constant(scalar(context.type(input).dtype, number))});
}

ValueId cast_to(ImportContext& context, ValueId input, DType to) {
  const DType from = context.type(input).dtype;
  if (from == to) return input;
  for (const DType type : {from, to})
    if (type == DType::string or is_complex(type)) fail_unsupported("no conversion from {} to {}", name_of(from), name_of(to));
  return context.add(pointwise(ExprCode::cast, {from}, to), {input});
}

ValueId import_cast_to(ImportContext& context, ValueId input, DType to) {
  const DType from = context.type(input).dtype;
  if (from == to) return input;
  const bool wraps_or_saturates = to >= DType::f8e4m3fn and to <= DType::f8e8m0;
  const bool saturate = context.flag_or("saturate", true);
  const std::string rounding = context.string_or("round_mode", "up");
  const bool special = (wraps_or_saturates and not saturate) or to == DType::f8e8m0 or from == DType::string or to == DType::string;
  return special ? context.add(Cast{.to = to, .saturate = saturate, .rounding = cast_rounding(rounding)}, {input})
                 : cast_to(context, input, to);
}

std::vector<ValueId> required_inputs(const ImportContext& context, size_t least, size_t most) {
  if (context.input_count() < least or context.input_count() > most)
    fail("the operator takes {} to {} inputs, but has {}", least, most, context.input_count());
  for (size_t i = 0; i < least; ++i)
    if (not context.has_input(i)) fail("input {} is missing", i);
  return context.inputs();
}

ValueId with_trailing_axes(ImportContext& context, ValueId value, size_t count) {
  if (count == 0) return value;
  const auto rank = static_cast<int64_t>(context.type(value).shape.rank());
  std::vector<int64_t> axes;
  for (size_t i = 0; i < count; ++i) axes.push_back(rank + static_cast<int64_t>(i));
  return context.add(Unsqueeze{}, {value, context.constant_i64(std::move(axes))});
}

std::vector<ValueId> with_old_broadcast(ImportContext& context, std::vector<ValueId> inputs) {
  if (not context.flag_or("broadcast", false)) return inputs;
  const auto axis = context.find_int("axis");
  if (not axis) return inputs;
  const size_t rank = context.type(inputs[0]).shape.rank();
  const size_t own = context.type(inputs[1]).shape.rank();
  const size_t first = normalized_axis(*axis, std::max<size_t>(rank, 1));
  if (first + own > rank) fail("the second input's {} axes do not fit the first's {} from axis {} on", own, rank, first);
  inputs[1] = with_trailing_axes(context, inputs[1], rank - first - own);
  return inputs;
}

}  // namespace burnish::ops
