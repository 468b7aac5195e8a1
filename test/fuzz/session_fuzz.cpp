// Builds whatever model the bytes are and runs it twice, for sizes that follow from the bytes, within few megabytes and few iterations: what
// comes out is a result or an Error. Seeds: any small .onnx file; those with control flow and open sizes are this target's own.
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/hash.h"
#include "base/memory.h"
#include "burnish/build.h"
#include "burnish/engine.h"

namespace {

using burnish::Dims;
using burnish::Tensor;

constexpr size_t most_bytes = size_t{4} << 20U;
constexpr int64_t most_iterations = 50;

/// Small sizes and numbers that follow from the bytes.
class Choices {
 public:
  explicit Choices(uint64_t seed) : state_(seed | 1U) {}
  int64_t below(int64_t end) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<int64_t>((state_ >> 33U) % static_cast<uint64_t>(end));
  }

 private:
  uint64_t state_;
};

Tensor input_for(const burnish::TensorInfo& info, Choices& choices) {
  Dims dims = info.dims;
  for (int64_t& dim : dims)
    if (dim < 0) dim = choices.below(4);
  Tensor tensor(info.dtype, dims);
  if (info.dtype == burnish::DType::string) return tensor;
  for (int64_t i = 0; i < tensor.size(); ++i) tensor.set_number(i, static_cast<double>(choices.below(4)));
  return tensor;
}

void build_and_run(std::span<const std::byte> model) {
  burnish::BuildConfig config;
  config.backend = "cpu";
  config.threads = 1;
  config.optimization_level = 0;
  const burnish::Engine engine = burnish::build(model, config, "/nonexistent");
  burnish::Session session(engine, {.most_iterations = most_iterations});
  Choices choices(burnish::hash_of(model).low);
  for (int round = 0; round < 2; ++round) {
    std::vector<Tensor> inputs;
    for (const burnish::TensorInfo& info : engine.inputs()) {
      if (info.kind != burnish::ValueKind::tensor) return;
      inputs.push_back(input_for(info, choices));
    }
    session.run(inputs);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const burnish::MemoryLimitScope limit(burnish::memory_in_use() + most_bytes);
  try {
    build_and_run(std::as_bytes(std::span(data, size)));
  } catch (const burnish::Error& error) {
    // A broken invariant is a defect of ours, whatever the bytes are.
    if (error.code() == burnish::StatusCode::internal) __builtin_trap();
  }
  return 0;
}
