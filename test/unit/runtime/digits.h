// The digits network of examples/ with sample images, for tests that run something real. Built without measuring, so that it is quick.
// Used by the tests of this folder; tests run in the root of the repository.
#pragma once

#include <cmath>
#include <fstream>

#include "burnish/build.h"

namespace burnish::test {

inline constexpr int64_t batch = 4;

inline BuildConfig digits_config(const std::string& backend = "cpu", int threads = 2) {
  BuildConfig config;
  config.backend = backend;
  config.threads = threads;
  config.default_dimension = batch;
  config.optimization_level = 0;
  return config;
}

inline Engine digits(const std::string& backend = "cpu", int threads = 2) {
  return build("examples/digits/digits.onnx", digits_config(backend, threads));
}

inline Tensor images(int64_t first = 0) {
  std::ifstream file("examples/digits/test_images.bin", std::ios::binary);
  Tensor tensor(DType::f32, {batch, 1, 8, 8});
  file.seekg(static_cast<std::streamoff>(static_cast<size_t>(first) * 64 * sizeof(float)));
  file.read(reinterpret_cast<char*>(tensor.mutable_data()), static_cast<std::streamsize>(tensor.bytes()));
  if (not file) throw Error("examples/digits/test_images.bin is not where the tests run");
  return tensor;
}

inline Tensor run_once(const Engine& engine, const Tensor& input, const SessionConfig& config = {}) {
  return Session(engine, config).run(std::span(&input, 1)).at(0);
}

/// The largest difference of probabilities; infinite where the tensors do not match.
inline double distance(const Tensor& a, const Tensor& b) {
  if (a.dims() != b.dims() or a.dtype() != b.dtype()) return HUGE_VAL;
  double largest = 0;
  for (int64_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(a.number(i) - b.number(i));
    if (not(difference <= largest)) largest = std::isnan(difference) ? HUGE_VAL : difference;
  }
  return largest;
}

/// Probabilities are at most 1; two correct sums of a few hundred f32 products differ by less.
inline constexpr double tolerance = 1e-5;

}  // namespace burnish::test
