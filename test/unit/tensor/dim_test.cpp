// The algebra of symbolic dimensions: equal sizes have equal forms, texts read back, nothing overflows in silence.
#include "tensor/dim.h"

#include <gtest/gtest.h>

#include "burnish/status.h"
#include "tensor/shape.h"

namespace burnish {
namespace {

const Dim n = Dim::symbol("N");
const Dim m = Dim::symbol("M");

TEST(Dim, ConstantsComputeLikeIntegers) {
  EXPECT_EQ((Dim(3) + 4).value(), 7);
  EXPECT_EQ((Dim(3) - 4).value(), -1);
  EXPECT_EQ((Dim(3) * 4).value(), 12);
  EXPECT_EQ(floor_div(Dim(-7), Dim(2)).value(), -4);
  EXPECT_EQ(ceil_div(Dim(-7), Dim(2)).value(), -3);
  EXPECT_EQ(ceil_div(Dim(7), Dim(2)).value(), 4);
  EXPECT_EQ(min(Dim(3), Dim(4)).value(), 3);
  EXPECT_EQ(max(Dim(3), Dim(4)).value(), 4);
}

TEST(Dim, NormalFormMakesEqualSizesEqual) {
  EXPECT_EQ(floor_div(n * 4, 4), n);
  EXPECT_EQ((n + 1) - 1, n);
  EXPECT_EQ(n * m, m * n);
  EXPECT_EQ(n + m - n, m);
  EXPECT_EQ((n + m) * (n - m), n * n - m * m);
  EXPECT_EQ(floor_div(n * m * 12, m * 6), n * 2);
  EXPECT_EQ(floor_div((n + 1) * m * 512, (n + 1) * 256), m * 2);
  EXPECT_EQ(ceil_div(n, 2), floor_div(n + 1, 2));
  EXPECT_EQ(floor_div(n * 6 + 3, 4), n + floor_div(n * 2 + 3, 4));
  EXPECT_EQ(floor_div(floor_div(n - 1, 2), 2), floor_div(n - 1, 4));
  EXPECT_EQ(floor_div(n, n), Dim(1));
  EXPECT_NE(floor_div(n, 4) * 4, n);
}

TEST(Dim, MinMaxAndBroadcastDropWhatCannotWin) {
  EXPECT_EQ(min(n, n + 1), n);
  EXPECT_EQ(max(n, n + 1), n + 1);
  EXPECT_EQ(max(max(n, 3), 5), max(n, 5));
  EXPECT_EQ(max(n, m), max(m, n));
  EXPECT_EQ(broadcast(n, 1), n);
  EXPECT_EQ(broadcast(1, n), n);
  EXPECT_EQ(broadcast(n, n), n);
  EXPECT_EQ(broadcast(n, 4), Dim(4));
  EXPECT_EQ(broadcast(broadcast(n, m), n), broadcast(m, n));
  EXPECT_THROW(broadcast(Dim(2), Dim(3)), Error);
}

TEST(Dim, SubstitutionEvaluates) {
  const Dim size = floor_div(n * 3 + 1, 2) + max(n, m) * broadcast(n, m);
  EXPECT_EQ(size.substituted(DimBindings{{"N", 1}, {"M", 5}}), Dim(2 + 5 * 5));
  EXPECT_EQ(size.substituted(DimBindings{{"N", 1}}), Dim(2) + max(m, 1) * m);
  EXPECT_THROW(size.substituted(DimBindings{{"N", 2}, {"M", 5}}), Error);
  const std::map<std::string, Dim, std::less<>> renamed{{"N", m * 2}};
  EXPECT_EQ((n + 1).substituted(renamed), m * 2 + 1);
  EXPECT_EQ(size.symbols(), (std::vector<std::string>{"M", "N"}));
}

TEST(Dim, TextReadsBack) {
  EXPECT_EQ((n * 4 + 1).text(), "N*4+1");
  EXPECT_EQ((n - m).text(), "-M+N");
  EXPECT_EQ(floor_div(n - 1, 2).text(), "floor_div(N+1,2)-1");
  EXPECT_EQ((Dim::symbol("a b-c") + 1).text(), "\"a b-c\"+1");
  for (const Dim& dim :
       {Dim(7), Dim(-7), n, n * -4 + m * m - 3, ceil_div(n, m), min(n, m * 2), max(n, m), broadcast(n, m), Dim::symbol("?12"),
        Dim::symbol("min"), Dim::symbol("\"\\\n"), n * INT64_MIN + m * INT64_MIN, floor_div(n + floor_div(m, 3), 5)})
    EXPECT_EQ(Dim::parse(dim.text()), dim) << dim.text();
}

TEST(Dim, FaultsAreErrors) {
  EXPECT_THROW(n.value(), Error);
  EXPECT_THROW(floor_div(n, 0), Error);
  EXPECT_THROW(n * INT64_MAX * 2, Error);
  EXPECT_THROW(Dim(INT64_MAX) + 1, Error);
  EXPECT_THROW(floor_div(Dim(INT64_MIN), Dim(-1)), Error);
  EXPECT_THROW(Dim::symbol(""), Error);
  for (const char* text :
       {"", "N+", "N M", "floor_div(N)", "floor_div(N,0)", "max()", "(N", "99999999999999999999", "N**2", "broadcast(2,3)", "\"\""})
    EXPECT_THROW(Dim::parse(text), Error) << text;
  EXPECT_THROW(Dim::parse(std::string(100000, '(')), Error);
  std::string power = "(a+b+c+d)";
  for (int i = 0; i < 6; ++i) power += "*(a+b+c+d+" + std::to_string(i) + ")";
  EXPECT_NO_THROW(Dim::parse("(a+b)*(a+b)"));
  EXPECT_THROW(Dim::parse(power), Error);
}

TEST(Shape, BroadcastsAndReplaces) {
  EXPECT_EQ(broadcast(Shape{n, 1, 3}, Shape{4, 1}).text(), "[N,4,3]");
  EXPECT_THROW(broadcast(Shape{2, 3}, Shape{2, 4}), Error);
  EXPECT_EQ(Shape({2, n, 5}).size(), n * 10);
  EXPECT_EQ(Shape({2, n, 5}).replaced(1, 2, Shape{7}).text(), "[2,7]");
  EXPECT_THROW(Shape({2, n}).replaced(1, 2, Shape{}), Error);
  EXPECT_THROW(Shape({2, n}).dims(), Error);
  EXPECT_EQ(Shape({2, n}).substituted(DimBindings{{"N", 3}}).dims(), (Dims{2, 3}));
}

}  // namespace
}  // namespace burnish
