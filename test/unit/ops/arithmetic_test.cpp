// Pointwise shape arithmetic, products, reductions and softmax on numbers worked out by hand.
#include <cmath>

#include "ops/arg_reduce.h"
#include "ops/matmul.h"
#include "ops/pointwise.h"
#include "ops/reduce.h"
#include "ops/softmax.h"
#include "unit/ops/run_operator.h"

namespace burnish::test {
namespace {

using Values = std::vector<double>;

Op integer_step(ExprCode code) { return ops::pointwise(code, {DType::i64, DType::i64}, DType::i64); }

TEST(Pointwise, Broadcasts) {
  const auto add = [] { return ops::pointwise(ExprCode::add, {DType::f32, DType::f32}, DType::f32); };
  const Tensor sum = run_operator(add, {floats({2, 1}, {1, 2}), floats({3}, {10, 20, 30})})[0];
  EXPECT_EQ(sum.dims(), (Dims{2, 3}));
  EXPECT_EQ(numbers(sum), (Values{11, 21, 31, 12, 22, 32}));
}

TEST(Pointwise, CarriesSizes) {
  ops::registry();
  const Dim n = Dim::symbol("N");
  const TensorType type{DType::i64, Shape{2}, {}};
  InferContext context({{true, type, nullptr, DimValues{n, 6}}, {true, type, nullptr, DimValues{2, 4}}}, 1);
  integer_step(ExprCode::mul).infer(context);
  ASSERT_TRUE(context.outputs()[0].values);
  EXPECT_EQ(*context.outputs()[0].values, (DimValues{n * Dim(2), 24}));
}

TEST(Pointwise, LeavesOverflowUnknown) {
  ops::registry();
  const TensorType type{DType::i64, Shape{1}, {}};
  InferContext context({{true, type, nullptr, DimValues{INT64_MAX}}, {true, type, nullptr, DimValues{1}}}, 1);
  integer_step(ExprCode::add).infer(context);
  EXPECT_FALSE(context.outputs()[0].values);
}

TEST(MatMul, SwapsAndBroadcasts) {
  const Tensor a = floats({2, 1, 2}, {1, 2, 3, 4});
  const Tensor b = floats({3, 2}, {1, 0, 0, 1, 1, 1});
  const Tensor y = run_operator([] { return ops::MatMul{.transpose_a = false, .transpose_b = true}; }, {a, b})[0];
  EXPECT_EQ(y.dims(), (Dims{2, 1, 3}));
  EXPECT_EQ(numbers(y), (Values{1, 2, 3, 3, 4, 7}));
}

TEST(MatMul, Vectors) {
  const Tensor v = floats({2}, {1, 2});
  EXPECT_EQ(run_operator([] { return ops::MatMul{}; }, {v, v})[0].dims(), Dims{});
  EXPECT_EQ(numbers(run_operator([] { return ops::MatMul{}; }, {v, floats({2, 2}, {1, 2, 3, 4})})[0]), (Values{7, 10}));
  EXPECT_THROW(run_operator([] { return ops::MatMul{}; }, {v, floats({3}, {1, 2, 3})}), Error);
}

TEST(Reduce, Kinds) {
  const Tensor x = floats({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto reduced = [&](ops::ReduceKind kind) {
    return numbers(run_operator([&] { return ops::Reduce{.kind = kind}; }, {x, integers({1})}, 1, true)[0]);
  };
  EXPECT_EQ(reduced(ops::ReduceKind::sum), (Values{6, 15}));
  EXPECT_EQ(reduced(ops::ReduceKind::mean), (Values{2, 5}));
  EXPECT_EQ(reduced(ops::ReduceKind::max), (Values{3, 6}));
  EXPECT_EQ(reduced(ops::ReduceKind::prod), (Values{6, 120}));
  EXPECT_EQ(reduced(ops::ReduceKind::sum_square), (Values{14, 77}));
}

TEST(Reduce, NothingIsTheNeutralElement) {
  const Tensor empty(DType::f32, {2, 0});
  const auto reduced = [&](ops::ReduceKind kind) {
    return numbers(run_operator([&] { return ops::Reduce{.kind = kind}; }, {empty, integers({1})}, 1, true)[0]);
  };
  EXPECT_EQ(reduced(ops::ReduceKind::sum), (Values{0, 0}));
  EXPECT_EQ(reduced(ops::ReduceKind::prod), (Values{1, 1}));
  EXPECT_EQ(reduced(ops::ReduceKind::max), (Values{-INFINITY, -INFINITY}));
}

TEST(Reduce, RefusesBadAxes) {
  const Tensor x(DType::f32, {2, 3});
  EXPECT_THROW(run_operator([] { return ops::Reduce{}; }, {x, integers({2})}, 1, true), Error);
  EXPECT_THROW(run_operator([] { return ops::Reduce{}; }, {x, integers({0, -2})}, 1, true), Error);
}

TEST(ArgReduce, FirstAndLastOnTies) {
  const Tensor x = floats({1, 4}, {1, 7, 7, 0});
  ops::ArgReduce op{.smallest = false, .axis = 1, .keep_dims = false, .last_on_tie = false};
  EXPECT_EQ(run_operator([&] { return op; }, {x})[0].integers(), (std::vector<int64_t>{1}));
  op.last_on_tie = true;
  EXPECT_EQ(run_operator([&] { return op; }, {x})[0].integers(), (std::vector<int64_t>{2}));
}

TEST(Softmax, SumsToOneWhateverTheSize) {
  const Values y = numbers(run_operator([] { return ops::Softmax{}; }, {floats({1, 2}, {1000, 1000})})[0]);
  EXPECT_EQ(y, (Values{0.5, 0.5}));
  const Values log = numbers(run_operator([] { return ops::Softmax{.axis = 0, .log = true}; }, {floats({2}, {0, 0})})[0]);
  EXPECT_FLOAT_EQ(static_cast<float>(log[0]), -std::log(2.0F));
}

}  // namespace
}  // namespace burnish::test
