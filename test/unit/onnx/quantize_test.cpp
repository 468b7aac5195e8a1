// Changed biases in quantized models: the outputs move by what was asked for, in layers that had a bias and in layers that had none.
#include "onnx/quantize.h"

#include <cmath>

#include <gmock/gmock.h>

#include "base/bytes.h"
#include "base/error.h"
#include "hostile/workshop.h"
#include "ir/evaluate.h"

namespace burnish::test {
namespace {

using ::testing::ElementsAre;

std::string floats(size_t count, double step) {
  std::vector<float> numbers;
  for (size_t i = 0; i < count; ++i) numbers.push_back(static_cast<float>(std::sin(step * static_cast<double>(i + 1))));
  return {reinterpret_cast<const char*>(numbers.data()), count * sizeof(float)};
}

/// A convolution of three channels, with or without a bias.
std::string network(bool bias) {
  proto::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(17);
  proto::GraphProto& graph = *model.mutable_graph();
  graph.set_name("net");
  declare(graph.add_input(), "x", {1, 2, 4, 4});
  fill(graph.add_initializer(), "w", {3, 2, 3, 3}, 1, floats(54, 0.7));
  fill(graph.add_initializer(), "b", {3}, 1, floats(3, 0.3));
  std::vector<std::string> inputs{"x", "w"};
  if (bias) inputs.emplace_back("b");
  add_node(graph.add_node(), "Conv", inputs, {"y"}).set_name("conv");
  declare(graph.add_output(), "y", {1, 3, 2, 2});
  return model.SerializeAsString();
}

Tensor evaluated(const std::string& model) {
  const Graph graph = onnx::import_model(bytes_of(model), {}).graph;
  Tensor x(DType::f32, {1, 2, 4, 4});
  for (int64_t i = 0; i < x.size(); ++i) x.set_number(i, std::cos(static_cast<double>(i)));
  return evaluate(graph, std::span(&x, 1)).at(0);
}

TEST(Quantize, BiasesMoveTheOutputs) {
  const std::vector<double> change{0.5, 0, -0.25};
  for (const bool bias : {false, true}) {
    const std::string model = network(bias);
    const onnx::TensorRanges ranges{{"x", {-1, 1}}};
    const Tensor plain = evaluated(onnx::quantized(bytes_of(model), {}, ranges, {}));
    const Tensor moved = evaluated(onnx::quantized(bytes_of(model), {}, ranges, {.bias_changes = {{"conv", change}}}));
    const double step = 2.0 / 255 / 127;  // of the bias, for weights up to 1; each is rounded once
    for (int64_t i = 0; i < plain.size(); ++i)
      EXPECT_NEAR(moved.number(i) - plain.number(i), change[static_cast<size_t>(i / 4)], 1.01 * step) << bias << " " << i;
  }
}

TEST(Quantize, LayersSayWhichBiasesCanChange) {
  const auto layers = onnx::layers_to_quantize(bytes_of(network(false)));
  ASSERT_EQ(layers.size(), 1U);
  EXPECT_EQ(layers[0].bias_channels, 3);
  EXPECT_THAT(layers[0].activations, ElementsAre("x"));
}

TEST(Quantize, RefusesChangesThatDoNotFit) {
  const std::string model = network(true);
  EXPECT_THROW((void)onnx::quantized(bytes_of(model), {}, {{"x", {-1, 1}}}, {.bias_changes = {{"conv", {1, 2}}}}), Error);
}

}  // namespace
}  // namespace burnish::test
