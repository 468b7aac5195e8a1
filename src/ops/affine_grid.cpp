// AffineGrid: see the header.
#include "ops/affine_grid.h"

#include "base/error.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

Shape grid_shape(const Shape& theta, const Shape& size) {
  if (size.rank() != 4 and size.rank() != 5) fail("the size has {} values; it must have 4 or 5", size.rank());
  const Dim axes = static_cast<int64_t>(size.rank() - 2);
  const Shape wanted{size[0], axes, axes + Dim(1)};
  bool fits = theta.rank() == 3;
  for (size_t i = 0; fits and i < 3; ++i) fits = not theta[i].is_constant() or not wanted[i].is_constant() or theta[i] == wanted[i];
  if (not fits) fail("theta has shape {}, expected {}", theta.text(), wanted.text());
  Shape shape{theta[0]};
  for (size_t i = 2; i < size.rank(); ++i) shape.push_back(size[i]);
  shape.push_back(axes);
  return shape;
}

void infer(const AffineGrid&, InferContext& context) {
  context.expect_inputs(2, 2);
  if (not is_floating(context.dtype(0))) fail("theta is {}; it must be floating", name_of(context.dtype(0)));
  context.output(0, context.dtype(0), grid_shape(context.shape(0), shape_from_values(context, 1, "the size")));
}

double coordinate(int64_t index, int64_t extent, bool align_corners) {
  const auto count = static_cast<double>(extent);
  const auto at = static_cast<double>(index);
  if (not align_corners) return (2 * at + 1) / count - 1;
  return extent == 1 ? -1 : 2 * at / (count - 1) - 1;
}

void reference(const AffineGrid& op, EvalContext& context) {
  const Tensor& theta = context.input(0);
  const Dims dims = grid_shape(Shape(theta.dims()), Shape(context.input(1).integers())).dims();
  const auto axes = static_cast<int64_t>(dims.size() - 2);
  const Dims spatial(dims.begin() + 1, dims.end() - 1);
  const int64_t points = element_count(spatial);
  const Numbers<double> map(theta);
  Tensor& out = context.allocate(0, theta.dtype(), dims);
  for (int64_t n = 0; n < dims[0]; ++n) {
    std::vector<int64_t> position(spatial.size(), 0);
    for (int64_t point = 0; point < points; ++point) {
      for (int64_t row = 0; row < axes; ++row) {
        const double* factors = map.data() + (n * axes + row) * (axes + 1);
        double value = factors[axes];
        for (int64_t i = 0; i < axes; ++i) {
          const auto axis = static_cast<size_t>(axes - 1 - i);
          value += factors[i] * coordinate(position[axis], spatial[axis], op.align_corners);
        }
        out.set_number((n * points + point) * axes + row, value);
      }
      next_index(spatial, position);
    }
  }
}

AffineGrid import(const ImportContext& context) { return {.align_corners = context.flag_or("align_corners", false)}; }

}  // namespace

void register_affine_grid(Registry& registry) {
  registry.add<AffineGrid>(
      {.name = "AffineGrid", .infer = infer, .reference = reference, .onnx = {{.name = "AffineGrid", .since = 20, .import = import}}});
}

}  // namespace burnish::ops
