// The whole C++ interface in one page: build an engine from ONNX, save it, open it again, and run it from two threads.
//
//   build/release/bin/quickstart examples/digits/digits.onnx examples/digits/test_images.bin
#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <future>

#include "burnish/burnish.h"

namespace {

constexpr int64_t batch = 8;
constexpr int64_t pixels = 64;

burnish::Engine build_and_save(const char* model, const char* path) {
  burnish::BuildConfig config;
  const burnish::Dims shape{batch, 1, 8, 8};
  config.shapes["input"] = {shape, shape, shape};  // the model leaves the batch open
  config.logger = [](burnish::Severity severity, std::string_view message) {
    if (severity <= burnish::Severity::warning) std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size()), message.data());
  };
  const burnish::Engine engine = burnish::build(model, config);
  engine.save(path);
  return burnish::Engine::open(path);
}

burnish::Tensor read_images(const char* path, int64_t first) {
  burnish::Tensor images(burnish::DType::f32, {batch, 1, 8, 8});
  std::ifstream file(path, std::ios::binary);
  file.seekg(first * pixels * static_cast<int64_t>(sizeof(float)));
  file.read(reinterpret_cast<char*>(images.mutable_data()), static_cast<std::streamsize>(images.bytes()));
  if (not file) throw burnish::Error(std::string(path) + " is too short");
  return images;
}

/// An engine is shared; a session belongs to one thread.
std::array<int, batch> classify(const burnish::Engine& engine, const burnish::Tensor& images) {
  burnish::Session session(engine);
  const std::vector<burnish::Tensor> outputs = session.run(std::array{images});
  const auto probabilities = outputs[0].values<float>();
  std::array<int, batch> digits{};
  for (size_t i = 0; i < digits.size(); ++i) {
    const auto row = probabilities.subspan(i * 10, 10);
    digits[i] = static_cast<int>(std::max_element(row.begin(), row.end()) - row.begin());
  }
  return digits;
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) {
    std::fprintf(stderr, "usage: quickstart digits.onnx test_images.bin\n");
    return 2;
  }
  try {
    const burnish::Engine engine = build_and_save(words[1], "quickstart.engine");
    for (const burnish::TensorInfo& input : engine.inputs()) std::printf("input %s, %zu bytes\n", input.name.c_str(), input.bytes);
    const burnish::Tensor first = read_images(words[2], 0);
    const burnish::Tensor second = read_images(words[2], batch);
    auto other = std::async(std::launch::async, [&] { return classify(engine, second); });
    for (const int digit : classify(engine, first)) std::printf("%d ", digit);
    for (const int digit : other.get()) std::printf("%d ", digit);
    std::printf("\n");
    return 0;
  } catch (const burnish::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
