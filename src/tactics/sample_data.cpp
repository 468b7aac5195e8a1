// A short pseudo-random period is converted to the element type once and then repeated, so that filling runs at memory speed.
#include "tactics/sample_data.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "tensor/number.h"

namespace burnish::tactics {
namespace {

constexpr size_t period = 4093;  // prime: rows of a matrix do not repeat one another

// splitmix64.
uint64_t next(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

void store_sample(DType dtype, std::byte* data, uint64_t random, SampleIntegers integers) {
  const double unit = static_cast<double>(random >> 11U) * 0x1p-53;
  if (is_floating(dtype)) return store_number(dtype, data, dtype == DType::f8e8m0 ? 1.0 : 2 * unit - 1);
  if (dtype == DType::c64 or dtype == DType::c128) {
    const DType part = dtype == DType::c64 ? DType::f32 : DType::f64;
    store_number(part, data, 2 * unit - 1);
    return store_number(part, data + byte_size(part), 1 - unit);
  }
  if (dtype == DType::boolean) return store_integer(dtype, data, static_cast<int64_t>(random & 1U));
  if (integers == SampleIntegers::zeros) return store_integer(dtype, data, 0);
  store_integer(dtype, data, bit_width(dtype) <= 2 ? 1 : 1 + static_cast<int64_t>(random % 7U));
}

}  // namespace

void fill_sample(DType dtype, std::span<std::byte> bytes, uint64_t seed, SampleIntegers integers) {
  const size_t element = byte_size(dtype);
  BURNISH_CHECK(element > 0 and bytes.size() % element == 0, "no sample data of {}", name_of(dtype));
  const size_t first = std::min(period * element, bytes.size());
  uint64_t state = seed;
  for (size_t at = 0; at < first; at += element) store_sample(dtype, bytes.data() + at, next(state), integers);
  for (size_t done = first; done < bytes.size();) {
    const size_t count = std::min(done, bytes.size() - done);
    std::memcpy(bytes.data() + done, bytes.data(), count);
    done += count;
  }
}

Tensor sample_tensor(DType dtype, Dims dims, uint64_t seed, SampleIntegers integers) {
  Tensor tensor = Tensor::uninitialized(dtype, std::move(dims));
  fill_sample(dtype, {tensor.mutable_data(), tensor.bytes()}, seed, integers);
  return tensor;
}

}  // namespace burnish::tactics
