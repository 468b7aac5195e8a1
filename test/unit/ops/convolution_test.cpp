// Conv, ConvTranspose and Pool on numbers worked out by hand; their shapes with symbols; what they refuse.
#include "ops/conv.h"
#include "ops/conv_transpose.h"
#include "ops/pool.h"
#include "unit/ops/run_operator.h"

namespace burnish::test {
namespace {

using Values = std::vector<double>;

TEST(Conv, SumsWindows) {
  const Tensor x = floats({1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const Tensor w = floats({1, 1, 2, 2}, {1, 0, 0, 1});
  EXPECT_EQ(numbers(run_operator([] { return ops::Conv{}; }, {x, w})[0]), (Values{6, 8, 12, 14}));
  EXPECT_EQ(numbers(run_operator([] { return ops::Conv{}; }, {x, w, floats({1}, {10})})[0]), (Values{16, 18, 22, 24}));
}

TEST(Conv, PadsStridesDilatesAndGroups) {
  const Tensor x = floats({1, 2, 4}, {1, 2, 3, 4, 10, 20, 30, 40});
  const Tensor w = floats({2, 1, 2}, {1, 1, 1, -1});
  const ops::Conv conv{.strides = {2}, .pads = {1, 1}, .dilations = {2}, .group = 2, .auto_pad = {}};
  EXPECT_EQ(numbers(run_operator([&] { return conv; }, {x, w})[0]), (Values{2, 6, -20, -20}));
}

TEST(Conv, SymbolicExtents) {
  ops::registry();
  Graph graph;
  const ValueId x = graph.add_input("x", {DType::f32, Shape{Dim::symbol("N"), 3, Dim::symbol("H"), 32}, {}});
  const ValueId w = graph.add_constant(Tensor(DType::f32, {8, 3, 3, 3}));
  const NodeId node =
      graph.add_node(ops::Conv{.strides = {2, 2}, .pads = {}, .dilations = {}, .group = 1, .auto_pad = ops::AutoPad::same_upper}, {x, w});
  const Shape& shape = graph.type(graph.node(node).outputs[0]).shape;
  EXPECT_EQ(shape, (Shape{Dim::symbol("N"), 8, ceil_div(Dim::symbol("H"), 2), 16}));
}

TEST(Conv, RefusesWhatDoesNotFit) {
  const Tensor x(DType::f32, {1, 3, 4, 4});
  EXPECT_THROW(run_operator([] { return ops::Conv{}; }, {x, Tensor(DType::f32, {2, 2, 3, 3})}), Error);
  EXPECT_THROW(run_operator([] { return ops::Conv{}; }, {x, Tensor(DType::f32, {2, 3, 5, 5})}), Error);
  EXPECT_THROW(run_operator([] { return ops::Conv{}; }, {x, Tensor(DType::f32, {2, 3, 3, 3}), Tensor(DType::f32, {3})}), Error);
  EXPECT_THROW(
      run_operator([] { return ops::Conv{.strides = {0, 1}, .pads = {}, .dilations = {}}; }, {x, Tensor(DType::f32, {2, 3, 3, 3})}), Error);
}

TEST(ConvTranspose, Spreads) {
  const Tensor x = floats({1, 1, 2}, {1, 2});
  const Tensor w = floats({1, 1, 3}, {1, 10, 100});
  ops::ConvTranspose conv;
  conv.strides = {2};
  EXPECT_EQ(numbers(run_operator([&] { return conv; }, {x, w})[0]), (Values{1, 10, 102, 20, 200}));
  conv.pads = {1, 1};
  conv.output_padding = {1};
  EXPECT_EQ(numbers(run_operator([&] { return conv; }, {x, w})[0]), (Values{10, 102, 20, 200}));
}

TEST(Pool, LargestWithIndices) {
  const Tensor x = floats({1, 1, 2, 3}, {1, 5, 2, 7, 3, 4});
  ops::Pool pool;
  pool.kernel = {2, 2};
  const auto results = run_operator([&] { return pool; }, {x}, 2);
  EXPECT_EQ(numbers(results[0]), (Values{7, 5}));
  EXPECT_EQ(results[1].integers(), (std::vector<int64_t>{3, 1}));
}

TEST(Pool, AverageLeavesPaddingOutUnlessTold) {
  const Tensor x = floats({1, 1, 3}, {2, 4, 6});
  ops::Pool pool;
  pool.kind = ops::PoolKind::average;
  pool.kernel = {2};
  pool.pads = {1, 0};
  EXPECT_EQ(numbers(run_operator([&] { return pool; }, {x})[0]), (Values{2, 3, 5}));
  pool.count_include_pad = true;
  EXPECT_EQ(numbers(run_operator([&] { return pool; }, {x})[0]), (Values{1, 3, 5}));
}

TEST(Pool, TheLastWindowStartsInside) {
  ops::Pool pool;
  pool.kernel = {1};
  pool.strides = {2};
  pool.ceil_mode = true;
  EXPECT_EQ(run_operator([&] { return pool; }, {floats({1, 1, 2}, {1, 2})})[0].dims(), (Dims{1, 1, 1}));
  EXPECT_EQ(run_operator([&] { return pool; }, {floats({1, 1, 3}, {1, 2, 3})})[0].dims(), (Dims{1, 1, 2}));
}

}  // namespace
}  // namespace burnish::test
