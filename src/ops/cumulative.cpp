// Running sums and products: see the header.
#include "ops/cumulative.h"

#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/inference.h"

namespace burnish::ops {
namespace {

template <class T, class Read, class Write>
void run(Accumulation kind, bool exclusive, int64_t count, const Read& read, const Write& write) {
  T total = kind == Accumulation::sum ? 0 : 1;
  for (int64_t i = 0; i < count; ++i) {
    const T next = kind == Accumulation::sum ? total + static_cast<T>(read(i)) : total * static_cast<T>(read(i));
    write(i, exclusive ? total : next);
    total = next;
  }
}

}  // namespace

void infer_cumulative(InferContext& context) {
  context.expect_inputs(2, 2);
  const DType dtype = context.dtype(0);
  if (not is_floating(dtype) and not is_integer(dtype)) fail("only numbers can be accumulated, not {}", name_of(dtype));
  expect_index_type(context, 1, "the axis");
  expect_one_element(context, 1, "the axis");
  if (const auto axis = context.integers(1); axis and axis->size() == 1) context.axis(axis->front(), context.shape(0).rank());
  context.output(0, dtype, context.shape(0));
}

void evaluate_cumulative(Accumulation kind, bool exclusive, bool reverse, EvalContext& context) {
  const Tensor& data = context.input(0);
  const size_t axis = normalized_axis(single_integer(context.input(1), "the axis"), data.rank());
  const int64_t extent = data.dim(axis);
  const int64_t inner = extent_product(data.dims(), axis + 1, data.rank());
  const int64_t rows = extent_product(data.dims(), 0, axis) * inner;
  Tensor& out = context.allocate(0, data.dtype(), data.dims());
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t first = row / inner * extent * inner + row % inner;
    const auto place = [&](int64_t i) { return first + (reverse ? extent - 1 - i : i) * inner; };
    if (is_floating(data.dtype())) {
      run<double>(
          kind, exclusive, extent, [&](int64_t i) { return data.number(place(i)); },
          [&](int64_t i, double value) { out.set_number(place(i), value); });
    } else {
      run<uint64_t>(
          kind, exclusive, extent, [&](int64_t i) { return data.integer(place(i)); },
          [&](int64_t i, uint64_t value) { out.set_integer(place(i), static_cast<int64_t>(value)); });
    }
  }
}

}  // namespace burnish::ops
