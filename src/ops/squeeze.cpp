// Squeeze: see the header.
#include "ops/squeeze.h"

#include <algorithm>

#include "base/error.h"
#include "ops/axes.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

Shape without(const Shape& shape, const std::vector<bool>& dropped) {
  Shape left;
  for (size_t axis = 0; axis < shape.rank(); ++axis) {
    if (not dropped[axis]) {
      left.push_back(shape[axis]);
    } else if (shape[axis].constant().value_or(1) != 1) {
      fail("axis {} of shape {} cannot be squeezed: its size is not 1", axis, shape.text());
    }
  }
  return left;
}

/// Where some sizes are 1 and others open, those are meant; should an open one turn out to be 1, the rank is another and running says so.
std::vector<bool> axes_of_size_one(const Shape& shape) {
  std::vector<bool> ones;
  for (const Dim& dim : shape) ones.push_back(dim.constant() == 1);
  return ones;
}

bool has_axis_of_one(const Shape& shape) {
  return std::ranges::any_of(shape.axes(), [](const Dim& dim) { return dim.constant() == 1; });
}

void infer(const Squeeze&, InferContext& context) {
  context.expect_inputs(1, 2);
  const Shape& data = context.shape(0);
  if (context.has_input(1)) {
    expect_index_vector(context, 1, "the axes", true);
    const auto axes = context.integers(1);
    if (not axes) {
      const std::optional<size_t> count = known_length(context, 1);
      if (not count or *count > data.rank()) fail_unsupported("the axes to squeeze are not known, nor how many they are");
      context.output(0, context.dtype(0), unknown_shape(context, data.rank() - *count));
      return;
    }
    context.output(0, context.dtype(0), without(data, marked_axes(*axes, data.rank())));
  } else if (not data.is_static() and not has_axis_of_one(data)) {
    // Whether any size is 1 only the data tells.
    TensorType unranked;
    unranked.dtype = context.dtype(0);
    unranked.known = Known::nothing;
    return context.output(0, unranked);
  } else {
    context.output(0, context.dtype(0), without(data, axes_of_size_one(data)));
  }
  if (auto values = context.values(0)) context.set_values(0, std::move(*values));
}

void reference(const Squeeze&, EvalContext& context) {
  const Tensor& data = context.input(0);
  const Shape shape(data.dims());
  const std::vector<bool> dropped = context.has_input(1) ? marked_axes(context.input(1).integers(), data.rank()) : axes_of_size_one(shape);
  context.set_output(0, data.reshaped(without(shape, dropped).dims()));
}

Squeeze import(const ImportContext&) { return {}; }

void import_attribute(ImportContext& context) { context.set_output(0, context.add(Squeeze{}, inputs_with_ints(context, "axes", 1))); }

}  // namespace

void register_squeeze(Registry& registry) {
  registry.add<Squeeze>(
      {.name = "Squeeze",
       .infer = infer,
       .reference = reference,
       .onnx = {{.name = "Squeeze", .since = 1, .expand = import_attribute}, {.name = "Squeeze", .since = 13, .import = import}},
       .traits = Trait::view});
}

}  // namespace burnish::ops
