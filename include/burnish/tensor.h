// A tensor in host memory: a type, dimensions, and row-major elements that it owns or borrows. In the few models that have them, the same
// class holds a sequence of tensors, or an optional, which holds one value or none; those have no elements of their own.
// Applications pass them in and out; the importer holds weights in them; reference evaluations compute with them.
// Copies share the storage (as of a shared pointer); `clone` makes a private one. It never lives on a device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "burnish/dtype.h"
#include "burnish/status.h"

namespace burnish {

using Dims = std::vector<int64_t>;

/// The product of the dimensions: 1 for a scalar. Throws Error where it is negative or overflows.
int64_t element_count(std::span<const int64_t> dims);

/// "2x3x4"; "scalar" without dimensions.
std::string text_of(std::span<const int64_t> dims);

class Tensor {
 public:
  /// An empty tensor without storage: `defined()` is false.
  Tensor() = default;

  /// Owns zero-initialized elements, aligned to 64 bytes.
  Tensor(DType dtype, Dims dims);

  /// Owns elements that hold indeterminate bytes: for callers that write each of them.
  static Tensor uninitialized(DType dtype, Dims dims);

  /// Borrows elements. `owner`, where given, is kept alive as long as any copy. `data` may have any alignment.
  static Tensor borrowed(DType dtype, Dims dims, const void* data, std::shared_ptr<const void> owner = {});

  /// A string tensor (DType::string).
  static Tensor of_strings(Dims dims, std::vector<std::string> values);

  /// A sequence of tensors, all of element type `dtype`. Throws Error where one is not.
  static Tensor sequence(DType dtype, std::vector<Tensor> tensors);

  /// An optional that holds `value`, a tensor or a sequence.
  static Tensor optional(Tensor value);
  /// An optional without a value. `kind` says whether it could hold a tensor or a sequence.
  static Tensor nothing(ValueKind kind, DType dtype);

  /// For literals: `Tensor::of<float>({2}, {1.F, 2.F})`. T is float, double, bool or an integer of 8 to 64 bits.
  template <class T>
  static Tensor of(Dims dims, std::initializer_list<T> values);
  template <class T>
  static Tensor of(Dims dims, std::span<const T> values);

  bool defined() const { return defined_; }
  DType dtype() const { return dtype_; }
  ValueKind kind() const { return kind_; }
  bool is_tensor() const { return kind_ == ValueKind::tensor; }
  /// The tensors of a sequence, or what an optional holds: one value or none. Throws Error for a tensor.
  std::span<const Tensor> held() const;
  const Dims& dims() const { return dims_; }
  int64_t dim(size_t axis) const { return dims_.at(axis); }
  size_t rank() const { return dims_.size(); }
  int64_t size() const { return size_; }
  size_t bytes() const { return static_cast<size_t>(size_) * byte_size(dtype_); }

  const std::byte* data() const { return data_; }
  std::byte* mutable_data() { return const_cast<std::byte*>(data_); }

  /// The elements as C++ values. T must have the element's size and kind: float for f32, int64_t for i64, uint16_t for the bits
  /// of f16 and bf16, uint8_t for u8, boolean and the sub-byte and 8-bit types. Throws Error otherwise.
  template <class T>
  std::span<const T> values() const;
  template <class T>
  std::span<T> mutable_values();

  std::span<const std::string> strings() const;
  std::span<std::string> mutable_strings();

  /// One element, converted: any real type to double (bool as 0 or 1); any integer type to int64 (u64 wraps).
  double number(int64_t index) const;
  int64_t integer(int64_t index) const;
  /// Stores, rounding to nearest even and saturating as ONNX Cast does.
  void set_number(int64_t index, double value);
  void set_integer(int64_t index, int64_t value);

  /// All elements as int64: what shapes, axes and indices are read with. Throws Error unless the type is an integer or boolean.
  std::vector<int64_t> integers() const;

  /// The same elements under other dimensions of the same count; shares the storage.
  Tensor reshaped(Dims dims) const;
  Tensor clone() const;

  /// True where type, dimensions and all bytes (or strings, or held values) are equal.
  bool identical(const Tensor& other) const;

 private:
  void check_access(size_t element_bytes, bool floating) const;

  DType dtype_ = DType::f32;
  bool defined_ = false;
  Dims dims_;
  int64_t size_ = 0;
  const std::byte* data_ = nullptr;
  std::shared_ptr<const void> owner_;
  std::shared_ptr<std::vector<std::string>> strings_;
  ValueKind kind_ = ValueKind::tensor;
  std::shared_ptr<const std::vector<Tensor>> held_;
};

namespace detail {
template <class T>
struct dtype_of;
template <>
struct dtype_of<float> {
  static constexpr DType value = DType::f32;
};
template <>
struct dtype_of<double> {
  static constexpr DType value = DType::f64;
};
template <>
struct dtype_of<int8_t> {
  static constexpr DType value = DType::i8;
};
template <>
struct dtype_of<int16_t> {
  static constexpr DType value = DType::i16;
};
template <>
struct dtype_of<int32_t> {
  static constexpr DType value = DType::i32;
};
template <>
struct dtype_of<int64_t> {
  static constexpr DType value = DType::i64;
};
template <>
struct dtype_of<uint8_t> {
  static constexpr DType value = DType::u8;
};
template <>
struct dtype_of<uint16_t> {
  static constexpr DType value = DType::u16;
};
template <>
struct dtype_of<uint32_t> {
  static constexpr DType value = DType::u32;
};
template <>
struct dtype_of<uint64_t> {
  static constexpr DType value = DType::u64;
};
template <>
struct dtype_of<bool> {
  static constexpr DType value = DType::boolean;
};
void copy_elements(Tensor& to, const void* from, size_t count, size_t element_bytes);
}  // namespace detail

template <class T>
std::span<const T> Tensor::values() const {
  check_access(sizeof(T), std::is_floating_point_v<T>);
  return {reinterpret_cast<const T*>(data_), static_cast<size_t>(size_)};
}

template <class T>
std::span<T> Tensor::mutable_values() {
  check_access(sizeof(T), std::is_floating_point_v<T>);
  return {reinterpret_cast<T*>(mutable_data()), static_cast<size_t>(size_)};
}

template <class T>
Tensor Tensor::of(Dims dims, std::span<const T> values) {
  Tensor tensor = uninitialized(detail::dtype_of<T>::value, std::move(dims));
  detail::copy_elements(tensor, values.data(), values.size(), sizeof(T));
  return tensor;
}

template <class T>
Tensor Tensor::of(Dims dims, std::initializer_list<T> values) {
  return of<T>(std::move(dims), std::span<const T>(values.begin(), values.size()));
}

}  // namespace burnish
