// BlockMatMul: every width of weight, blocks that divide the rows and blocks that do not, one row to many, with and without zero points.
#include "ops/block_matmul.h"

#include "suite/suite.h"

namespace burnish::suite {

BURNISH_CASES(block_matmul) {
  const auto add = [&](DType type, const Shape& x, int64_t outputs, int64_t block, bool zero_point) {
    const int64_t columns = x[x.rank() - 1].value(), blocks = (columns + block - 1) / block;
    const bool is_signed = type == i4 or type == i8;
    const double half = static_cast<double>(int64_t{1} << (bit_width(type) - 1));
    const double low = is_signed ? -half : 0, high = is_signed ? half - 1 : 2 * half - 1;
    std::vector<Input> inputs{input(f32, x).between(-2, 2), weights(type, {outputs, columns}).between(low, high),
                              weights(f32, {outputs, blocks}).between(0.125, 0.5)};
    if (zero_point) inputs.push_back(weights(type, {outputs, blocks}).between(low, high));
    cases.add(ops::BlockMatMul{.block_size = block}, inputs).sums(columns, 2 * half);
  };
  for (const DType type : {u2, i4, u4, i8, u8})
    for (const bool zero_point : {false, true}) {
      add(type, {1, 96}, 50, 32, zero_point);
      add(type, {3, 1, 400}, 33, 128, zero_point);
    }
  add(u4, {5, 77}, 19, 16, true);
  add(i4, {2, 3, 40}, 7, 256, true);
  add(u4, {64}, 16, 32, false);
  add(u8, {13, 33}, 5, 32, true);
}

}  // namespace burnish::suite
