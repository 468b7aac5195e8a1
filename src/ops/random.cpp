// Random numbers: see the header.
#include "ops/random.h"

#include <cmath>

namespace burnish::ops {

RandomNumbers::RandomNumbers(std::optional<int64_t> seed)
    : generator_(seed ? static_cast<uint32_t>(*seed) : static_cast<uint32_t>(std::random_device{}())) {}

double RandomNumbers::uniform() {
  // 53 bits of two draws.
  const auto high = static_cast<double>(generator_() >> 5U);
  const auto low = static_cast<double>(generator_() >> 6U);
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

double RandomNumbers::normal() {
  if (spare_) {
    const double number = *spare_;
    spare_.reset();
    return number;
  }
  double x = 0;
  double y = 0;
  double square = 0;
  while (square == 0 or square >= 1) {
    x = 2 * uniform() - 1;
    y = 2 * uniform() - 1;
    square = x * x + y * y;
  }
  const double factor = std::sqrt(-2 * std::log(square) / square);
  spare_ = factor * x;
  return factor * y;
}

int64_t seed_from_float(double seed) {
  constexpr double limit = 9e15;
  return std::abs(seed) < limit ? static_cast<int64_t>(seed) : 0;
}

}  // namespace burnish::ops
