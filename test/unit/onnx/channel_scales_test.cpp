// Scaled channels: the network computes what it did, the constants are those that the factors make, and what must not be scaled is not found.
#include "onnx/channel_scales.h"

#include <cmath>
#include <cstring>
#include <random>

#include <gmock/gmock.h>

#include "base/bytes.h"
#include "base/error.h"
#include "hostile/workshop.h"
#include "ir/evaluate.h"

namespace burnish::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Built node by node, with random constants.
class Net {
 public:
  Net() {
    model_.set_ir_version(8);
    model_.add_opset_import()->set_version(17);
    graph().set_name("net");
  }

  proto::GraphProto& graph() { return *model_.mutable_graph(); }
  void input(const std::vector<int64_t>& dims) { declare(graph().add_input(), "x", dims); }
  void output(const std::string& name) { declare(graph().add_output(), name, {}).mutable_type()->mutable_tensor_type()->clear_shape(); }

  /// The node's output has its name.
  proto::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs, const std::string& name) {
    proto::NodeProto& made = add_node(graph().add_node(), op, inputs, {name});
    made.set_name(name);
    return made;
  }
  void constant(const std::string& name, const std::vector<int64_t>& dims) {
    std::uniform_real_distribution<float> uniform(-1, 1);
    std::vector<float> numbers(static_cast<size_t>(element_count(dims)));
    for (float& one : numbers) one = uniform(random_);
    fill(graph().add_initializer(), name, dims, 1, {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)});
  }

  std::string bytes() const { return model_.SerializeAsString(); }

 private:
  proto::ModelProto model_;
  std::mt19937 random_{7};
};

std::vector<Tensor> evaluated(const std::string& model, const Dims& dims) {
  const Graph graph = onnx::import_model(bytes_of(model), {}).graph;
  Tensor x(DType::f32, dims);
  for (int64_t i = 0; i < x.size(); ++i) x.set_number(i, std::sin(static_cast<double>(i)));
  return evaluate(graph, std::span(&x, 1));
}

void expect_same_results(const std::string& model, const std::string& scaled, const Dims& dims) {
  const std::vector<Tensor> before = evaluated(model, dims), after = evaluated(scaled, dims);
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i)
    for (int64_t j = 0; j < before[i].size(); ++j)
      ASSERT_NEAR(before[i].number(j), after[i].number(j), 1e-5 * (1 + std::abs(before[i].number(j)))) << i << " " << j;
}

std::vector<double> divisors(size_t count) {
  std::vector<double> made;
  for (size_t i = 0; i < count; ++i) made.push_back(std::pow(0.6, static_cast<double>(i)));
  return made;
}

std::vector<float> initializer(const std::string& model, const std::string& name) {
  proto::ModelProto parsed;
  EXPECT_TRUE(parsed.ParseFromString(model));
  for (const proto::TensorProto& one : parsed.graph().initializer())
    if (one.name() == name) {
      std::vector<float> numbers(one.raw_data().size() / sizeof(float));
      std::memcpy(numbers.data(), one.raw_data().data(), one.raw_data().size());
      return numbers;
    }
  return {};
}

std::vector<std::string> names(const std::vector<onnx::ScalableTensor>& tensors) {
  std::vector<std::string> found;
  for (const onnx::ScalableTensor& one : tensors) found.push_back(one.name);
  return found;
}

Net convolutions() {
  Net net;
  net.input({1, 2, 6, 6});
  net.constant("w1", {4, 2, 1, 1});
  net.constant("b1", {4});
  net.constant("w2", {8, 1, 3, 3});
  net.constant("w3", {6, 4, 1, 1});
  net.node("Conv", {"x", "w1", "b1"}, "first");
  net.node("Relu", {"first"}, "relu");
  add_int(net.node("Conv", {"relu", "w2"}, "depthwise"), "group", 4);
  add_ints(net.node("MaxPool", {"depthwise"}, "pool"), "kernel_shape", {2, 2});
  add_int(net.node("Conv", {"pool", "w3"}, "last"), "group", 2);
  net.output("last");
  return net;
}

TEST(ChannelScales, ConvolutionsComputeTheSame) {
  Net net = convolutions();
  const std::string model = net.bytes();
  const auto found = onnx::scalable_tensors(bytes_of(model), {});
  ASSERT_THAT(names(found), ElementsAre("first", "depthwise"));
  EXPECT_THAT(found[0].read, ElementsAre("relu"));
  EXPECT_TRUE(found[0].separate);
  EXPECT_THAT(found[1].read, ElementsAre("pool"));
  EXPECT_FALSE(found[1].separate);
  const std::string scaled = onnx::with_divided_channels(bytes_of(model), {}, {{"first", divisors(4)}, {"depthwise", divisors(8)}});
  expect_same_results(model, scaled, {1, 2, 6, 6});
  const auto before = initializer(model, "b1"), after = initializer(scaled, "b1");
  for (size_t i = 0; i < 4; ++i) EXPECT_FLOAT_EQ(after[i], before[i] / static_cast<float>(divisors(4)[i]));
}

TEST(ChannelScales, WeightsAreThoseThatMultiplyAChannelMost) {
  Net net = convolutions();
  const std::string model = net.bytes();
  const auto found = onnx::scalable_tensors(bytes_of(model), {});
  const std::vector<float> w3 = initializer(model, "w3");  // 6 outputs in two groups, each of which reads 4 of 8 channels
  for (size_t channel = 0; channel < 8; ++channel) {
    double wanted = 0;
    for (size_t output = channel / 4 * 3; output < channel / 4 * 3 + 3; ++output) {
      double largest = 0;
      for (size_t i = 0; i < 4; ++i) largest = std::max(largest, static_cast<double>(std::abs(w3[output * 4 + i])));
      wanted = std::max(wanted, static_cast<double>(std::abs(w3[output * 4 + channel % 4])) / largest);
    }
    EXPECT_DOUBLE_EQ(found[1].weights.at(channel), wanted) << channel;
  }
}

TEST(ChannelScales, NormalizationsComputeTheSame) {
  for (const bool in_pieces : {false, true}) {
    Net net;
    net.input({2, 3, 4});
    net.constant("gamma", {4});
    net.constant("beta", {4});
    net.constant("w1", {4, 5});
    net.constant("w2", {6, 4});
    if (in_pieces) {
      net.node("Sin", {"x"}, "wave");
      net.node("Mul", {"wave", "gamma"}, "scaled");
      net.node("Add", {"scaled", "beta"}, "normal");
    } else {
      net.node("LayerNormalization", {"x", "gamma", "beta"}, "normal");
    }
    net.node("MatMul", {"normal", "w1"}, "query");
    net.node("MatMul", {"normal", "w1"}, "key");  // of the same weights
    net.output("query");
    net.output("key");
    const std::string model = net.bytes();
    const auto found = onnx::scalable_tensors(bytes_of(model), {});
    ASSERT_THAT(names(found), ElementsAre("normal"));
    EXPECT_TRUE(found[0].normalized);
    EXPECT_EQ(found[0].axis, -1);
    expect_same_results(model, onnx::with_divided_channels(bytes_of(model), {}, {{"normal", divisors(4)}}), {2, 3, 4});
  }
}

TEST(ChannelScales, ConstantsOfOthersStay) {
  Net net;
  net.input({3, 4});
  net.constant("w", {4, 4});
  net.constant("b", {4});
  net.node("Gemm", {"x", "w", "b"}, "first");
  add_int(net.node("Gemm", {"first", "w", "b"}, "second"), "transB", 1);
  net.output("second");
  const std::string model = net.bytes();
  ASSERT_THAT(names(onnx::scalable_tensors(bytes_of(model), {})), ElementsAre("first"));
  expect_same_results(model, onnx::with_divided_channels(bytes_of(model), {}, {{"first", divisors(4)}}), {3, 4});
}

TEST(ChannelScales, WhatOthersReadIsNotScaled) {
  Net net = convolutions();
  net.output("relu");                          // the network gives it away
  net.node("Sigmoid", {"depthwise"}, "gate");  // which keeps no factor
  net.output("gate");
  const std::string model = net.bytes();
  EXPECT_THAT(onnx::scalable_tensors(bytes_of(model), {}), IsEmpty());
  EXPECT_THROW((void)onnx::with_divided_channels(bytes_of(model), {}, {{"first", divisors(4)}}), Error);
}

TEST(ChannelScales, RefusesDivisorsThatDoNotFit) {
  Net net = convolutions();
  const std::string model = net.bytes();
  EXPECT_THROW((void)onnx::with_divided_channels(bytes_of(model), {}, {{"first", divisors(3)}}), Error);
  EXPECT_THROW((void)onnx::with_divided_channels(bytes_of(model), {}, {{"first", {1, 1, 0, 1}}}), Error);
}

}  // namespace
}  // namespace burnish::test
