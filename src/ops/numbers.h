// Elements of real tensors as plain arrays of the type that reference evaluations compute with: float for the floating types up to
// f32, double for f64, and 64-bit integers. Borrowed where the tensor already holds that type, converted otherwise.
// Called by `reference` functions only; nothing here knows an operator.
#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "burnish/tensor.h"

namespace burnish::ops {

namespace detail {
/// The storage behind a tensor where it holds T at an aligned address; nullptr otherwise.
const void* aligned_storage(const Tensor& tensor, DType dtype, size_t alignment);
void load(const Tensor& tensor, float* out);
void load(const Tensor& tensor, double* out);
void load(const Tensor& tensor, int64_t* out);
void load(const Tensor& tensor, uint64_t* out);
void store(Tensor& tensor, const float* values);
void store(Tensor& tensor, const double* values);
void store(Tensor& tensor, const int64_t* values);
void store(Tensor& tensor, const uint64_t* values);
}  // namespace detail

/// The elements of a tensor, for reading. The tensor must outlive it.
template <class T>
class Numbers {
 public:
  explicit Numbers(const Tensor& tensor)
      : data_(static_cast<const T*>(detail::aligned_storage(tensor, burnish::detail::dtype_of<T>::value, alignof(T)))),
        size_(tensor.size()) {
    if (data_ != nullptr) return;
    copy_.resize(static_cast<size_t>(size_));
    detail::load(tensor, copy_.data());
    data_ = copy_.data();
  }
  Numbers(const Numbers&) = delete;
  Numbers& operator=(const Numbers&) = delete;

  const T& operator[](int64_t index) const { return data_[index]; }
  const T* data() const { return data_; }
  int64_t size() const { return size_; }

 private:
  const T* data_;
  int64_t size_;
  std::vector<T> copy_;
};

/// The elements of a tensor, for writing: zero at first where they are converted. Call `store` when all are written.
template <class T>
class NumbersOut {
 public:
  explicit NumbersOut(Tensor& tensor)
      : tensor_(tensor),
        data_(static_cast<T*>(const_cast<void*>(detail::aligned_storage(tensor, burnish::detail::dtype_of<T>::value, alignof(T))))) {
    if (data_ != nullptr) return;
    copy_.resize(static_cast<size_t>(tensor.size()));
    data_ = copy_.data();
  }
  NumbersOut(const NumbersOut&) = delete;
  NumbersOut& operator=(const NumbersOut&) = delete;

  T& operator[](int64_t index) { return data_[index]; }
  T* data() { return data_; }
  void store() {
    if (data_ == copy_.data() and not copy_.empty()) detail::store(tensor_, copy_.data());
  }

 private:
  Tensor& tensor_;
  T* data_;
  std::vector<T> copy_;
};

/// The type to sum T in: double for floating types, T itself for integers.
template <class T>
using Accumulator = std::conditional_t<std::is_floating_point_v<T>, double, T>;

/// Calls work(T{}) with T = float or double; Error on any other kind of type.
template <class Work>
void with_floating(DType dtype, const Work& work) {
  if (dtype == DType::f64) return work(double{});
  if (not is_floating(dtype)) fail_unsupported("this operator computes floating types, not {}", name_of(dtype));
  work(float{});
}

/// As above, also with T = int64_t or uint64_t for integers; boolean counts as an integer.
template <class Work>
void with_numbers(DType dtype, const Work& work) {
  if (is_floating(dtype)) return with_floating(dtype, work);
  if (dtype == DType::u64) return work(uint64_t{});
  if (not is_integer(dtype) and dtype != DType::boolean) fail_unsupported("this operator computes real types, not {}", name_of(dtype));
  work(int64_t{});
}

/// How many items of work a thread should get at least, so that starting it pays, where each takes so many operations.
inline int64_t grain_for(int64_t operations_each) {
  constexpr int64_t worthwhile = int64_t{1} << 18;
  return operations_each >= worthwhile ? 1 : worthwhile / (operations_each < 1 ? 1 : operations_each);
}

/// The elements of `tensor` repeated to `dims` (NumPy's rules), in row-major order. Error where the tensor does not fit.
template <class T>
std::vector<T> broadcast_numbers(const Tensor& tensor, std::span<const int64_t> dims);

/// For each element of `dims` in row-major order, the index of the element of a tensor of dims `from` that broadcasts to it.
std::vector<int64_t> broadcast_indices(std::span<const int64_t> from, std::span<const int64_t> dims);

template <class T>
std::vector<T> broadcast_numbers(const Tensor& tensor, std::span<const int64_t> dims) {
  const Numbers<T> numbers(tensor);
  const std::vector<int64_t> indices = broadcast_indices(tensor.dims(), dims);
  std::vector<T> all(indices.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = numbers[indices[i]];
  return all;
}

/// A tensor of rank 0 that holds one number.
Tensor scalar(DType dtype, double value);

}  // namespace burnish::ops
