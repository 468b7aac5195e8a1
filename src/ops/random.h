// Random numbers for Dropout, Bernoulli, RandomNormal and their kin: a Mersenne Twister, so that one seed gives one sequence everywhere.
// The standard prescribes no generator. This one draws as NumPy's RandomState does, which the standard's own reference uses.
#pragma once

#include <cstdint>
#include <optional>
#include <random>

namespace burnish::ops {

class RandomNumbers {
 public:
  /// Without a seed every generator is another.
  explicit RandomNumbers(std::optional<int64_t> seed);

  double uniform();  // in [0, 1)
  double normal();   // mean 0, deviation 1

 private:
  std::mt19937 generator_;
  std::optional<double> spare_;  // normal numbers come in pairs
};

/// Attributes hold the seed as a flag and a number, because a field has no form for nothing.
inline std::optional<int64_t> seed_of(bool seeded, int64_t seed) { return seeded ? std::optional(seed) : std::nullopt; }

/// ONNX's seeds are floats; any number is one.
int64_t seed_from_float(double seed);

}  // namespace burnish::ops
