// Conversion runs through the bulk functions in pieces, so that no second whole copy is made.
#include "ops/numbers.h"

#include <algorithm>
#include <array>

#include "ops/elements.h"
#include "tensor/bulk.h"

namespace burnish::ops {
namespace {

constexpr int64_t piece = 1024;

template <class Wide, class T, class Load>
void load_pieces(const Tensor& tensor, T* out, const Load& load_run) {
  std::array<Wide, piece> buffer;
  const auto bytes = static_cast<int64_t>(byte_size(tensor.dtype()));
  for (int64_t first = 0; first < tensor.size(); first += piece) {
    const int64_t count = std::min(piece, tensor.size() - first);
    load_run(tensor.dtype(), tensor.data() + first * bytes, 1, static_cast<size_t>(count), buffer.data());
    std::transform(buffer.begin(), buffer.begin() + count, out + first, [](Wide value) { return static_cast<T>(value); });
  }
}

template <class Wide, class T, class Store>
void store_pieces(Tensor& tensor, const T* values, const Store& store_run) {
  std::array<Wide, piece> buffer;
  const auto bytes = static_cast<int64_t>(byte_size(tensor.dtype()));
  for (int64_t first = 0; first < tensor.size(); first += piece) {
    const int64_t count = std::min(piece, tensor.size() - first);
    std::transform(values + first, values + first + count, buffer.begin(), [](T value) { return static_cast<Wide>(value); });
    store_run(tensor.dtype(), tensor.mutable_data() + first * bytes, static_cast<size_t>(count), buffer.data());
  }
}

void store_doubles(DType dtype, std::byte* data, size_t count, const double* values) { store_numbers(dtype, data, count, values); }

void check_real(const Tensor& tensor) {
  if (is_complex(tensor.dtype()) or tensor.dtype() == DType::string)
    fail_unsupported("elements of type {} are no real numbers", name_of(tensor.dtype()));
}

}  // namespace

namespace detail {

const void* aligned_storage(const Tensor& tensor, DType dtype, size_t alignment) {
  const bool fits = tensor.dtype() == dtype and reinterpret_cast<uintptr_t>(tensor.data()) % alignment == 0;
  return fits ? tensor.data() : nullptr;
}

void load(const Tensor& tensor, float* out) {
  check_real(tensor);
  load_pieces<double>(tensor, out, load_numbers);
}
void load(const Tensor& tensor, double* out) {
  check_real(tensor);
  load_pieces<double>(tensor, out, load_numbers);
}
void load(const Tensor& tensor, int64_t* out) {
  check_real(tensor);
  load_pieces<int64_t>(tensor, out, load_integers);
}
void load(const Tensor& tensor, uint64_t* out) {
  check_real(tensor);
  load_pieces<int64_t>(tensor, out, load_integers);
}

void store(Tensor& tensor, const float* values) { store_pieces<double>(tensor, values, store_doubles); }
void store(Tensor& tensor, const double* values) { store_pieces<double>(tensor, values, store_doubles); }
void store(Tensor& tensor, const int64_t* values) { store_pieces<int64_t>(tensor, values, store_integers); }
void store(Tensor& tensor, const uint64_t* values) { store_pieces<int64_t>(tensor, values, store_integers); }

}  // namespace detail

std::vector<int64_t> broadcast_indices(std::span<const int64_t> from, std::span<const int64_t> dims) {
  if (from.size() > dims.size()) fail("a tensor of shape {} does not broadcast to {}", text_of(from), text_of(dims));
  const size_t skipped = dims.size() - from.size();
  const Dims own = row_major_strides(from);
  Dims strides(dims.size(), 0);
  for (size_t axis = 0; axis < from.size(); ++axis) {
    if (from[axis] != 1 and from[axis] != dims[skipped + axis])
      fail("a tensor of shape {} does not broadcast to {}", text_of(from), text_of(dims));
    if (from[axis] != 1) strides[skipped + axis] = own[axis];
  }
  std::vector<int64_t> indices(static_cast<size_t>(element_count(dims)));
  std::vector<int64_t> position(dims.size(), 0);
  for (int64_t& index : indices) {
    index = 0;
    for (size_t axis = 0; axis < dims.size(); ++axis) index += position[axis] * strides[axis];
    next_index(dims, position);
  }
  return indices;
}

Tensor scalar(DType dtype, double value) {
  Tensor tensor(dtype, {});
  tensor.set_number(0, value);
  return tensor;
}

}  // namespace burnish::ops
