// Parts cut out of the digits network: what they hold, and that they compute what the whole does.
#include "onnx/extract.h"

#include <fstream>
#include <map>

#include <gmock/gmock.h>

#include "base/bytes.h"
#include "ir/evaluate.h"
#include "onnx/import.h"

namespace burnish::onnx {
namespace {

using ::testing::ElementsAre;

std::string digits() {
  std::ifstream file("examples/digits/digits.onnx", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// All tensors of the network for one image.
std::map<std::string, Tensor> tensors() {
  ImportConfig config;
  config.input_shapes["input"] = {1, 1, 8, 8};
  const std::string model = digits();
  const Graph graph = import_model(bytes_of(model), {}, config).graph;
  Tensor image(DType::f32, {1, 1, 8, 8});
  for (int64_t i = 0; i < image.size(); ++i) image.set_number(i, 0.01 * static_cast<double>(i * i % 97));
  std::map<std::string, Tensor> found{{"input", image}};
  (void)evaluate(graph, std::span(&image, 1), [&](uint32_t value, const Tensor& tensor) { found[graph.value({value}).name] = tensor; });
  return found;
}

struct Part {
  std::map<std::string, Tensor> known = tensors();

  std::optional<Extract> of(const std::string& output, size_t nodes, const std::string& unknown = {}) const {
    const std::string model = digits();
    return extract_before(bytes_of(model), {}, output, nodes, [&](const std::string& name) -> std::optional<std::pair<DType, Dims>> {
      const auto found = known.find(name);
      if (found == known.end() or name == unknown) return {};
      return std::pair(found->second.dtype(), found->second.dims());
    });
  }

  void expect_same(const Extract& part, const std::string& output) const {
    const Graph graph = import_model(bytes_of(part.model), {}).graph;
    std::vector<Tensor> inputs;
    for (const ValueId input : graph.inputs()) inputs.push_back(known.at(graph.value(input).name));
    EXPECT_TRUE(evaluate(graph, inputs).at(0).identical(known.at(output)));
  }
};

TEST(Extract, HoldsTheNearestNodes) {
  const Part part;
  const auto one = part.of("conv2.pool", 1), three = part.of("conv2.pool", 3), all = part.of("conv2.pool", 100);
  ASSERT_TRUE(one and three and all);
  EXPECT_EQ(one->nodes, 1U);
  EXPECT_THAT(one->inputs, ElementsAre("conv2.relu"));
  EXPECT_EQ(three->nodes, 3U);
  EXPECT_THAT(three->inputs, ElementsAre("conv1.pool"));
  EXPECT_EQ(all->nodes, 6U);
  EXPECT_THAT(all->inputs, ElementsAre("input"));
  for (const auto& one_part : {one, three, all}) part.expect_same(*one_part, "conv2.pool");
}

TEST(Extract, TakesMoreWhereTensorsCannotBeInputs) {
  const Part part;
  const auto made = part.of("conv2.pool", 1, "conv2.relu");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->nodes, 2U);
  EXPECT_THAT(made->inputs, ElementsAre("conv2.sum"));
  part.expect_same(*made, "conv2.pool");
}

TEST(Extract, IsNothingWhereNobodyMakesTheTensor) {
  const Part part;
  EXPECT_FALSE(part.of("input", 1));
  EXPECT_FALSE(part.of("nobody", 1));
}

}  // namespace
}  // namespace burnish::onnx
