// Kernels that scatter, sort, accumulate and make elements from positions: every form compiles.
#include "backends/cuda/kernels/positional.h"
#include "backends/cuda/kernels/scatter.h"
#include "backends/cuda/kernels/top_k.h"
#include "unit/backends_cuda/compiles.h"

namespace burnish::cuda {
namespace {

TEST(Selection, ScattersCompile) {
  BURNISH_NEEDS_NVRTC();
  using enum ops::ScatterReduction;
  for (const auto reduction : {none, mul, max}) {
    expect_compiles(scatter_elements_source(reduction, DType::f16, DType::i64, 3, true));
    expect_compiles(scatter_rows_source(reduction, DType::i32, DType::i32, 2, true));
  }
  expect_compiles(scatter_elements_source(none, DType::u16, DType::i64, 3, false));
  expect_compiles(scatter_rows_source(none, DType::u8, DType::i64, 2, false));
  expect_compiles(scatter_rows_source(add, DType::boolean, DType::i64, 1, true));
}

TEST(Selection, SortsCompile) {
  BURNISH_NEEDS_NVRTC();
  expect_compiles(top_k_source(SortForm::rounds, DType::f32, true, 2048));
  expect_compiles(top_k_source(SortForm::whole, DType::f64, false, 2048));
  for (const DType type : {DType::bf16, DType::i8, DType::u64}) expect_compiles(top_k_source(SortForm::one_piece, type, true, 64));
}

TEST(Selection, PositionalKernelsCompile) {
  BURNISH_NEEDS_NVRTC();
  for (const int word : {2, 8}) {
    expect_compiles(one_hot_source(word, word == 2 ? DType::f32 : DType::i64));
    expect_compiles(eye_source(word));
    expect_compiles(trilu_source(word));
    expect_compiles(max_unpool_source(word, DType::i64, 4));
  }
  for (const DType type : {DType::f32, DType::f16, DType::i64, DType::i16}) expect_compiles(range_source(type));
  for (const int word : {1, 16}) expect_compiles(reverse_sequence_source(word, DType::i64));
}

TEST(Selection, RunningValuesCompile) {
  BURNISH_NEEDS_NVRTC();
  for (const DType type : {DType::f32, DType::bf16, DType::u8})
    for (const bool by_blocks : {false, true}) {
      expect_compiles(cumulative_source({.storage = type, .by_blocks = by_blocks}));
      expect_compiles(cumulative_source({.storage = type, .product = true, .exclusive = true, .reverse = true, .by_blocks = by_blocks}));
    }
}

}  // namespace
}  // namespace burnish::cuda
