// Elements from their forms in the file: raw bytes, which are borrowed unless packed or misaligned, and the typed fields of TensorProto.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "onnx/tensors.h"

namespace burnish::onnx {
namespace {

bool is_packed(DType dtype) { return dtype != DType::boolean and bit_width(dtype) < 8; }

/// Packed elements fill each byte from its low bits up. Signed ones are widened to an int8.
Tensor unpacked(DType dtype, Dims dims, std::span<const std::byte> bytes) {
  Tensor tensor = Tensor::uninitialized(dtype, std::move(dims));
  const size_t bits = bit_width(dtype);
  const size_t per_byte = 8 / bits;
  const unsigned mask = (1U << bits) - 1;
  const unsigned sign = is_signed_integer(dtype) ? 1U << (bits - 1) : 0;
  std::byte* out = tensor.mutable_data();
  for (size_t i = 0; i < static_cast<size_t>(tensor.size()); ++i) {
    const unsigned code = (std::to_integer<unsigned>(bytes[i / per_byte]) >> (i % per_byte * bits)) & mask;
    out[i] = static_cast<std::byte>((code ^ sign) - sign);
  }
  return tensor;
}

bool holds_only_booleans(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b <= std::byte{1}; });
}

size_t alignment_of(DType dtype) {
  const size_t width = byte_size(dtype);
  return is_complex(dtype) ? width / 2 : width;
}

void check_count(const char* field, size_t held, size_t needed, const Dims& dims) {
  if (held != needed) fail("{} holds {} values, but the dimensions {} need {}", field, held, text_of(dims), needed);
}

/// Takes over a field whose elements are those of the tensor.
template <class T>
Tensor take(const char* name, DType dtype, Dims dims, google::protobuf::RepeatedField<T>* field) {
  const size_t parts = is_complex(dtype) ? 2 : 1;
  check_count(name, static_cast<size_t>(field->size()), static_cast<size_t>(element_count(dims)) * parts, dims);
  auto owner = std::make_shared<google::protobuf::RepeatedField<T>>();
  owner->Swap(field);
  return Tensor::borrowed(dtype, std::move(dims), owner->data(), owner);
}

/// Copies a field of wider integers. A value must fit the element's width, as a signed or as an unsigned number.
template <class T>
Tensor narrow(const char* name, DType dtype, Dims dims, const google::protobuf::RepeatedField<T>& field) {
  const auto count = static_cast<size_t>(element_count(dims));
  check_count(name, static_cast<size_t>(field.size()), count, dims);
  Tensor tensor = Tensor::uninitialized(dtype, std::move(dims));
  const size_t width = byte_size(dtype);
  const auto limit = static_cast<int64_t>(uint64_t{1} << (8 * width));
  for (size_t i = 0; i < count; ++i) {
    T value = field.Get(static_cast<int>(i));
    if (dtype == DType::boolean) value = value != 0 ? 1 : 0;
    if (static_cast<int64_t>(value) >= limit or static_cast<int64_t>(value) < -limit / 2)
      fail("{} holds {}, which does not fit {}", name, value, name_of(dtype));
    std::memcpy(tensor.mutable_data() + i * width, &value, width);  // little-endian, as ONNX files are
  }
  return tensor;
}

Tensor from_packed_field(DType dtype, Dims dims, const google::protobuf::RepeatedField<int32_t>& field) {
  check_count("int32_data", static_cast<size_t>(field.size()), stored_bytes(dtype, element_count(dims)), dims);
  std::vector<std::byte> bytes(static_cast<size_t>(field.size()));
  std::transform(field.begin(), field.end(), bytes.begin(), [](int32_t value) { return static_cast<std::byte>(value); });
  return unpacked(dtype, std::move(dims), bytes);
}

}  // namespace

size_t stored_bytes(DType dtype, int64_t count) {
  const auto elements = static_cast<size_t>(count);
  if (elements > (size_t{1} << 56)) fail("a tensor of {} elements is too large", count);
  return is_packed(dtype) ? (elements * bit_width(dtype) + 7) / 8 : elements * byte_size(dtype);
}

Tensor from_stored(DType dtype, Dims dims, std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
  if (is_packed(dtype)) return unpacked(dtype, std::move(dims), bytes);
  const bool aligned = reinterpret_cast<uintptr_t>(bytes.data()) % alignment_of(dtype) == 0;
  if (aligned and (dtype != DType::boolean or holds_only_booleans(bytes)))
    return Tensor::borrowed(dtype, std::move(dims), bytes.data(), std::move(owner));
  Tensor tensor = Tensor::uninitialized(dtype, std::move(dims));
  if (not bytes.empty()) std::memcpy(tensor.mutable_data(), bytes.data(), bytes.size());
  if (dtype == DType::boolean)
    for (std::byte& value : std::span(tensor.mutable_data(), bytes.size())) value = value == std::byte{0} ? std::byte{0} : std::byte{1};
  return tensor;
}

Tensor from_fields(DType dtype, Dims dims, proto::TensorProto& tensor) {
  switch (dtype) {
    case DType::f32:
    case DType::c64: return take("float_data", dtype, std::move(dims), tensor.mutable_float_data());
    case DType::f64:
    case DType::c128: return take("double_data", dtype, std::move(dims), tensor.mutable_double_data());
    case DType::i64: return take("int64_data", dtype, std::move(dims), tensor.mutable_int64_data());
    case DType::u64: return take("uint64_data", dtype, std::move(dims), tensor.mutable_uint64_data());
    case DType::i32: return take("int32_data", dtype, std::move(dims), tensor.mutable_int32_data());
    case DType::u32: return narrow("uint64_data", dtype, std::move(dims), tensor.uint64_data());
    default: break;
  }
  if (is_packed(dtype)) return from_packed_field(dtype, std::move(dims), tensor.int32_data());
  return narrow("int32_data", dtype, std::move(dims), tensor.int32_data());
}

}  // namespace burnish::onnx
