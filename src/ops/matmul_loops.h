// The loops of a matrix product over plain arrays, for reference evaluation: MatMul and its integer and quantized forms.
// Batch axes broadcast; operands are read through strides, so that a swapped operand costs no copy.
#pragma once

#include <vector>

#include "base/parallel.h"
#include "ops/numbers.h"

namespace burnish::ops {

/// How one operand is laid out: element (i, j) of matrix `batch` is at batches[batch] + i * rows + j * columns.
struct MatrixOperand {
  std::vector<int64_t> batches;
  int64_t rows = 0;
  int64_t columns = 0;
};

struct MatrixProduct {
  int64_t m = 0;
  int64_t n = 0;
  int64_t k = 0;
  MatrixOperand a;
  MatrixOperand b;
  Dims output;
};

/// Validates the shapes (NumPy's rules, rank 1 included) and lays out the loops.
MatrixProduct matrix_product(std::span<const int64_t> a, std::span<const int64_t> b, bool transpose_a, bool transpose_b);

/// finish(sum, row, column) makes an output element of each sum.
template <class T, class Out, class Finish>
void multiply(const MatrixProduct& product, const T* a, const T* b, Out* y, const Finish& finish) {
  using Sum = Accumulator<T>;
  const auto batches = static_cast<int64_t>(product.a.batches.size());
  parallel_for(batches * product.m, grain_for(product.n * product.k), [&](int64_t begin, int64_t end) {
    std::vector<Sum> row(static_cast<size_t>(product.n));
    for (int64_t line = begin; line < end; ++line) {
      const auto batch = static_cast<size_t>(line / product.m);
      const T* left = a + product.a.batches[batch] + line % product.m * product.a.rows;
      const T* right = b + product.b.batches[batch];
      std::fill(row.begin(), row.end(), Sum{});
      for (int64_t k = 0; k < product.k; ++k) {
        const auto factor = static_cast<Sum>(left[k * product.a.columns]);
        const T* from = right + k * product.b.rows;
        for (int64_t n = 0; n < product.n; ++n) row[static_cast<size_t>(n)] += factor * static_cast<Sum>(from[n * product.b.columns]);
      }
      Out* to = y + line * product.n;
      for (int64_t n = 0; n < product.n; ++n) to[n] = finish(row[static_cast<size_t>(n)], line % product.m, n);
    }
  });
}

}  // namespace burnish::ops
