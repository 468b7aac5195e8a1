// MatMul: vectors, matrices, batches and their broadcasting, both operands swapped, constant and runtime weights, odd and thin sizes.
#include "ops/matmul.h"

#include "suite/suite.h"

namespace burnish::suite {

BURNISH_CASES(matmul) {
  struct Size {
    int64_t m, k, n;
  };
  for (const auto& [m, k, n] :
       {Size{1, 1, 1}, {1, 64, 16}, {5, 7, 3}, {16, 16, 16}, {33, 65, 17}, {128, 33, 64}, {1, 300, 100}, {64, 1, 64}, {4, 513, 2}})
    for (const bool a : {false, true})
      for (const bool b : {false, true}) {
        const Shape left = a ? Shape{k, m} : Shape{m, k};
        const Shape right = b ? Shape{n, k} : Shape{k, n};
        cases.add(ops::MatMul{a, b}, {input(f32, left), weights(f32, right)}).sums(k);
        cases.add(ops::MatMul{a, b}, {input(f32, left), input(f32, right)}).named("two runtime operands").sums(k);
      }
  for (const DType type : {f16, bf16, f64, i32}) {
    cases.add(ops::MatMul{}, {input(type, {9, 20}), weights(type, {20, 11})}).sums(20);
    cases.add(ops::MatMul{.transpose_b = true}, {input(type, {2, 3, 20}), input(type, {2, 5, 20})}).sums(20);
  }
  // Rows of whole 16-byte pieces: tiles that end within the matrices, sums long enough to be divided, and either order of the right operand.
  for (const DType type : {f16, bf16})
    for (const auto& [m, k, n] : {Size{1, 1024, 72}, {7, 520, 129}, {40, 264, 200}, {130, 136, 264}, {257, 72, 130}, {300, 64, 40}}) {
      cases.add(ops::MatMul{}, {input(type, {m, k}), weights(type, {k, n})}).sums(k);
      cases.add(ops::MatMul{.transpose_b = true}, {input(type, {m, k}), input(type, {n, k})}).sums(k);
      if (n % 8 == 0) cases.add(ops::MatMul{}, {input(type, {m, k}), input(type, {k, n})}).sums(k);
    }
  cases.add(ops::MatMul{}, {input(f16, {2, 3, 70, 64}), input(f16, {2, 3, 64, 136})}).named("batches of tiles").sums(64);
  cases.add(ops::MatMul{}, {input(f16, {2, 1, 70, 64}), input(f16, {3, 64, 24})}).named("batches of tiles that broadcast").sums(64);
  cases.add(ops::MatMul{.transpose_b = true}, {input(f16, {1, 5, 64}), weights(f16, {5, 33, 64})})
      .named("a constant for each batch")
      .sums(64);
  cases.add(ops::MatMul{}, {weights(f16, {24, 64}), input(f16, {2, 64, 48})}).named("a constant on the left").sums(64);
  cases.add(ops::MatMul{}, {input(f32, {2, 3, 4, 5}), input(f32, {2, 3, 5, 6})}).named("batches").sums(5);
  cases.add(ops::MatMul{.transpose_b = true}, {input(f32, {2, 12, 33, 16}), input(f32, {2, 12, 33, 16})})
      .named("attention scores")
      .sums(16);
  cases.add(ops::MatMul{}, {input(f32, {2, 3, 4, 5}), weights(f32, {5, 6})}).named("one matrix for all").sums(5);
  cases.add(ops::MatMul{}, {input(f32, {4, 5}), input(f32, {3, 5, 6})}).named("broadcast left").sums(5);
  cases.add(ops::MatMul{}, {input(f32, {2, 1, 4, 5}), input(f32, {1, 3, 5, 6})}).named("broadcast both").sums(5);
  cases.add(ops::MatMul{}, {input(f32, {5}), input(f32, {5})}).named("dot product").sums(5);
  cases.add(ops::MatMul{}, {input(f32, {5}), input(f32, {5, 3})}).named("a row").sums(5);
  cases.add(ops::MatMul{}, {input(f32, {2, 4, 5}), input(f32, {5})}).named("a column").sums(5);
  cases.add(ops::MatMul{}, {input(f32, {0, 5}), weights(f32, {5, 3})}).named("no rows");
  cases.add(ops::MatMul{}, {input(f32, {4, 0}), input(f32, {0, 3})}).named("empty sums are zero");
  cases.add(ops::MatMul{}, {input(f32, {4, 5}), input(f32, {6, 3})}).fails("");
  cases.add(ops::MatMul{}, {input(f32, {2, 4, 5}), input(f32, {3, 5, 6})}).fails("");
}

}  // namespace burnish::suite
