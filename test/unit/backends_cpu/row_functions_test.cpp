// What vector code over rows promises beyond what its kernels show: that quantizing rounds as a division would, ties included.
#include "backends/cpu/simd/row_functions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace burnish::cpu {
namespace {

uint8_t divided(float x, float scale, float zero_point) {
  const float whole = std::nearbyint(x / scale);
  return static_cast<uint8_t>(std::clamp((std::isnan(whole) ? 0 : whole) + zero_point, 0.0F, 255.0F));
}

TEST(RowFunctions, QuantizeAsADivisionDoes) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> exponent(-40, 38), place(-2, 258);
  for (int round = 0; round < 3000; ++round) {
    const float scale = std::pow(10.0F, exponent(random));
    if (scale == 0) continue;
    const float zero_point = std::floor(std::clamp(place(random), 0.0F, 255.0F));
    std::vector<float> x;
    for (int i = 0; i < 37; ++i) {
      const float middle = (std::floor(place(random)) + 0.5F - zero_point) * scale;
      for (const float one : {middle, std::nextafter(middle, 0.0F), std::nextafter(middle, INFINITY), place(random) * scale})
        x.push_back(one);
    }
    x.insert(x.end(), {0.0F, -0.0F, std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::quiet_NaN()});
    std::vector<uint8_t> bytes(x.size());
    row_functions().quantize(x.data(), bytes.data(), x.size(), scale, zero_point);
    for (size_t i = 0; i < x.size(); ++i) {
      if (not std::isfinite(x[i] / scale) and not std::isnan(x[i])) continue;
      ASSERT_EQ(bytes[i], divided(x[i], scale, zero_point)) << x[i] << " / " << scale;
    }
  }
}

TEST(RowFunctions, RangeHoldsZeroAndNoNan) {
  std::vector<float> x(77, 3.5F);
  x[5] = std::numeric_limits<float>::quiet_NaN();
  x[76] = std::numeric_limits<float>::quiet_NaN();
  x[40] = 9;
  Range range = row_functions().range(x.data(), x.size());
  EXPECT_EQ(range.low, 0);
  EXPECT_EQ(range.high, 9);
  x[75] = -2;
  range = row_functions().range(x.data(), x.size());
  EXPECT_EQ(range.low, -2);
  EXPECT_EQ(range.high, 9);
}

}  // namespace
}  // namespace burnish::cpu
