// Shapes and loops of matrix products: rank-1 operands are treated as matrices with one row or one column.
#include "ops/matmul_shape.h"

#include <algorithm>

#include "base/error.h"
#include "ops/matmul_loops.h"

namespace burnish::ops {
namespace {

struct Operand {
  Shape batch;
  Dim rows = 1;
  Dim columns = 1;
  bool vector = false;
};

Operand operand(const Shape& shape, bool swapped, bool left) {
  if (shape.rank() == 0) fail("a scalar cannot be multiplied as a matrix; Mul multiplies numbers");
  if (shape.rank() == 1) {
    if (left) return {.batch = {}, .rows = 1, .columns = shape[0], .vector = true};
    return {.batch = {}, .rows = shape[0], .columns = 1, .vector = true};
  }
  const size_t last = shape.rank() - 1;
  Operand result{.batch = shape.replaced(last - 1, 2, {}), .rows = shape[last - 1], .columns = shape[last], .vector = false};
  if (swapped) std::swap(result.rows, result.columns);
  return result;
}

void check_inner(const Operand& a, const Operand& b, const Shape& a_shape, const Shape& b_shape) {
  if (a.columns.is_constant() and b.rows.is_constant() and a.columns != b.rows)
    fail("matrices of shapes {} and {} do not fit: {} columns meet {} rows", a_shape.text(), b_shape.text(), a.columns.text(),
         b.rows.text());
}

MatrixOperand layout(const Operand& operand, bool swapped, std::span<const int64_t> batch) {
  const int64_t rows = operand.rows.value();
  const int64_t columns = operand.columns.value();
  MatrixOperand result{.batches = broadcast_indices(operand.batch.dims(), batch), .rows = columns, .columns = 1};
  if (swapped and not operand.vector) {
    result.rows = 1;
    result.columns = rows;
  }
  for (int64_t& offset : result.batches) offset *= rows * columns;
  return result;
}

}  // namespace

Shape matmul_output(const Shape& a_shape, const Shape& b_shape, bool transpose_a, bool transpose_b) {
  const Operand a = operand(a_shape, transpose_a, true);
  const Operand b = operand(b_shape, transpose_b, false);
  check_inner(a, b, a_shape, b_shape);
  Shape output = broadcast(a.batch, b.batch);
  if (not a.vector) output.push_back(a.rows);
  if (not b.vector) output.push_back(b.columns);
  return output;
}

bool few_rows(const Shape& result, int64_t limit) {
  if (result.rank() < 2 or not result.is_static()) return false;
  const Dims dims = result.dims();
  return element_count(std::span(dims).first(dims.size() - 1)) <= limit;
}

MatrixProduct matrix_product(std::span<const int64_t> a_dims, std::span<const int64_t> b_dims, bool transpose_a, bool transpose_b) {
  const Operand a = operand(Shape(a_dims), transpose_a, true);
  const Operand b = operand(Shape(b_dims), transpose_b, false);
  check_inner(a, b, Shape(a_dims), Shape(b_dims));
  const Dims batch = broadcast(a.batch, b.batch).dims();
  return {.m = a.rows.value(),
          .n = b.columns.value(),
          .k = a.columns.value(),
          .a = layout(a, transpose_a, batch),
          .b = layout(b, transpose_b, batch),
          .output = matmul_output(Shape(a_dims), Shape(b_dims), transpose_a, transpose_b).dims()};
}

}  // namespace burnish::ops
