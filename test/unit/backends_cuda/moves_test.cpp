// Kernels that move elements: strided copies through tiles, copies by tables, concatenation, and picking by indices.
#include "backends/cuda/kernels/moves.h"
#include "backends/cuda/kernels/gather_sources.h"
#include "backends/cuda/kernels/join.h"
#include "backends/cuda/kernels/loops.h"
#include "backends/cuda/kernels/mapped_copy.h"
#include "backends/cuda/kernels/resize.h"
#include "unit/backends_cuda/compiles.h"

namespace burnish::cuda {
namespace {

TEST(Loops, MergeNeighboursThatAllTensorsStepThroughAlike) {
  const Dims domain{2, 3, 1, 4}, dense{12, 4, 4, 1}, columns{12, 4, 0, 1}, turned{1, 2, 0, 6};
  const std::array<std::span<const int64_t>, 2> alike{dense, columns};
  const Loops one = merged_loops(domain, alike);
  EXPECT_EQ(one.extents, (std::vector<int64_t>{24}));
  const std::array<std::span<const int64_t>, 2> apart{dense, turned};
  const Loops three = merged_loops(domain, apart);
  EXPECT_EQ(three.extents, (std::vector<int64_t>{2, 3, 4}));
  EXPECT_EQ(three.strides[1], (std::vector<int64_t>{1, 2, 6}));
  const Dims single{1, 1}, nothing{0, 0};
  const std::array<std::span<const int64_t>, 1> scalar{nothing};
  EXPECT_EQ(merged_loops(single, scalar).extents, (std::vector<int64_t>{1}));
}

TEST(Moves, TilesCompile) {
  BURNISH_NEEDS_NVRTC();
  expect_compiles(tile_source({}));
  expect_compiles(tile_source({.from = DType::u8, .to = DType::u8, .rows = 16, .columns = 256, .read = 16, .write = 16, .rank = 3}));
  expect_compiles(tile_source({.from = DType::f32, .to = DType::f16, .rows = 64, .columns = 64, .read = 4, .write = 8, .rank = 2}));
  expect_compiles(tile_source({.from = DType::bf16, .to = DType::f32, .rows = 128, .columns = 32, .read = 1, .write = 4, .rank = 1}));
  expect_compiles(tile_source({.from = DType::u64, .to = DType::u64, .rows = 32, .columns = 32, .read = 2, .write = 2, .rank = 1}));
}

TEST(Moves, MappedCopiesCompile) {
  BURNISH_NEEDS_NVRTC();
  expect_compiles(mapped_source({.word = 4, .rank = 4, .tabled = 0b1100, .run = 4, .contiguous = false}));
  expect_compiles(mapped_source({.word = 2, .rank = 3, .tabled = 0b011, .run = 8, .contiguous = true}));
  expect_compiles(mapped_source({.word = 8, .rank = 1, .tabled = 1, .run = 1, .contiguous = false}));
  expect_compiles(mapped_source({.word = 1, .rank = 2, .tabled = 0, .run = 4, .contiguous = false}));
}

TEST(Moves, JoinsCompile) {
  BURNISH_NEEDS_NVRTC();
  for (const int word : {1, 2, 4, 8, 16}) {
    expect_compiles(join_source(true, word, 2, 4));
    expect_compiles(join_source(false, word, 64));
  }
}

TEST(Moves, GathersCompile) {
  BURNISH_NEEDS_NVRTC();
  for (const DType index : {DType::i32, DType::i64}) {
    expect_compiles(gather_source(16, index));
    expect_compiles(gather_source(1, index));
    expect_compiles(gather_rows_source(4, index, 3));
    expect_compiles(gather_elements_source(2, index, 4));
  }
}

TEST(Moves, ResizesCompile) {
  BURNISH_NEEDS_NVRTC();
  expect_compiles(resize_source({.storage = DType::f16, .rank = 4, .tapped = 0b0110, .taps = {2, 2, 1}, .run = 8}));
  expect_compiles(resize_source({.storage = DType::f32, .rank = 3, .tapped = 0b110, .taps = {4, 4, 1}, .run = 1}));
  expect_compiles(resize_source({.storage = DType::bf16, .rank = 4, .tapped = 0b1110, .taps = {12, 12, 3}, .run = 1}));
  expect_compiles(resize_source({.storage = DType::f32, .rank = 1, .tapped = 1, .taps = {64, 1, 1}, .run = 1}));
}

TEST(Moves, BitsHaveTheWidthOfTheType) {
  EXPECT_EQ(bits_of(DType::f16), DType::u16);
  EXPECT_EQ(bits_of(DType::boolean), DType::u8);
  EXPECT_EQ(bits_of(DType::f64), DType::u64);
  EXPECT_EQ(bits_of(DType::string), std::nullopt);
}

}  // namespace
}  // namespace burnish::cuda
