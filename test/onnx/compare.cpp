// Elementwise comparison; complex numbers are compared part by part.
#include "onnx/compare.h"

#include <cmath>
#include <cstring>

#include <fmt/format.h>

namespace burnish::test {
namespace {

bool close(double expected, double actual, double rtol, double atol) {
  if (std::isnan(expected) or std::isnan(actual)) return std::isnan(expected) and std::isnan(actual);
  if (std::isinf(expected) or std::isinf(actual)) return expected == actual;
  return std::abs(actual - expected) <= atol + rtol * std::abs(expected);
}

std::string string_difference(const Tensor& expected, const Tensor& actual) {
  for (size_t i = 0; i < expected.strings().size(); ++i)
    if (expected.strings()[i] != actual.strings()[i])
      return fmt::format("string {} is `{}`, expected `{}`", i, actual.strings()[i], expected.strings()[i]);
  return {};
}

std::string held_difference(std::span<const Tensor> expected, std::span<const Tensor> actual, double rtol, double atol) {
  if (expected.size() != actual.size()) return fmt::format("{} values, expected {}", actual.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    if (const std::string text = difference(expected[i], actual[i], rtol, atol); not text.empty())
      return fmt::format("value {}: {}", i, text);
  return {};
}

/// Complex tensors as twice as many reals.
Tensor as_reals(const Tensor& tensor) {
  if (not is_complex(tensor.dtype())) return tensor;
  Dims dims = tensor.dims();
  dims.push_back(2);
  return Tensor::borrowed(tensor.dtype() == DType::c64 ? DType::f32 : DType::f64, dims, tensor.data());
}

}  // namespace

std::string difference(const Tensor& expected, const Tensor& actual, double rtol, double atol) {
  if (expected.kind() != actual.kind()) return fmt::format("{}, expected {}", name_of(actual.kind()), name_of(expected.kind()));
  if (not expected.is_tensor()) return held_difference(expected.held(), actual.held(), rtol, atol);
  if (expected.dtype() != actual.dtype()) return fmt::format("type {}, expected {}", name_of(actual.dtype()), name_of(expected.dtype()));
  if (expected.dims() != actual.dims()) return fmt::format("shape {}, expected {}", text_of(actual.dims()), text_of(expected.dims()));
  if (expected.dtype() == DType::string) return string_difference(expected, actual);
  const Tensor wanted = as_reals(expected);
  const Tensor got = as_reals(actual);
  int64_t wrong = 0;
  std::string first;
  for (int64_t i = 0; i < wanted.size(); ++i) {
    if (close(wanted.number(i), got.number(i), rtol, atol)) continue;
    if (wrong++ == 0) first = fmt::format("element {} is {}, expected {}", i, got.number(i), wanted.number(i));
  }
  return wrong == 0 ? "" : fmt::format("{} ({} of {} differ)", first, wrong, wanted.size());
}

}  // namespace burnish::test
