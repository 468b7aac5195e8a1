// Sizes and small integer values on their way through the operators that exporters spell shape arithmetic with.
#include <gtest/gtest.h>

#include "base/error.h"
#include "ops/concat.h"
#include "ops/constant_of_shape.h"
#include "ops/expand.h"
#include "ops/gather.h"
#include "ops/pad.h"
#include "ops/range.h"
#include "ops/reshape.h"
#include "ops/shape.h"
#include "ops/slice.h"
#include "ops/split.h"
#include "ops/squeeze.h"
#include "ops/tile.h"
#include "ops/transpose.h"
#include "ops/unsqueeze.h"
#include "unit/ops/one_node.h"

namespace burnish::ops::test {
namespace {

const Dim n = Dim::symbol("N");

struct ShapeArithmetic : testing::Test, Scene {};

TEST_F(ShapeArithmetic, FlattensAllButTheBatch) {
  const ValueId x = input(DType::f32, {n, 3, 4, 5});
  const ValueId batch = add(Gather{0}, {add(ShapeOf{}, {x}), constant(Tensor::of<int64_t>({}, {0}))});
  EXPECT_EQ(values(batch), "[N]");
  EXPECT_EQ(shape(batch), "[]");
  const ValueId wanted = add(Concat{0}, {add(Unsqueeze{}, {batch, list({0})}), list({-1})});
  EXPECT_EQ(values(wanted), "[N,-1]");
  EXPECT_EQ(shape(add(Reshape{}, {x, wanted})), "[N,60]");
}

TEST_F(ShapeArithmetic, SplitsHeads) {
  const Dim s = Dim::symbol("S");
  const ValueId x = input(DType::f32, {n, s, 768});
  const ValueId wanted = add(Concat{0}, {add(Slice{}, {add(ShapeOf{}, {x}), list({0}), list({2})}), list({12, 64})});
  EXPECT_EQ(values(wanted), "[N,S,12,64]");
  const ValueId heads = add(Reshape{}, {x, wanted});
  EXPECT_EQ(shape(heads), "[N,S,12,64]");
  EXPECT_EQ(shape(add(Reshape{}, {heads, list({0, 0, -1})})), "[N,S,768]");
}

TEST_F(ShapeArithmetic, CarriesValuesThroughCopies) {
  const ValueId sizes = add(ShapeOf{}, {input(DType::f32, {n, 3, 4})});
  EXPECT_EQ(values(add(ShapeOf{1, -1}, {input(DType::f32, {n, 3, 4})})), "[3]");
  EXPECT_EQ(values(add(Slice{}, {sizes, list({-1}), list({-100}), list({0}), list({-1})})), "[4,3,N]");
  EXPECT_EQ(values(add(Squeeze{}, {add(Slice{}, {sizes, list({0}), list({1})})})), "[N]");
  EXPECT_EQ(values(add(Split{0}, {sizes, list({1, 2})}, 2)[1]), "[3,4]");
  EXPECT_EQ(values(add(Expand{}, {constant(Tensor::of<int64_t>({}, {7})), list({3})})), "[7,7,7]");
  EXPECT_EQ(values(add(ConstantOfShape{.dtype = DType::i64, .integer = 2}, {list({2})})), "[2,2]");
  EXPECT_EQ(values(add(Range{}, {constant(Tensor::of<int64_t>({}, {5})), constant(Tensor::of<int64_t>({}, {0})),
                                 constant(Tensor::of<int64_t>({}, {-2}))})),
            "[5,3,1]");
}

TEST_F(ShapeArithmetic, CarriesValuesThroughAMatrix) {
  const Dim s = Dim::symbol("S");
  const ValueId list_of_pads = add(Concat{0}, {add(ShapeOf{}, {input(DType::f32, {n, s})}), list({1, 2})});
  const ValueId matrix = add(Reshape{}, {list_of_pads, list({-1, 2})});
  const ValueId reversed = add(Slice{}, {matrix, list({-1}), list({-100}), list({0}), list({-1})});
  EXPECT_EQ(values(add(Reshape{}, {reversed, list({-1})})), "[1,2,N,S]");
  EXPECT_EQ(values(add(Reshape{}, {add(Transpose{{1, 0}}, {reversed}), list({-1})})), "[1,N,2,S]");
  EXPECT_EQ(values(add(Reshape{}, {add(Slice{}, {matrix, list({1}), list({2}), list({1})}), list({-1})})), "[S,2]");
  EXPECT_EQ(values(add(Reshape{}, {add(Concat{1}, {matrix, matrix}), list({-1})})), "unknown");
}

TEST_F(ShapeArithmetic, SlicesSymbolicAxes) {
  const ValueId x = input(DType::f32, {n, 8});
  constexpr int64_t far = INT64_MAX;
  EXPECT_EQ(shape(add(Slice{}, {x, list({0}), list({far}), list({0})})), "[N,8]");
  EXPECT_EQ(shape(add(Slice{}, {x, list({-1}), list({-far}), list({0}), list({-1})})), "[N,8]");
  const ValueId rest = add(Slice{}, {x, list({3}), list({far}), list({0})});
  EXPECT_EQ(graph.type(rest).shape[0].substituted(DimBindings{{"N", 10}}).value(), 7);
  EXPECT_EQ(graph.type(rest).shape[0].substituted(DimBindings{{"N", 2}}).value(), 0);
  const ValueId even = add(Slice{}, {x, list({0}), list({far}), list({0}), list({2})});
  EXPECT_EQ(graph.type(even).shape[0].substituted(DimBindings{{"N", 7}}).value(), 4);
}

TEST_F(ShapeArithmetic, GivesFreshSymbolsForWhatOnlyRunningTells) {
  const ValueId sizes = input(DType::i64, {2});
  const Shape reshaped = graph.type(add(Reshape{}, {input(DType::f32, {6}), sizes})).shape;
  ASSERT_EQ(reshaped.rank(), 2U);
  EXPECT_FALSE(reshaped[0].is_constant());
  EXPECT_FALSE(reshaped[0] == reshaped[1]);
  const Shape expanded = graph.type(add(Expand{}, {input(DType::f32, {3, 1}), sizes})).shape;
  EXPECT_EQ(expanded[0], Dim(3));
  EXPECT_FALSE(expanded[1].is_constant());
  const Shape sliced = graph.type(add(Slice{}, {input(DType::f32, {3, 5}), input(DType::i64, {1}), list({2}), list({1})})).shape;
  EXPECT_EQ(sliced[0], Dim(3));
  EXPECT_FALSE(sliced[1].is_constant());
  EXPECT_EQ(graph.type(add(Tile{}, {input(DType::f32, {3, 5}), sizes})).shape.rank(), 2U);
}

TEST_F(ShapeArithmetic, NamesWhatDoesNotFit) {
  const ValueId x = input(DType::f32, {2, 3});
  const auto message = [&](Op op, std::vector<ValueId> inputs) { return message_of([&] { add(std::move(op), std::move(inputs)); }); };
  EXPECT_EQ(message(Reshape{}, {x, list({5, -1})}), "data of shape [2,3] cannot be reshaped to [5,-1]");
  EXPECT_EQ(message(Reshape{}, {x, list({0, 0, 0})}), "the new shape copies axis 2, but the data has shape [2,3]");
  EXPECT_EQ(message(Reshape{}, {x, list({-2, 3})}), "the new shape has the size -2 at axis 0");
  EXPECT_EQ(message(Unsqueeze{}, {x, list({0, 0})}), "axis 0 is named twice");
  EXPECT_EQ(message(Tile{}, {x, list({1, -1})}), "Tile repeats axis 1 -1 times");
  EXPECT_EQ(message(ConstantOfShape{}, {list({-1})}), "the shape [-1] has the negative size -1");
  EXPECT_NE(message(ConstantOfShape{}, {list({INT64_MAX, 2})}), "");
  EXPECT_NE(message(Tile{}, {x, list({INT64_MAX, INT64_MAX})}), "");
  EXPECT_NE(message(Pad{}, {x, list({INT64_MAX, 0, INT64_MAX, 0})}), "");
  EXPECT_EQ(message(Split{0}, {x, list({3})}), "the sizes of Split add up to 3, but the axis has size 2");
}

}  // namespace
}  // namespace burnish::ops::test
