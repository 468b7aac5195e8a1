// Reference evaluation of data movement against literal results.
#include <gtest/gtest.h>

#include "ops/cum_sum.h"
#include "ops/depth_to_space.h"
#include "ops/gather.h"
#include "ops/gather_elements.h"
#include "ops/gather_nd.h"
#include "ops/non_max_suppression.h"
#include "ops/one_hot.h"
#include "ops/pad.h"
#include "ops/scatter_elements.h"
#include "ops/scatter_nd.h"
#include "ops/slice.h"
#include "ops/space_to_depth.h"
#include "ops/top_k.h"
#include "ops/transpose.h"
#include "ops/trilu.h"
#include "unit/ops/one_node.h"

namespace burnish::ops::test {
namespace {

Tensor ints(Dims dims, std::initializer_list<int64_t> values) { return Tensor::of<int64_t>(std::move(dims), values); }
Tensor floats(Dims dims, std::initializer_list<float> values) { return Tensor::of<float>(std::move(dims), values); }

void expect_equal(const Tensor& got, const Tensor& expected) {
  EXPECT_EQ(got.dims(), expected.dims());
  ASSERT_TRUE(got.identical(expected));
}

const Tensor matrix = ints({2, 3}, {1, 2, 3, 4, 5, 6});

TEST(Movement, Transposes) { expect_equal(evaluate_op(Transpose{}, {matrix})[0], ints({3, 2}, {1, 4, 2, 5, 3, 6})); }

TEST(Movement, Slices) {
  expect_equal(evaluate_op(Slice{}, {matrix, ints({2}, {-1, 2}), ints({2}, {-9, 0}), ints({2}, {0, 1}), ints({2}, {-1, -1})})[0],
               ints({2, 2}, {6, 5, 3, 2}));
  expect_equal(evaluate_op(Slice{}, {matrix, ints({1}, {1}), ints({1}, {99}), ints({1}, {1}), ints({1}, {2})})[0], ints({2, 1}, {2, 5}));
}

TEST(Movement, GathersStrings) {
  const Tensor words = Tensor::of_strings({3}, {"a", "b", "c"});
  const Tensor picked = evaluate_op(Gather{}, {words, ints({2}, {-1, 0})})[0];
  EXPECT_EQ(picked.strings()[0], "c");
  EXPECT_EQ(picked.strings()[1], "a");
}

TEST(Movement, GathersByElementAndByCoordinates) {
  expect_equal(evaluate_op(GatherElements{1}, {matrix, ints({2, 2}, {2, 0, -1, 1})})[0], ints({2, 2}, {3, 1, 6, 5}));
  expect_equal(evaluate_op(GatherND{}, {matrix, ints({2, 2}, {0, 2, 1, 0})})[0], ints({2}, {3, 4}));
  expect_equal(evaluate_op(GatherND{1}, {matrix, ints({2, 1}, {2, 0})})[0], ints({2}, {3, 4}));
}

TEST(Movement, Scatters) {
  const Tensor zeros = ints({4}, {0, 0, 0, 0});
  expect_equal(evaluate_op(ScatterND{ScatterReduction::add}, {zeros, ints({3, 1}, {1, 1, -1}), ints({3}, {5, 6, 7})})[0],
               ints({4}, {0, 11, 0, 7}));
  expect_equal(
      evaluate_op(ScatterElements{0, ScatterReduction::max}, {ints({3}, {4, -2, 9}), ints({3}, {0, 1, 2}), ints({3}, {5, -8, 1})})[0],
      ints({3}, {5, -2, 9}));
}

TEST(Movement, Pads) {
  const Tensor row = ints({3}, {1, 2, 3});
  const auto padded = [&](PadMode mode, int64_t begin, int64_t end) { return evaluate_op(Pad{mode}, {row, ints({2}, {begin, end})})[0]; };
  expect_equal(padded(PadMode::constant, 1, 2), ints({6}, {0, 1, 2, 3, 0, 0}));
  expect_equal(padded(PadMode::reflect, 3, 2), ints({8}, {2, 3, 2, 1, 2, 3, 2, 1}).reshaped({8}));
  expect_equal(padded(PadMode::edge, 2, 1), ints({6}, {1, 1, 1, 2, 3, 3}));
  expect_equal(padded(PadMode::wrap, 2, 4), ints({9}, {2, 3, 1, 2, 3, 1, 2, 3, 1}));
  expect_equal(padded(PadMode::constant, -1, 1), ints({3}, {2, 3, 0}));
}

TEST(Movement, RearrangesBlocks) {
  const Tensor depth = ints({1, 4, 1, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
  const Tensor space = ints({1, 1, 2, 4}, {0, 2, 1, 3, 4, 6, 5, 7});
  expect_equal(evaluate_op(DepthToSpace{2}, {depth})[0], space);
  expect_equal(evaluate_op(SpaceToDepth{2}, {space})[0], depth);
}

TEST(Movement, OrdersAndCounts) {
  const auto top = evaluate_op(TopK{}, {floats({5}, {3, 1, 3, 7, 2}), ints({1}, {3})}, 2);
  expect_equal(top[0], floats({3}, {7, 3, 3}));
  expect_equal(top[1], ints({3}, {3, 0, 2}));
  expect_equal(evaluate_op(CumSum{.exclusive = true, .reverse = true}, {ints({4}, {1, 2, 3, 4}), ints({}, {0})})[0],
               ints({4}, {9, 7, 4, 0}));
  expect_equal(evaluate_op(Trilu{.upper = false}, {matrix, ints({}, {-1})})[0], ints({2, 3}, {0, 0, 0, 4, 0, 0}));
  expect_equal(evaluate_op(OneHot{}, {ints({3}, {0, -1, 5}), ints({}, {2}), ints({2}, {8, 9})})[0], ints({3, 2}, {9, 8, 8, 9, 8, 8}));
}

TEST(Movement, SuppressesOverlappingBoxes) {
  const Tensor boxes = floats({1, 3, 4}, {0, 0, 1, 1, 0, 0, 1, 1.1F, 5, 5, 6, 6});
  const Tensor scores = floats({1, 1, 3}, {0.6F, 0.9F, 0.1F});
  const auto kept = evaluate_op(NonMaxSuppression{}, {boxes, scores, ints({1}, {9}), floats({1}, {0.5F}), floats({1}, {0})});
  expect_equal(kept[0], ints({2, 3}, {0, 0, 1, 0, 0, 2}));
}

}  // namespace
}  // namespace burnish::ops::test
