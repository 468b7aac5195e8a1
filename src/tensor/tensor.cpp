#include "burnish/tensor.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/memory.h"
#include "tensor/number.h"

namespace burnish {
namespace {

constexpr size_t alignment = 64;

// Elements are at most 16 bytes wide, so counts below this keep every byte size in range.
constexpr int64_t most_elements = INT64_MAX / 32;

std::shared_ptr<void> aligned_bytes(size_t bytes, std::span<const int64_t> dims) {
  std::shared_ptr<void> data = aligned_memory(bytes, alignment);
  if (data == nullptr)
    throw Error(fmt::format("not enough memory for a tensor of {} ({} bytes)", text_of(dims), bytes), StatusCode::resource_exhausted);
  return data;
}

void check_index(int64_t index, int64_t size) {
  if (index < 0 or index >= size) throw Error(fmt::format("element {} of a tensor of {} elements", index, size), StatusCode::out_of_range);
}

std::string describe(const Tensor& value) { return fmt::format("a {} of {}", name_of(value.kind()), name_of(value.dtype())); }

}  // namespace

int64_t element_count(std::span<const int64_t> dims) {
  for (const int64_t dim : dims)
    if (dim < 0) fail("dimensions {} have a negative extent", text_of(dims));
  if (std::ranges::find(dims, int64_t{0}) != dims.end()) return 0;
  int64_t count = 1;
  for (const int64_t dim : dims)
    if (__builtin_mul_overflow(count, dim, &count) or count > most_elements) fail("dimensions {} have too many elements", text_of(dims));
  return count;
}

std::string text_of(std::span<const int64_t> dims) {
  if (dims.empty()) return "scalar";
  return fmt::format("{}", fmt::join(dims, "x"));
}

Tensor Tensor::uninitialized(DType dtype, Dims dims) {
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.defined_ = true;
  tensor.size_ = element_count(dims);
  tensor.dims_ = std::move(dims);
  if (dtype == DType::string) {
    if (tensor.size_ > most_elements / static_cast<int64_t>(sizeof(std::string)))
      fail("a string tensor of {} is too large", text_of(tensor.dims_));
    if (not is_memory_left(static_cast<size_t>(tensor.size_) * sizeof(std::string)))
      throw Error(fmt::format("not enough memory for {} strings", text_of(tensor.dims_)), StatusCode::resource_exhausted);
    tensor.strings_ = std::make_shared<std::vector<std::string>>(static_cast<size_t>(tensor.size_));
    return tensor;
  }
  std::shared_ptr<void> bytes = aligned_bytes(tensor.bytes(), tensor.dims_);
  tensor.data_ = static_cast<const std::byte*>(bytes.get());
  tensor.owner_ = std::move(bytes);
  return tensor;
}

Tensor::Tensor(DType dtype, Dims dims) : Tensor(uninitialized(dtype, std::move(dims))) {
  if (bytes() > 0) std::memset(mutable_data(), 0, bytes());
}

Tensor Tensor::borrowed(DType dtype, Dims dims, const void* data, std::shared_ptr<const void> owner) {
  if (dtype == DType::string) fail("string tensors cannot borrow their elements; use Tensor::of_strings");
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.defined_ = true;
  tensor.size_ = element_count(dims);
  tensor.dims_ = std::move(dims);
  if (data == nullptr and tensor.size_ > 0) fail("a tensor of {} borrows a null pointer", text_of(tensor.dims_));
  tensor.data_ = static_cast<const std::byte*>(data);
  tensor.owner_ = std::move(owner);
  return tensor;
}

Tensor Tensor::of_strings(Dims dims, std::vector<std::string> values) {
  if (static_cast<size_t>(element_count(dims)) != values.size())
    fail("{} strings do not fill a tensor of {}", values.size(), text_of(dims));
  Tensor tensor = uninitialized(DType::string, Dims{0});
  tensor.size_ = static_cast<int64_t>(values.size());
  tensor.dims_ = std::move(dims);
  *tensor.strings_ = std::move(values);
  return tensor;
}

Tensor Tensor::sequence(DType dtype, std::vector<Tensor> tensors) {
  for (const Tensor& one : tensors)
    if (not one.defined() or not one.is_tensor() or one.dtype() != dtype)
      fail("a sequence of {} tensors cannot hold {}", name_of(dtype), one.defined() ? describe(one) : "nothing");
  Tensor made = nothing(ValueKind::sequence, dtype);
  made.held_ = std::make_shared<const std::vector<Tensor>>(std::move(tensors));
  return made;
}

Tensor Tensor::optional(Tensor value) {
  if (not value.defined() or is_optional(value.kind())) fail("an optional holds a tensor or a sequence");
  Tensor made = nothing(value.is_tensor() ? ValueKind::optional : ValueKind::optional_sequence, value.dtype());
  made.held_ = std::make_shared<const std::vector<Tensor>>(1, std::move(value));
  return made;
}

Tensor Tensor::nothing(ValueKind kind, DType dtype) {
  if (kind == ValueKind::tensor) fail("a tensor cannot be nothing");
  Tensor made;
  made.kind_ = kind;
  made.dtype_ = dtype;
  made.defined_ = true;
  made.held_ = std::make_shared<const std::vector<Tensor>>();
  return made;
}

std::span<const Tensor> Tensor::held() const {
  if (not held_) fail("a tensor holds no other values");
  return *held_;
}

void Tensor::check_access(size_t element_bytes, bool floating) const {
  if (not defined_) fail("an undefined tensor has no elements");
  if (not is_tensor()) fail("{} has no elements of its own", describe(*this));
  const bool holds_floats = dtype_ == DType::f32 or dtype_ == DType::f64;
  const bool fits = element_bytes == byte_size(dtype_) and (is_complex(dtype_) or floating == holds_floats);
  if (not fits) fail("a tensor of {} is read as {} of {} bytes", name_of(dtype_), floating ? "floats" : "integers", element_bytes);
}

std::span<const std::string> Tensor::strings() const {
  if (not strings_) fail("a tensor of {} holds no strings", name_of(dtype_));
  return *strings_;
}

std::span<std::string> Tensor::mutable_strings() {
  if (not strings_) fail("a tensor of {} holds no strings", name_of(dtype_));
  return *strings_;
}

double Tensor::number(int64_t index) const {
  check_index(index, size_);
  return load_number(dtype_, data_ + static_cast<size_t>(index) * byte_size(dtype_));
}

int64_t Tensor::integer(int64_t index) const {
  check_index(index, size_);
  return load_integer(dtype_, data_ + static_cast<size_t>(index) * byte_size(dtype_));
}

void Tensor::set_number(int64_t index, double value) {
  check_index(index, size_);
  store_number(dtype_, mutable_data() + static_cast<size_t>(index) * byte_size(dtype_), value);
}

void Tensor::set_integer(int64_t index, int64_t value) {
  check_index(index, size_);
  store_integer(dtype_, mutable_data() + static_cast<size_t>(index) * byte_size(dtype_), value);
}

std::vector<int64_t> Tensor::integers() const {
  if (not defined_) fail("an undefined tensor has no elements");
  if (not is_tensor()) fail("expected integers, got {}", describe(*this));
  if (not is_integer(dtype_) and dtype_ != DType::boolean) fail("expected integers, got a tensor of {}", name_of(dtype_));
  std::vector<int64_t> out(static_cast<size_t>(size_));
  for (size_t i = 0; i < out.size(); ++i) out[i] = load_integer(dtype_, data_ + i * byte_size(dtype_));
  return out;
}

Tensor Tensor::reshaped(Dims dims) const {
  if (not is_tensor() or element_count(dims) != size_) fail("a tensor of {} cannot be viewed as {}", text_of(dims_), text_of(dims));
  Tensor out = *this;
  out.dims_ = std::move(dims);
  return out;
}

Tensor Tensor::clone() const {
  if (not defined_) return {};
  if (not is_tensor()) {
    Tensor out = nothing(kind_, dtype_);
    std::vector<Tensor> copies;
    for (const Tensor& one : *held_) copies.push_back(one.clone());
    out.held_ = std::make_shared<const std::vector<Tensor>>(std::move(copies));
    return out;
  }
  if (dtype_ == DType::string) return of_strings(dims_, *strings_);
  Tensor out = uninitialized(dtype_, dims_);
  if (bytes() > 0) std::memcpy(out.mutable_data(), data_, bytes());
  return out;
}

bool Tensor::identical(const Tensor& other) const {
  if (defined_ != other.defined_ or dtype_ != other.dtype_ or kind_ != other.kind_ or dims_ != other.dims_) return false;
  if (not is_tensor()) return std::ranges::equal(*held_, *other.held_, [](const Tensor& a, const Tensor& b) { return a.identical(b); });
  if (dtype_ == DType::string and defined_) return *strings_ == *other.strings_;
  return bytes() == 0 or data_ == other.data_ or std::memcmp(data_, other.data_, bytes()) == 0;
}

void detail::copy_elements(Tensor& to, const void* from, size_t count, size_t element_bytes) {
  if (count != static_cast<size_t>(to.size())) fail("{} values do not fill a tensor of {}", count, text_of(to.dims()));
  if (count > 0) std::memcpy(to.mutable_data(), from, count * element_bytes);
}

}  // namespace burnish
