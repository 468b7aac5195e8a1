// The small grammars of flags' values.
#include "cli/values.h"

#include <gmock/gmock.h>

#include "cli/usage_error.h"

namespace burnish::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const UsageError& fault) { return fault.what(); }
  return "nothing was thrown";
}

TEST(Shapes, ReadsSeveral) {
  EXPECT_THAT(parse_shapes("input:1x3x224x224,mask:8"), ElementsAre(Pair("input", Dims{1, 3, 224, 224}), Pair("mask", Dims{8})));
}

TEST(Shapes, ReadsScalars) { EXPECT_THAT(parse_shapes("length:scalar"), ElementsAre(Pair("length", Dims{}))); }

TEST(Shapes, ReadsQuotedNamesWithColonsAndCommas) {
  EXPECT_THAT(parse_shapes("'a:0,b':2x3,'c':4"), ElementsAre(Pair("a:0,b", Dims{2, 3}), Pair("c", Dims{4})));
}

TEST(Shapes, UnquotedNamesEndAtTheLastColon) { EXPECT_THAT(parse_shapes("input:0:1x2"), ElementsAre(Pair("input:0", Dims{1, 2}))); }

TEST(Shapes, AllowsZero) { EXPECT_THAT(parse_shapes("x:0x4"), ElementsAre(Pair("x", Dims{0, 4}))); }

TEST(Shapes, RefusesWhatDoesNotRead) {
  EXPECT_THAT(message_of([] { parse_shapes("input"); }), HasSubstr("an example is input:1x3x224x224"));
  EXPECT_THAT(message_of([] { parse_shapes("input:"); }), HasSubstr("is no shape"));
  EXPECT_THAT(message_of([] { parse_shapes("input:1x-3"); }), HasSubstr("1x-3"));
  EXPECT_THAT(message_of([] { parse_shapes("input:1,3"); }), HasSubstr("`3`"));
  EXPECT_THAT(message_of([] { parse_shapes("input:1x2x"); }), HasSubstr("1x2x"));
  EXPECT_THAT(message_of([] { parse_shapes("'input:1x2"); }), HasSubstr("quote"));
  EXPECT_THAT(message_of([] { parse_shapes("'input'1x2"); }), HasSubstr("colon"));
  EXPECT_THAT(message_of([] { parse_shapes("a:1,a:2"); }), HasSubstr("two shapes"));
  EXPECT_THAT(message_of([] { parse_shapes("*a*:1"); }), HasSubstr("more than one *"));
  EXPECT_THAT(message_of([] { parse_shapes(""); }), HasSubstr("does not read"));
}

TEST(Shapes, RefusesSizesThatOverflow) {
  EXPECT_THAT(message_of([] { parse_shapes("x:99999999999999999999"); }), HasSubstr("is no shape"));
  EXPECT_THAT(message_of([] { parse_shapes("x:4294967296x4294967296x4294967296"); }), HasSubstr("is no shape"));
}

TEST(Wildcards, StandForAnyCharacters) {
  EXPECT_TRUE(matches("*", "input"));
  EXPECT_TRUE(matches("in*", "input"));
  EXPECT_TRUE(matches("*put", "input"));
  EXPECT_TRUE(matches("i*t", "input"));
  EXPECT_TRUE(matches("input*", "input"));
  EXPECT_FALSE(matches("in*in", "in"));
  EXPECT_FALSE(matches("inp", "input"));
}

TEST(Wildcards, GiveWayToExactNames) {
  const ShapeList shapes = parse_shapes("*:1x2,mask:3");
  EXPECT_EQ(*find_shape(shapes, "mask"), Dims{3});
  EXPECT_EQ(*find_shape(shapes, "other"), (Dims{1, 2}));
  EXPECT_EQ(find_shape(parse_shapes("a*:1"), "b"), nullptr);
}

TEST(Files, ReadsNamesAndPaths) {
  EXPECT_THAT(parse_files("'input':/tmp/a.bin,b:c.bin"), ElementsAre(Pair("input", "/tmp/a.bin"), Pair("b", "c.bin")));
  EXPECT_THAT(parse_files("'input:0':'x y.bin'"), ElementsAre(Pair("input:0", "x y.bin")));
  EXPECT_THAT(message_of([] { parse_files("input:"); }), HasSubstr("no file"));
  EXPECT_THAT(message_of([] { parse_files("input"); }), HasSubstr("input:data.bin"));
}

TEST(Numbers, RefuseRubbishAndRanges) {
  EXPECT_EQ(parse_integer("12", 0, 100), 12);
  EXPECT_DOUBLE_EQ(parse_number("0.5", 0, 1), 0.5);
  EXPECT_THAT(message_of([] { parse_integer("12x", 0, 100); }), HasSubstr("12x"));
  EXPECT_THAT(message_of([] { parse_integer("101", 0, 100); }), HasSubstr("outside 0 to 100"));
  EXPECT_THAT(message_of([] { parse_number("nan", 0, 1); }), HasSubstr("nan"));
  EXPECT_THAT(message_of([] { parse_number("", 0, 1); }), HasSubstr("no number"));
}

TEST(Bytes, KnowSuffixesAndDecimals) {
  EXPECT_EQ(parse_bytes("64B"), 64);
  EXPECT_EQ(parse_bytes("2K"), 2048);
  EXPECT_EQ(parse_bytes("1.5G"), 1610612736);
  EXPECT_EQ(parse_bytes("3"), 3145728);
  EXPECT_EQ(parse_bytes("3M"), 3145728);
  EXPECT_THAT(message_of([] { parse_bytes("M"); }), HasSubstr("no number"));
  EXPECT_THAT(message_of([] { parse_bytes("-1"); }), HasSubstr("outside"));
}

TEST(Lists, KeepWhatIsQuotedTogether) {
  EXPECT_THAT(parse_list("fp32:chw,'a,b'"), ElementsAre("fp32:chw", "a,b"));
  EXPECT_THAT(parse_list(""), testing::IsEmpty());
}

}  // namespace
}  // namespace burnish::cli
