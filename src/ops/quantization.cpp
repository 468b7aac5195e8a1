// Scales of quantized tensors: see the header.
#include "ops/quantization.h"

#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"

namespace burnish::ops {
namespace {

bool one_value(const Shape& scale) { return scale.rank() == 0 or (scale.rank() == 1 and scale[0] == Dim(1)); }

void check_blocks(const Shape& data, const Shape& scale, size_t axis, int64_t block_size) {
  if (scale.rank() != data.rank()) fail("a scale for blocks needs rank {}, but has shape {}", data.rank(), scale.text());
  for (size_t i = 0; i < data.rank(); ++i) {
    if (not data[i].is_constant() or not scale[i].is_constant()) continue;
    const int64_t wanted = i == axis ? data[i].value() / block_size + (data[i].value() % block_size == 0 ? 0 : 1) : data[i].value();
    if (scale[i].value() != wanted)
      fail("blocks of {} on axis {} of shape {} do not fit scales of shape {}", block_size, axis, data.text(), scale.text());
  }
}

}  // namespace

void check_quantization(const Shape& data, const Shape& scale, int64_t axis, int64_t block_size) {
  if (block_size < 0) fail("block_size is {}; it must not be negative", block_size);
  if (one_value(scale) and block_size == 0) return;
  const size_t normal = normalized_axis(axis, data.rank());
  if (block_size > 0) return check_blocks(data, scale, normal, block_size);
  if (scale.rank() != 1) fail("the scale has shape {}; it must be one value, or one for each index of axis {}", scale.text(), normal);
  if (scale[0].is_constant() and data[normal].is_constant() and scale[0] != data[normal])
    fail("there are {} scales for axis {} of shape {}", scale[0].text(), normal, data.text());
}

ScaleIndex::ScaleIndex(const Dims& data, const Dims& scale, int64_t axis, int64_t block_size) {
  if (one_value(Shape(scale)) and block_size == 0) return;
  const size_t normal = normalized_axis(axis, data.size());
  single_ = false;
  inner_ = extent_product(data, normal + 1, data.size());
  extent_ = data[normal];
  block_ = block_size;
  blocks_ = block_size > 0 ? scale[normal] : extent_;
}

}  // namespace burnish::ops
