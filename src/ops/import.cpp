// The parts of ImportContext that follow from its virtual face, and ONNX's numbering of element types.
#include "ops/import.h"

#include <array>
#include <utility>

#include "base/error.h"

namespace burnish::ops {
namespace {

template <class T>
T required(std::optional<T> value, std::string_view name) {
  if (not value) fail("the attribute `{}` is missing, but the operator needs it", name);
  return std::move(*value);
}

}  // namespace

int64_t ImportContext::require_int(std::string_view name) const { return required(find_int(name), name); }

std::vector<int64_t> ImportContext::require_ints(std::string_view name) const { return required(find_ints(name), name); }

std::string ImportContext::require_string(std::string_view name) const { return required(find_string(name), name); }

std::optional<DType> ImportContext::find_dtype(std::string_view name) const {
  const std::optional<int64_t> data_type = find_int(name);
  if (not data_type) return {};
  return in_context([&] { return fmt::format("attribute `{}`", name); }, [&] { return dtype_from_onnx(*data_type); });
}

std::vector<ValueId> ImportContext::inputs() const {
  std::vector<ValueId> ids;
  for (size_t i = 0; i < input_count(); ++i) ids.push_back(input(i));
  return ids;
}

const Tensor* ImportContext::constant(size_t index) const { return has_input(index) ? graph().constant(input(index)) : nullptr; }

std::optional<std::vector<int64_t>> ImportContext::integers(size_t index) const {
  if (not has_input(index)) return {};
  if (const Tensor* tensor = constant(index)) {
    if (not is_integer(tensor->dtype()) and tensor->dtype() != DType::boolean) return {};
    return tensor->integers();
  }
  const std::optional<DimValues>& known = graph().value(input(index)).values;
  if (not known) return {};
  std::vector<int64_t> numbers;
  for (const Dim& one : *known) {
    if (not one.is_constant()) return {};
    numbers.push_back(one.value());
  }
  return numbers;
}

ValueId ImportContext::constant_i64(std::vector<int64_t> values) {
  return constant(Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, std::span<const int64_t>(values)));
}

DType dtype_from_onnx(int64_t data_type) {
  static constexpr std::array<std::pair<int64_t, DType>, dtype_count> known{{
      {1, DType::f32},     {2, DType::u8},          {3, DType::i8},      {4, DType::u16},   {5, DType::i16},       {6, DType::i32},
      {7, DType::i64},     {8, DType::string},      {9, DType::boolean}, {10, DType::f16},  {11, DType::f64},      {12, DType::u32},
      {13, DType::u64},    {14, DType::c64},        {15, DType::c128},   {16, DType::bf16}, {17, DType::f8e4m3fn}, {18, DType::f8e4m3fnuz},
      {19, DType::f8e5m2}, {20, DType::f8e5m2fnuz}, {21, DType::u4},     {22, DType::i4},   {23, DType::f4e2m1},   {24, DType::f8e8m0},
      {25, DType::u2},     {26, DType::i2},
  }};
  for (const auto& [number, dtype] : known)
    if (number == data_type) return dtype;
  fail("{} is no element type that ONNX defines (1 to 26, see TensorProto.DataType)", data_type);
}

}  // namespace burnish::ops
