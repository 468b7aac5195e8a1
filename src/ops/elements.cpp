// Element copies for every element size; tensors may lie at any address, so fixed-size memcpy moves each element.
#include "ops/elements.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace burnish::ops {
namespace {

template <size_t Bytes>
struct ByteElements {
  std::byte* to;
  const std::byte* from;
  void copy(int64_t to_index, int64_t from_index) const {
    std::memcpy(to + to_index * static_cast<int64_t>(Bytes), from + from_index * static_cast<int64_t>(Bytes), Bytes);
  }
};

struct StringElements {
  std::span<std::string> to;
  std::span<const std::string> from;
  void copy(int64_t to_index, int64_t from_index) const { to[static_cast<size_t>(to_index)] = from[static_cast<size_t>(from_index)]; }
};

/// Calls `work` with a copier of single elements for the tensors' type.
template <class Work>
void with_elements(Tensor& to, const Tensor& from, const Work& work) {
  BURNISH_CHECK(to.dtype() == from.dtype(), "copying {} into {}", name_of(from.dtype()), name_of(to.dtype()));
  if (to.dtype() == DType::string) return work(StringElements{to.mutable_strings(), from.strings()});
  std::byte* target = to.mutable_data();
  const std::byte* source = from.data();
  switch (byte_size(to.dtype())) {
    case 1: return work(ByteElements<1>{target, source});
    case 2: return work(ByteElements<2>{target, source});
    case 4: return work(ByteElements<4>{target, source});
    case 8: return work(ByteElements<8>{target, source});
    case 16: return work(ByteElements<16>{target, source});
    default: BURNISH_CHECK(false, "no element of {} bytes", byte_size(to.dtype()));
  }
}

template <class Elements>
void copy_box(const Elements& elements, int64_t to_first, const int64_t* to_strides, int64_t from_first, const int64_t* from_strides,
              std::span<const int64_t> dims) {
  if (dims.empty()) return elements.copy(to_first, from_first);
  for (int64_t i = 0; i < dims[0]; ++i) {
    const int64_t to = to_first + i * to_strides[0];
    const int64_t from = from_first + i * from_strides[0];
    if (dims.size() == 1) {
      elements.copy(to, from);
    } else {
      copy_box(elements, to, to_strides + 1, from, from_strides + 1, dims.subspan(1));
    }
  }
}

}  // namespace

Dims row_major_strides(std::span<const int64_t> dims) {
  Dims strides(dims.size(), 1);
  for (size_t axis = dims.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * dims[axis];
  return strides;
}

int64_t extent_product(std::span<const int64_t> dims, size_t begin, size_t end) { return element_count(dims.subspan(begin, end - begin)); }

void copy_run(Tensor& to, int64_t to_first, const Tensor& from, int64_t from_first, int64_t count) {
  if (count <= 0) return;
  BURNISH_CHECK(to.dtype() == from.dtype(), "copying {} into {}", name_of(from.dtype()), name_of(to.dtype()));
  if (to.dtype() == DType::string) {
    std::copy_n(from.strings().begin() + from_first, count, to.mutable_strings().begin() + to_first);
    return;
  }
  const auto bytes = static_cast<int64_t>(byte_size(to.dtype()));
  std::memcpy(to.mutable_data() + to_first * bytes, from.data() + from_first * bytes, static_cast<size_t>(count * bytes));
}

void fill_run(Tensor& to, int64_t to_first, int64_t count, const Tensor& from, int64_t from_index) {
  if (count <= 0) return;
  with_elements(to, from, [&](const auto& elements) {
    for (int64_t i = 0; i < count; ++i) elements.copy(to_first + i, from_index);
  });
}

void copy_strided(Tensor& to, const StridedView& to_view, const Tensor& from, const StridedView& from_view, std::span<const int64_t> dims) {
  if (std::ranges::find(dims, 0) != dims.end()) return;
  with_elements(to, from, [&](const auto& elements) {
    copy_box(elements, to_view.first, to_view.strides.data(), from_view.first, from_view.strides.data(), dims);
  });
}

bool next_index(std::span<const int64_t> dims, std::vector<int64_t>& index) {
  for (size_t axis = dims.size(); axis-- > 0;) {
    if (++index[axis] < dims[axis]) return true;
    index[axis] = 0;
  }
  return false;
}

int64_t single_integer(const Tensor& tensor, std::string_view name) {
  if (tensor.size() != 1) fail("{} must hold one element, but has shape {}", name, text_of(tensor.dims()));
  return tensor.integer(0);
}

double single_number(const Tensor& tensor, std::string_view name) {
  if (tensor.size() != 1) fail("{} must hold one element, but has shape {}", name, text_of(tensor.dims()));
  return tensor.number(0);
}

int64_t checked_index(int64_t index, int64_t axis, int64_t extent) {
  if (index < -extent or index >= extent) fail("index {} is out of range for axis {} of size {}", index, axis, extent);
  return index < 0 ? index + extent : index;
}

}  // namespace burnish::ops
