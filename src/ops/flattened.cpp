// The old, flattening form of Softmax: see the header.
#include "ops/flattened.h"

#include "base/error.h"
#include "ops/axes.h"
#include "ops/flatten.h"
#include "ops/pointwise_import.h"
#include "ops/reshape.h"
#include "ops/shape.h"

namespace burnish::ops {
namespace {

/// The only axis from `axis` on that is not 1, so that flattening changes nothing; nothing where there are more.
std::optional<size_t> lone_axis(const Shape& shape, size_t axis) {
  std::optional<size_t> lone;
  for (size_t i = axis; i < shape.rank(); ++i) {
    if (shape[i] == Dim(1)) continue;
    if (lone) return {};
    lone = i;
  }
  return lone.value_or(shape.rank() - 1);
}

}  // namespace

void import_flattened(ImportContext& context, const std::function<Op(int64_t axis)>& make) {
  const ValueId input = required_inputs(context, 1, 1).front();
  const Shape& shape = context.type(input).shape;
  if (shape.rank() == 0) fail("the input is a scalar; it needs an axis");
  const size_t axis = normalized_axis(context.int_or("axis", 1), shape.rank());
  if (const auto lone = lone_axis(shape, axis)) {
    context.set_output(0, context.add(make(static_cast<int64_t>(*lone)), {input}));
    return;
  }
  const ValueId matrix = context.add(Flatten{.axis = static_cast<int64_t>(axis)}, {input});
  const ValueId result = context.add(make(1), {matrix});
  context.set_output(0, context.add(Reshape{.allow_zero = true}, {result, context.add(ShapeOf{}, {input})}));
}

}  // namespace burnish::ops
