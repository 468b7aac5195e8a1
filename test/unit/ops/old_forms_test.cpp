// ONNX forms of old opsets: what was an attribute then is an input of today's operator.
#include <gtest/gtest.h>

#include "base/error.h"
#include "unit/ops/one_node.h"

namespace burnish::ops::test {
namespace {

using Ints = std::vector<int64_t>;

Tensor ints(Dims dims, std::initializer_list<int64_t> values) { return Tensor::of<int64_t>(std::move(dims), values); }
const Tensor row = ints({4}, {1, 2, 3, 4});

TEST(OldForms, Reshape1) { EXPECT_EQ(FakeNode("Reshape", 1, {row}, {{"shape", Ints{2, -1}}}).run()[0].dims(), (Dims{2, 2})); }

TEST(OldForms, Squeeze1AndUnsqueeze1) {
  EXPECT_EQ(FakeNode("Unsqueeze", 1, {row}, {{"axes", Ints{0, 2}}}).run()[0].dims(), (Dims{1, 4, 1}));
  EXPECT_EQ(FakeNode("Squeeze", 11, {row.reshaped({1, 4, 1})}, {{"axes", Ints{-1}}}).run()[0].dims(), (Dims{1, 4}));
  EXPECT_EQ(FakeNode("Squeeze", 1, {row.reshaped({1, 4, 1})}).run()[0].dims(), (Dims{4}));
}

TEST(OldForms, Slice1) {
  EXPECT_TRUE(
      FakeNode("Slice", 1, {row}, {{"starts", Ints{1}}, {"ends", Ints{-1}}, {"axes", Ints{0}}}).run()[0].identical(ints({2}, {2, 3})));
}

TEST(OldForms, Split2) {
  const auto parts = FakeNode("Split", 2, {row}, {{"split", Ints{1, 3}}}, 2).run();
  EXPECT_TRUE(parts[1].identical(ints({3}, {2, 3, 4})));
}

TEST(OldForms, Pad2) {
  EXPECT_TRUE(FakeNode("Pad", 2, {row}, {{"pads", Ints{1, 0}}, {"value", 7.0}}).run()[0].identical(ints({5}, {7, 1, 2, 3, 4})));
  EXPECT_TRUE(
      FakeNode("Pad", 1, {row}, {{"paddings", Ints{0, 1}}, {"mode", std::string("edge")}}).run()[0].identical(ints({5}, {1, 2, 3, 4, 4})));
}

TEST(OldForms, TopK1) {
  const auto top = FakeNode("TopK", 1, {Tensor::of<float>({3}, {1, 3, 2})}, {{"k", int64_t{1}}}, 2).run();
  EXPECT_TRUE(top[0].identical(Tensor::of<float>({1}, {3})));
}

TEST(OldForms, Tile1) {
  EXPECT_EQ(FakeNode("Tile", 1, {row.reshaped({2, 2}), ints({}, {3}), ints({}, {1})}).run({1, 2})[0].dims(), (Dims{2, 6}));
}

TEST(OldForms, Concat1DefaultsToAxis1) {
  EXPECT_EQ(FakeNode("Concat", 1, {row.reshaped({2, 2}), row.reshaped({2, 2})}).run()[0].dims(), (Dims{2, 4}));
  EXPECT_EQ(message_of([] { FakeNode("Concat", 4, {row, row}).run(); }), "the attribute `axis` is missing, but the operator needs it");
}

TEST(OldForms, Scatter9) {
  EXPECT_TRUE(FakeNode("Scatter", 9, {row, ints({1}, {2}), ints({1}, {9})}).run()[0].identical(ints({4}, {1, 2, 9, 4})));
}

TEST(OldForms, ConstantKinds) {
  EXPECT_TRUE(FakeNode("Constant", 12, {}, {{"value_ints", Ints{1, 2}}}).run()[0].identical(ints({2}, {1, 2})));
  EXPECT_TRUE(FakeNode("Constant", 12, {}, {{"value_float", 0.5}}).run()[0].identical(Tensor::of<float>({}, {0.5F})));
  EXPECT_TRUE(
      FakeNode("Constant", 12, {}, {{"value_strings", std::vector<std::string>{"x"}}}).run()[0].identical(Tensor::of_strings({1}, {"x"})));
  EXPECT_NE(message_of([] { FakeNode("Constant", 12, {}).run(); }), "");
}

}  // namespace
}  // namespace burnish::ops::test
