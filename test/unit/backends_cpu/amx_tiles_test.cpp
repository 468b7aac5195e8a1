// Products in tiles against products of the same numbers one by one, for extents that end within tiles and operands stored either way.
#include "backends/cpu/amx/tiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tensor/number.h"

namespace burnish::cpu::amx {
namespace {

struct Matrix {
  int64_t rows, columns, row_stride, column_stride;
  std::vector<uint16_t> elements;

  Matrix(int64_t r, int64_t c, bool transposed, std::mt19937& random)
      : rows(r), columns(c), row_stride(transposed ? 1 : c), column_stride(transposed ? r : 1), elements(static_cast<size_t>(r * c)) {
    std::uniform_real_distribution<float> number(-1, 1);
    for (uint16_t& one : elements) one = bf16_from_float(number(random));
  }
  float at(int64_t row, int64_t column) const {
    return float_from_bf16(elements[static_cast<size_t>(row * row_stride + column * column_stride)]);
  }
};

void expect_product(int64_t depth, int64_t columns, bool transposed, int64_t tiles) {
  SCOPED_TRACE(testing::Message() << depth << " deep, " << columns << " columns, transposed " << transposed << ", " << tiles
                                  << " tiles deep");
  std::mt19937 random(static_cast<uint32_t>(depth * 1000 + columns));
  const Matrix right(depth, columns, transposed, random);
  const Matrix left(block_rows, padded(depth, tile_depth), false, random);
  const PackedRight shape{depth, columns};
  std::vector<uint16_t> packed(static_cast<size_t>(shape.elements()), 0x7fc0);  // NaN, so that padding shows
  pack(shape, right.elements.data(), right.row_stride, right.column_stride, packed.data());
  const int64_t stride = shape.panels() * panel_columns;
  std::vector<float> result(static_cast<size_t>(block_rows * stride));
  {
    const TileScope scope;
    multiply({left.elements.data(), left.row_stride}, shape, packed.data(), shape.panels(), tiles, {result.data(), stride});
  }
  for (int64_t row = 0; row < block_rows; ++row)
    for (int64_t column = 0; column < stride; ++column) {
      double sum = 0;
      for (int64_t k = 0; k < std::min(depth, tiles * tile_depth) and column < columns; ++k)
        sum += static_cast<double>(left.at(row, k)) * right.at(k, column);
      ASSERT_NEAR(result[static_cast<size_t>(row * stride + column)], sum, 1e-5 * static_cast<double>(depth)) << row << ", " << column;
    }
}

TEST(AmxTiles, MultiplyAsNumbersDo) {
  if (not has_tiles()) GTEST_SKIP() << "this processor has no tiles for bf16";
  for (const bool transposed : {false, true}) {
    expect_product(32, 32, transposed, 1);
    expect_product(64, 96, transposed, 2);
    expect_product(40, 17, transposed, 2);
    expect_product(197, 64, transposed, 7);
    expect_product(197, 64, transposed, 3);
    expect_product(1, 1, transposed, 1);
  }
}

}  // namespace
}  // namespace burnish::cpu::amx
