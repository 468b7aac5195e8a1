// Cast of whole tensors, strings included.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/parallel.h"
#include "tensor/bulk.h"
#include "tensor/number.h"

namespace burnish {
namespace {

constexpr int64_t block = 1024;

std::string text_of_element(DType dtype, const std::byte* data) {
  if (dtype == DType::boolean) return load_integer(dtype, data) != 0 ? "True" : "False";
  if (dtype == DType::u64) return fmt::format("{}", static_cast<uint64_t>(load_integer(dtype, data)));
  if (is_integer(dtype)) return fmt::format("{}", load_integer(dtype, data));
  const double value = load_number(dtype, data);
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "INF" : "-INF";
  return dtype == DType::f64 ? fmt::format("{}", value) : fmt::format("{}", static_cast<float>(value));
}

bool equal_ignoring_case(std::string_view text, std::string_view upper) {
  return std::ranges::equal(text, upper, [](char a, char b) { return std::toupper(static_cast<unsigned char>(a)) == b; });
}

double number_from_text(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  if (equal_ignoring_case(digits, "TRUE")) return 1;
  if (equal_ignoring_case(digits, "FALSE")) return 0;
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() or error == std::errc::invalid_argument or end != digits.data() + digits.size())
    fail("cannot cast the string \"{}\" to a number", text);
  // Out of range: from_chars leaves the value alone, strtod saturates to 0 or infinity as the standard demands.
  return error == std::errc{} ? value : std::strtod(std::string(digits).c_str(), nullptr);
}

void store_text(Tensor& to, int64_t index, std::string_view text, bool saturate) {
  std::byte* data = to.mutable_data() + static_cast<size_t>(index) * byte_size(to.dtype());
  if (is_integer(to.dtype())) {  // a double does not hold every 64-bit integer
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} and end == text.data() + text.size()) return store_integer(to.dtype(), data, value);
  }
  store_number(to.dtype(), data, number_from_text(text), saturate);
}

Tensor to_strings(const Tensor& tensor) {
  std::vector<std::string> out(static_cast<size_t>(tensor.size()));
  for (size_t i = 0; i < out.size(); ++i) out[i] = text_of_element(tensor.dtype(), tensor.data() + i * byte_size(tensor.dtype()));
  return Tensor::of_strings(tensor.dims(), std::move(out));
}

Tensor from_strings(const Tensor& tensor, DType to, bool saturate) {
  Tensor out = Tensor::uninitialized(to, tensor.dims());
  const auto strings = tensor.strings();
  for (int64_t i = 0; i < tensor.size(); ++i) store_text(out, i, strings[static_cast<size_t>(i)], saturate);
  return out;
}

void convert_range(const Tensor& from, Tensor& to, bool saturate, int64_t begin, int64_t end) {
  const bool as_integers = not is_floating(from.dtype()) and not(from.dtype() == DType::u64 and is_floating(to.dtype()));
  std::array<double, block> numbers;
  std::array<int64_t, block> integers;
  for (int64_t first = begin; first < end; first += block) {
    const auto count = static_cast<size_t>(std::min(block, end - first));
    const std::byte* source = from.data() + static_cast<size_t>(first) * byte_size(from.dtype());
    std::byte* target = to.mutable_data() + static_cast<size_t>(first) * byte_size(to.dtype());
    if (as_integers) {
      load_integers(from.dtype(), source, 1, count, integers.data());
      store_integers(to.dtype(), target, count, integers.data());
    } else {
      load_numbers(from.dtype(), source, 1, count, numbers.data());
      store_numbers(to.dtype(), target, count, numbers.data(), saturate);
    }
  }
}

}  // namespace

Tensor converted(const Tensor& tensor, DType to, bool saturate) {
  const DType from = tensor.dtype();
  if (from == to) return tensor;
  if (is_complex(from) or is_complex(to))
    fail_unsupported("cannot cast {} to {}: complex numbers have no cast", name_of(from), name_of(to));
  if (to == DType::string) return to_strings(tensor);
  if (from == DType::string) return from_strings(tensor, to, saturate);
  Tensor out = Tensor::uninitialized(to, tensor.dims());
  parallel_for(tensor.size(), 1 << 16, [&](int64_t begin, int64_t end) { convert_range(tensor, out, saturate, begin, end); });
  return out;
}

}  // namespace burnish
