// Det: see the header. Gaussian elimination with the largest pivot.
#include "ops/det.h"

#include <cmath>

#include "base/error.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

Shape batch_of(const Shape& shape) {
  const size_t rank = shape.rank();
  if (rank < 2 or (shape[rank - 1].is_constant() and shape[rank - 2].is_constant() and shape[rank - 1] != shape[rank - 2]))
    fail("the input has shape {}; it must hold square matrices", shape.text());
  return shape.replaced(rank - 2, 2, {});
}

void infer(const Det&, InferContext& context) {
  context.expect_inputs(1, 1);
  if (not is_floating(context.dtype(0))) fail("Det computes floating types, not {}", name_of(context.dtype(0)));
  context.output(0, context.dtype(0), batch_of(context.shape(0)));
}

double determinant(std::vector<double> a, size_t n) {
  double product = 1;
  for (size_t k = 0; k < n; ++k) {
    size_t pivot = k;
    for (size_t i = k + 1; i < n; ++i)
      if (std::fabs(a[i * n + k]) > std::fabs(a[pivot * n + k])) pivot = i;
    if (a[pivot * n + k] == 0) return 0;
    if (pivot != k) {
      for (size_t j = 0; j < n; ++j) std::swap(a[k * n + j], a[pivot * n + j]);
      product = -product;
    }
    product *= a[k * n + k];
    for (size_t i = k + 1; i < n; ++i) {
      const double factor = a[i * n + k] / a[k * n + k];
      for (size_t j = k; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
    }
  }
  return product;
}

void reference(const Det&, EvalContext& context) {
  const Tensor& input = context.input(0);
  Tensor& out = context.allocate(0, input.dtype(), batch_of(Shape(input.dims())).dims());
  const int64_t n = input.dim(input.rank() - 1);
  const Numbers<double> x(input);
  for (int64_t i = 0; i < out.size(); ++i)
    out.set_number(i, determinant(std::vector<double>(x.data() + i * n * n, x.data() + (i + 1) * n * n), static_cast<size_t>(n)));
}

Det import(const ImportContext&) { return {}; }

}  // namespace

void register_det(Registry& registry) {
  registry.add<Det>({.name = "Det", .infer = infer, .reference = reference, .onnx = {{.name = "Det", .since = 11, .import = import}}});
}

}  // namespace burnish::ops
