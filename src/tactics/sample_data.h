// Reproducible finite data of every element type: what requests are timed on, and what stands in for the constants of a parsed request.
// It never produces NaN, infinities or values that overflow soon; it promises nothing about their distribution.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "burnish/tensor.h"

namespace burnish::tactics {

/// What integers may be: numbers of small magnitude (never 0, so that division is harmless), or zeros, which are valid as indices, axes
/// and starts.
enum class SampleIntegers { numbers, zeros };

/// Fills whole elements; floating types with numbers in [-1, 1].
void fill_sample(DType dtype, std::span<std::byte> bytes, uint64_t seed, SampleIntegers integers);

Tensor sample_tensor(DType dtype, Dims dims, uint64_t seed, SampleIntegers integers);

}  // namespace burnish::tactics
