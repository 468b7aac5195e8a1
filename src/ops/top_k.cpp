// TopK: see the header.
#include "ops/top_k.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"
#include "ops/ordering.h"

namespace burnish::ops {
namespace {

void check_k(const Dim& k, const Dim& extent, size_t axis) {
  if (not k.is_constant()) return;
  if (k.value() < 0) fail("k is {}, but must not be negative", k.value());
  if (extent.is_constant() and k.value() > extent.value()) fail("k is {}, but axis {} has size {}", k.value(), axis, extent.value());
}

void infer(const TopK& op, InferContext& context) {
  context.expect_inputs(2, 2);
  expect_index_type(context, 1, "k");
  expect_one_element(context, 1, "k");
  const DType dtype = context.dtype(0);
  if (not is_floating(dtype) and not is_integer(dtype)) fail("TopK orders numbers, not {}", name_of(dtype));
  Shape shape = context.shape(0);
  const size_t axis = context.axis(op.axis, shape.rank());
  const auto k = context.values(1);
  const Dim count = k and k->size() == 1 ? k->front() : context.unknown_dim();
  check_k(count, shape[axis], axis);
  shape[axis] = count;
  context.output(0, dtype, shape);
  if (context.output_count() > 1) context.output(1, DType::i64, shape);
}

void reference(const TopK& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const size_t axis = normalized_axis(op.axis, data.rank());
  const int64_t k = single_integer(context.input(1), "k");
  const int64_t extent = data.dim(axis);
  check_k(k, extent, axis);
  Dims dims = data.dims();
  dims[axis] = k;
  Tensor& values = context.allocate(0, data.dtype(), dims);
  Tensor places(DType::i64, dims);
  const int64_t blocks = extent_product(dims, 0, axis);
  const int64_t inner = extent_product(dims, axis + 1, dims.size());
  std::vector<int64_t> order(static_cast<size_t>(extent));
  for (int64_t row = 0; row < blocks * inner; ++row) {
    const int64_t from = row / inner * extent * inner + row % inner;
    const int64_t to = row / inner * k * inner + row % inner;
    std::iota(order.begin(), order.end(), int64_t{0});
    std::partial_sort(order.begin(), order.begin() + k, order.end(), [&](int64_t a, int64_t b) {
      const int sign = compare_elements(data, from + a * inner, from + b * inner);
      return sign == 0 ? a < b : op.largest ? sign > 0 : sign < 0;
    });
    for (int64_t i = 0; i < k; ++i) {
      const int64_t place = order[static_cast<size_t>(i)];
      copy_run(values, to + i * inner, data, from + place * inner, 1);
      places.set_integer(to + i * inner, place);
    }
  }
  if (context.output_count() > 1) context.set_output(1, std::move(places));
}

TopK import(const ImportContext& context) {
  return {.axis = context.int_or("axis", -1), .largest = context.flag_or("largest", true), .sorted = context.flag_or("sorted", true)};
}

void import_attribute(ImportContext& context) {
  const auto made =
      context.add(import(context), {context.input(0), context.constant_i64({context.require_int("k")})}, context.output_count());
  for (size_t i = 0; i < made.size(); ++i) context.set_output(i, made[i]);
}

}  // namespace

void register_top_k(Registry& registry) {
  registry.add<TopK>({.name = "TopK",
                      .infer = infer,
                      .reference = reference,
                      .onnx = {{.name = "TopK", .since = 1, .expand = import_attribute}, {.name = "TopK", .since = 10, .import = import}}});
}

}  // namespace burnish::ops
