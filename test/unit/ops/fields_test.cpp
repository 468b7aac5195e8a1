// Attributes as text: defaults are left out, everything reads back exactly.
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "ops/constant_of_shape.h"
#include "ops/fused.h"
#include "ops/pad.h"
#include "ops/transpose.h"
#include "unit/ops/one_node.h"

namespace burnish::ops::test {
namespace {

TEST(Fields, LeavesDefaultsOut) {
  EXPECT_EQ(Op(Pad{}).text(), "Pad");
  EXPECT_EQ(Op(Pad{PadMode::edge}).text(), "Pad{mode=edge}");
  EXPECT_EQ(Op(Transpose{{1, 0}}).text(), "Transpose{perm=[1,0]}");
}

TEST(Fields, ReadsNumbersBackExactly) {
  for (const double value : std::initializer_list<double>{0.1, -1e-300, 1.0 / 3, std::nextafter(1.0, 2.0), INFINITY, -INFINITY}) {
    const Op op = ConstantOfShape{.value = value};
    EXPECT_EQ(Op::parse(op.text()).as<ConstantOfShape>()->value, value) << op.text();
  }
  EXPECT_TRUE(std::isnan(Op::parse(Op(ConstantOfShape{.value = NAN}).text()).as<ConstantOfShape>()->value));
  EXPECT_EQ(Op::parse(Op(ConstantOfShape{.dtype = DType::i64, .integer = INT64_MIN}).text()).as<ConstantOfShape>()->integer, INT64_MIN);
}

TEST(Fields, NestsOperatorsAndPrograms) {
  Fused fused{
      .anchor = Transpose{{1, 0}}, .anchor_inputs = 1, .epilogue = Expr::single(ExprCode::leaky_relu, {DType::f32}, DType::f32, 0.125)};
  const Op op = fused;
  EXPECT_EQ(Op::parse(op.text()), op);
  EXPECT_EQ(Op::parse(op.text()).as<Fused>()->anchor, Op(Transpose{{1, 0}}));
}

TEST(Fields, NamesWhatItCannotRead) {
  EXPECT_NE(message_of([] { Op::parse("Pad{mode=sideways}"); }).find("unknown value `sideways`"), std::string::npos);
  EXPECT_NE(message_of([] { Op::parse("Pad{size=3}"); }).find("unknown attribute `size`"), std::string::npos);
  EXPECT_NE(message_of([] { Op::parse("ConstantOfShape{dtype=f33}"); }).find("unknown element type `f33`"), std::string::npos);
  EXPECT_NE(message_of([] { Op::parse("Transpose{perm=[1,0"); }), "");
}

}  // namespace
}  // namespace burnish::ops::test
