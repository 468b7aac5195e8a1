// Inputs made up for a network: of the right kind, spread and range, and the same every time.
#include "precision/sample_inputs.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "ops/gather.h"
#include "ops/pointwise.h"
#include "ops/reshape.h"

namespace burnish {
namespace {

struct Moments {
  double mean = 0, variance = 0;
};

Moments moments(const Tensor& tensor) {
  Moments found;
  for (int64_t i = 0; i < tensor.size(); ++i) found.mean += tensor.number(i);
  found.mean /= static_cast<double>(tensor.size());
  for (int64_t i = 0; i < tensor.size(); ++i) found.variance += std::pow(tensor.number(i) - found.mean, 2);
  found.variance /= static_cast<double>(tensor.size());
  return found;
}

/// Of elements `distance` apart in a row of an image.
double correlation(const Tensor& image, int64_t distance) {
  double sum = 0;
  int64_t count = 0;
  for (int64_t i = 0; i + distance < image.size(); ++i)
    if (i % image.dim(3) + distance < image.dim(3)) sum += image.number(i) * image.number(i + distance), ++count;
  return sum / static_cast<double>(count) / moments(image).variance;
}

TEST(SampleInputs, ImagesHaveVarianceOneAndStructureOfSeveralSizes) {
  Graph graph;
  graph.add_input("image", {DType::f32, {2, 3, 128, 96}, {}});
  const Tensor image = sample_inputs(graph, 1).at(0);
  EXPECT_EQ(image.dims(), (Dims{2, 3, 128, 96}));
  EXPECT_NEAR(moments(image).mean, 0, 0.2);
  EXPECT_NEAR(moments(image).variance, 1, 0.25);
  EXPECT_GT(correlation(image, 1), correlation(image, 8));
  EXPECT_GT(correlation(image, 8), 0.1);
}

TEST(SampleInputs, OtherFloatsAreWhite) {
  Graph graph;
  graph.add_input("signal", {DType::f16, {4, 80, 50}, {}});
  const Tensor signal = sample_inputs(graph, 1).at(0);
  EXPECT_EQ(signal.dtype(), DType::f16);
  EXPECT_NEAR(moments(signal).mean, 0, 0.05);
  EXPECT_NEAR(moments(signal).variance, 1, 0.05);
}

TEST(SampleInputs, IdsLieInTheShortestTableTheyReach) {
  Graph graph;
  const ValueId ids = graph.add_input("ids", {DType::i64, {1, 40}, {}});
  const ValueId narrow = graph.node(graph.add_node(ops::pointwise(ExprCode::cast, {DType::i64}, DType::i32), {ids})).outputs[0];
  for (const int64_t rows : {11, 5}) {
    const ValueId table = graph.add_constant(Tensor(DType::f32, {rows, 3}));
    graph.add_output(graph.node(graph.add_node(ops::Gather{}, {table, narrow})).outputs[0], std::to_string(rows));
  }
  const std::vector<int64_t> made = sample_inputs(graph, 1).at(0).integers();
  EXPECT_EQ(*std::ranges::min_element(made), 0);
  EXPECT_EQ(*std::ranges::max_element(made), 4);
}

TEST(SampleInputs, OtherIntegersAreOne) {
  Graph graph;
  graph.add_input("mask", {DType::i64, {1, 6}, {}});
  graph.add_input("flag", {DType::boolean, {2}, {}});
  const std::vector<Tensor> made = sample_inputs(graph, 1);
  EXPECT_EQ(made.at(0).integers(), std::vector<int64_t>(6, 1));
  EXPECT_EQ(made.at(1).integers(), std::vector<int64_t>(2, 1));
}

TEST(SampleInputs, RepeatThemselvesForOneSeedOnly) {
  Graph graph;
  graph.add_input("signal", {DType::f32, {100}, {}});
  EXPECT_TRUE(sample_inputs(graph, 3).at(0).identical(sample_inputs(graph, 3).at(0)));
  EXPECT_FALSE(sample_inputs(graph, 3).at(0).identical(sample_inputs(graph, 4).at(0)));
}

}  // namespace
}  // namespace burnish
