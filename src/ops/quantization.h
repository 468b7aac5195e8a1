// Which scale an element of a quantized tensor has: one for all, one for each index of an axis, or one for each block along it.
// Called by inference and reference evaluation of QuantizeLinear and DequantizeLinear.
#pragma once

#include "burnish/tensor.h"
#include "tensor/shape.h"

namespace burnish::ops {

/// Error unless scale and zero point have a shape that fits data, axis and block size.
void check_quantization(const Shape& data, const Shape& scale, int64_t axis, int64_t block_size);

/// The index of the scale of each element, for static dims that passed the check.
class ScaleIndex {
 public:
  ScaleIndex(const Dims& data, const Dims& scale, int64_t axis, int64_t block_size);
  int64_t of(int64_t element) const {
    if (single_) return 0;
    const int64_t along = element / inner_ % extent_;
    if (block_ == 0) return along;
    return (element / (inner_ * extent_) * blocks_ + along / block_) * inner_ + element % inner_;
  }

 private:
  bool single_ = true;
  int64_t inner_ = 1;
  int64_t extent_ = 1;
  int64_t block_ = 0;
  int64_t blocks_ = 1;
};

}  // namespace burnish::ops
