// Conversions of whole rows: the vectors give what the conversion of single numbers gives, for every kind of number.
#include "backends/cpu/simd/tile_steps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tensor/number.h"

namespace burnish::cpu {
namespace {

TEST(TileSteps, RoundsToBf16AsSingleNumbersDo) {
  std::mt19937 random(3);
  std::vector<float> x(4099);
  for (float& one : x) one = std::bit_cast<float>(static_cast<uint32_t>(random()));
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::bit_cast<float>(0x7f800001U);  // its payload is lost unless it is made quiet
  const std::vector<float> ties{0.0F, -0.0F, infinity, -infinity, nan, std::numeric_limits<float>::max(), 1.00390625F, 1.01171875F};
  std::copy(ties.begin(), ties.end(), x.begin());
  std::vector<uint16_t> stored(x.size(), 0xabcd);
  tile_store(DType::bf16)(x.data(), stored.data(), x.size());
  for (size_t i = 0; i < x.size(); ++i) ASSERT_EQ(stored[i], bf16_from_float(x[i])) << x[i];
}

TEST(TileSteps, ReadsEveryBf16) {
  std::vector<uint16_t> bits(65536);
  for (size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<uint16_t>(i);
  std::vector<float> read(bits.size() - 1);
  tile_load(DType::bf16)(bits.data() + 1, read.data(), read.size());
  for (size_t i = 0; i < read.size(); ++i)
    ASSERT_EQ(std::bit_cast<uint32_t>(read[i]), std::bit_cast<uint32_t>(float_from_bf16(bits[i + 1])));
}

}  // namespace
}  // namespace burnish::cpu
