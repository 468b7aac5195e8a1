// Transpose: see the header.
#include "ops/transpose.h"

#include <algorithm>

#include "base/error.h"
#include "ops/elements.h"
#include "ops/operator.h"

namespace burnish::ops {

std::vector<size_t> permutation(const Transpose& op, size_t rank) {
  std::vector<size_t> perm;
  if (op.perm.empty()) {
    for (size_t axis = rank; axis-- > 0;) perm.push_back(axis);
    return perm;
  }
  std::vector<bool> seen(rank, false);
  for (const int64_t axis : op.perm) {
    if (axis < 0 or axis >= static_cast<int64_t>(rank) or seen[static_cast<size_t>(axis)])
      fail("perm={} is no permutation of {} axes", print_field(op.perm), rank);
    seen[static_cast<size_t>(axis)] = true;
    perm.push_back(static_cast<size_t>(axis));
  }
  if (perm.size() != rank) fail("perm={} names {} axes, but the data has rank {}", print_field(op.perm), perm.size(), rank);
  return perm;
}

namespace {

/// The elements of a matrix, column by column.
DimValues swapped(const DimValues& values, const Shape& data) {
  const auto rows = static_cast<size_t>(data[0].value()), columns = static_cast<size_t>(data[1].value());
  DimValues made;
  for (size_t column = 0; column < columns; ++column)
    for (size_t row = 0; row < rows; ++row) made.push_back(values[row * columns + column]);
  return made;
}

void infer(const Transpose& op, InferContext& context) {
  context.expect_inputs(1, 1);
  const Shape& data = context.shape(0);
  Shape shape;
  const std::vector<size_t> order = permutation(op, data.rank());
  for (const size_t axis : order) shape.push_back(data[axis]);
  context.output(0, context.dtype(0), shape);
  const auto values = context.values(0);
  if (values and data.is_static()) context.set_values(0, order == std::vector<size_t>{1, 0} ? swapped(*values, data) : *values);
}

void reference(const Transpose& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const Dims strides = row_major_strides(data.dims());
  Dims dims;
  StridedView from;
  for (const size_t axis : permutation(op, data.rank())) {
    dims.push_back(data.dim(axis));
    from.strides.push_back(strides[axis]);
  }
  Tensor& out = context.allocate(0, data.dtype(), dims);
  copy_strided(out, {0, row_major_strides(dims)}, data, from, dims);
}

Transpose import(const ImportContext& context) { return {.perm = context.ints_or("perm", {})}; }

}  // namespace

void register_transpose(Registry& registry) {
  registry.add<Transpose>({.name = "Transpose",
                           .infer = infer,
                           .reference = reference,
                           .onnx = {{.name = "Transpose", .since = 1, .import = import}},
                           .traits = Trait::moves_data});
}

}  // namespace burnish::ops
