// Resize, quantization and normalizations on numbers worked out by hand.
#include "ops/resize.h"
#include "ops/normalization.h"
#include "ops/quantize.h"
#include "ops/resize_axis.h"
#include "unit/ops/run_operator.h"

namespace burnish::test {
namespace {

using Values = std::vector<double>;

TEST(Resize, NearestAndLinear) {
  const Tensor x = floats({1, 1, 2}, {10, 20});
  ops::Resize op;
  op.coordinates = ops::ResizeCoordinates::asymmetric;
  op.nearest = ops::ResizeNearest::floor;
  EXPECT_EQ(numbers(run_operator([&] { return op; }, {x, {}, floats({3}, {1, 1, 2})}, 1, true)[0]), (Values{10, 10, 20, 20}));
  op.mode = ops::ResizeMode::linear;
  op.coordinates = ops::ResizeCoordinates::align_corners;
  EXPECT_EQ(numbers(run_operator([&] { return op; }, {x, {}, {}, integers({1, 1, 3})}, 1, true)[0]), (Values{10, 15, 20}));
}

TEST(Resize, KeepsSymbols) {
  ops::registry();
  Graph graph;
  const ValueId x = graph.add_input("x", {DType::f32, Shape{Dim::symbol("N"), 1, Dim::symbol("H")}, {}});
  const ValueId scales = graph.add_constant(floats({3}, {1, 1, 2}));
  const NodeId node = graph.add_node(ops::Resize{}, {x, {}, scales});
  EXPECT_EQ(graph.type(graph.node(node).outputs[0]).shape, (Shape{Dim::symbol("N"), 1, Dim::symbol("H") * Dim(2)}));
}

TEST(Resize, RefusesBothScalesAndSizes) {
  const Tensor x(DType::f32, {1, 2});
  EXPECT_THROW(run_operator([] { return ops::Resize{}; }, {x, {}, floats({2}, {1, 1}), integers({1, 2})}), Error);
  EXPECT_THROW(run_operator([] { return ops::Resize{}; }, {x, {}, floats({3}, {1, 1, 1})}), Error);
  EXPECT_THROW(run_operator([] { return ops::Resize{}; }, {x, {}, floats({2}, {1, -1})}, 1, true), Error);
}

TEST(Quantize, RoundsToEvenAndSaturates) {
  const Tensor x = floats({5}, {0.5F, 1.5F, -300, 300, 2.4F});
  const Tensor zero = Tensor::of<int8_t>({}, {int8_t{1}});
  const Values q = numbers(run_operator([] { return ops::QuantizeLinear{}; }, {x, floats({}, {1}), zero})[0]);
  EXPECT_EQ(q, (Values{1, 3, -128, 127, 3}));
}

TEST(Dequantize, ByAxis) {
  const Tensor q = Tensor::of<uint8_t>({2, 2}, {uint8_t{1}, uint8_t{2}, uint8_t{3}, uint8_t{4}});
  const Tensor zero = Tensor::of<uint8_t>({2}, {uint8_t{1}, uint8_t{0}});
  const Values y =
      numbers(run_operator([] { return ops::DequantizeLinear{.axis = 0, .block_size = 0}; }, {q, floats({2}, {2, 10}), zero})[0]);
  EXPECT_EQ(y, (Values{0, 2, 30, 40}));
}

TEST(BatchNormalization, Formula) {
  const auto op = [] { return ops::BatchNormalization{.epsilon = 0}; };
  const Tensor x = floats({1, 2, 2}, {1, 3, 10, 20});
  const Tensor y = run_operator(op, {x, floats({2}, {2, 1}), floats({2}, {0, 5}), floats({2}, {1, 10}), floats({2}, {4, 25})})[0];
  EXPECT_EQ(numbers(y), (Values{0, 2, 5, 7}));
}

TEST(LayerNormalization, Rows) {
  const auto op = [] { return ops::LayerNormalization{.axis = -1, .epsilon = 0}; };
  const auto results = run_operator(op, {floats({2, 2}, {1, 3, -4, 4}), floats({2}, {1, 2}), floats({2}, {0, 1})}, 3);
  EXPECT_EQ(numbers(results[0]), (Values{-1, 3, -1, 3}));
  EXPECT_EQ(numbers(results[1]), (Values{2, 0}));
  EXPECT_EQ(numbers(results[2]), (Values{1, 0.25}));
}

}  // namespace
}  // namespace burnish::test
