// Adding pointwise nodes while importing: one step over some values, casts, and ONNX's old broadcasting.
// Called by the importers of elementwise operators and by those that compose other operators from them.
#pragma once

#include "ir/expr.h"
#include "ops/import.h"

namespace burnish::ops {

/// A Pointwise of one step; the result has the type of the first operand that is no condition, or is boolean where the code says so.
/// Error where the operands' types differ.
ValueId add_pointwise(ImportContext& context, ExprCode code, std::vector<ValueId> inputs, double a = 0, double b = 0);

/// With a number as the second operand, as a constant of the first one's type.
ValueId add_pointwise(ImportContext& context, ExprCode code, ValueId input, double number);

/// A cast between real types; the value itself where it has the type.
ValueId cast_to(ImportContext& context, ValueId input, DType to);

/// ONNX Cast with its attributes: strings, and float8 without saturation, go to operators of their own.
ValueId import_cast_to(ImportContext& context, ValueId input, DType to);

/// All inputs; Error where there are too few, too many, or one is omitted that the operator needs.
std::vector<ValueId> required_inputs(const ImportContext& context, size_t least, size_t most);

/// Opsets before 7: `broadcast=1` with `axis` aligns the second input's axes with those of the first from `axis` on.
std::vector<ValueId> with_old_broadcast(ImportContext& context, std::vector<ValueId> inputs);

/// The value with `count` axes of size 1 appended.
ValueId with_trailing_axes(ImportContext& context, ValueId value, size_t count);

}  // namespace burnish::ops
