// Vector code over one contiguous row of f32: sums, moments, maxima, normalization, softmax, quantization. The building blocks of normalization,
// reduction, attention and quantization kernels, chosen at run time for the best instruction set (Highway). Any alignment, any length from 0.
#pragma once

#include <cstddef>
#include <cstdint>

namespace burnish::cpu {

struct Moments {
  float mean = 0;
  float variance = 0;  // of the population, computed around the mean
};

struct Range {
  float low = 0;
  float high = 0;
};

struct RowFunctions {
  float (*sum)(const float* x, size_t count);
  float (*sum_of_squares)(const float* x, size_t count);
  float (*max)(const float* x, size_t count);  // -inf for none; NaN is not kept
  float (*min)(const float* x, size_t count);
  Moments (*moments)(const float* x, size_t count);
  /// out = (x - mean) * inverse * scale[i] + bias[i]; scale and bias may be nullptr.
  void (*normalize)(const float* x, float* out, size_t count, float mean, float inverse, const float* scale, const float* bias);
  /// out = x * a + b
  void (*affine)(const float* x, float* out, size_t count, float a, float b);
  /// out = exp(x * scale - shift), where that is at most exp(80); returns the sum.
  float (*exp_sum)(const float* x, float* out, size_t count, float scale, float shift);
  /// to += x ; to = max(to, x)
  void (*accumulate)(const float* x, float* to, size_t count);
  void (*accumulate_max)(const float* x, float* to, size_t count);
  void (*accumulate_min)(const float* x, float* to, size_t count);
  /// Of the row and 0; NaN counts for nothing.
  Range (*range)(const float* x, size_t count);
  /// out = x / scale, rounded to even, plus the zero point (whole), saturated; NaN becomes the zero point.
  void (*quantize)(const float* x, uint8_t* out, size_t count, float scale, float zero_point);
};

/// The functions for this machine.
const RowFunctions& row_functions();

}  // namespace burnish::cpu
