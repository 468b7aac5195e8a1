// Memory that several tensors share: parts of Concat and Split, views, results in place, and network inputs and outputs.
#include <gtest/gtest.h>

#include "hand_made.h"

namespace burnish::plan {
namespace {

using test::copies;
using test::HandMade;
using test::slot;

constexpr const char* type = "f32[1,16,8,8]";
constexpr int64_t bytes = 16 * 8 * 8 * 4;

void in_place(tactics::Variant& variant) { variant.in_place = 0; }
void channels_last(tactics::Variant& variant) { variant.inputs[0].layout = variant.outputs[0].layout = Layout::channels_last(4); }

TEST(Aliases, PartsOfConcatAreMadeInPlace) {
  HandMade net;
  const ValueId x = net.input("x", type);
  const ValueId whole = net.concat("whole", {net.kernel("a", {x}), net.kernel("b", {x}), net.kernel("c", {x})}, 1);
  net.graph.add_output(net.kernel("y", {whole}));
  Plan plan = net.plan();
  EXPECT_EQ(copies(plan), 0U);
  EXPECT_EQ(plan.steps.size(), 4U);
  EXPECT_EQ(slot(plan, "a").offset, slot(plan, "whole").offset);
  EXPECT_EQ(slot(plan, "b").offset, slot(plan, "whole").offset + bytes);
  EXPECT_EQ(slot(plan, "c").offset, slot(plan, "whole").offset + 2 * bytes);
  EXPECT_EQ(plan.memory.arena_bytes, 3 * bytes);
}

TEST(Aliases, ConcatsNest) {
  HandMade net;
  const ValueId x = net.input("x", type);
  const ValueId inner = net.concat("inner", {net.kernel("a", {x}), net.kernel("b", {x})}, 1);
  net.graph.add_output(net.concat("outer", {net.kernel("c", {x}), inner}, 1));
  Plan plan = net.plan();
  EXPECT_EQ(copies(plan), 0U);
  EXPECT_EQ(slot(plan, "outer").place, Place::output);
  EXPECT_EQ(slot(plan, "b").place, Place::output);
  EXPECT_EQ(slot(plan, "b").offset, 2 * bytes);
  EXPECT_EQ(plan.memory.arena_bytes, 0);
}

TEST(Aliases, APartThatStandsTwiceIsCopiedOnce) {
  HandMade net;
  const ValueId a = net.kernel("a", {net.input("x", type)});
  net.graph.add_output(net.concat("whole", {a, a}, 1));
  EXPECT_EQ(copies(net.plan()), 1U);
}

TEST(Aliases, NetworkInputsAreCopiedIntoConcat) {
  HandMade net;
  const ValueId x = net.input("x", type);
  net.graph.add_output(net.concat("whole", {x, net.kernel("a", {x})}, 1));
  EXPECT_EQ(copies(net.plan()), 1U);
}

TEST(Aliases, SplitIsAViewOfItsParts) {
  HandMade net;
  const std::vector<ValueId> halves = net.halves("half", net.kernel("a", {net.input("x", "f32[4,64]")}));
  net.graph.add_output(net.kernel("y", {halves[0], halves[1]}));
  Plan plan = net.plan();
  EXPECT_EQ(copies(plan), 0U);
  EXPECT_EQ(plan.steps.size(), 2U);
  EXPECT_EQ(slot(plan, "half_0").offset, slot(plan, "a").offset);
  EXPECT_EQ(slot(plan, "half_1").offset, slot(plan, "a").offset + 2 * 64 * 4);
}

TEST(Aliases, ReshapeIsAView) {
  HandMade net;
  const ValueId a = net.kernel("a", {net.input("x", type)});
  net.graph.add_output(net.kernel("y", {net.reshape("flat", a, {1, 1024})}));
  Plan plan = net.plan();
  EXPECT_EQ(plan.steps.size(), 2U);
  EXPECT_EQ(slot(plan, "flat").offset, slot(plan, "a").offset);
}

TEST(Aliases, OutputsAreWrittenDirectly) {
  HandMade net;
  const ValueId a = net.kernel("a", {net.input("x", type)});
  net.graph.add_output(net.reshape("flat", net.kernel("b", {a}), {1, 1024}));
  Plan plan = net.plan();
  EXPECT_EQ(copies(plan), 0U);
  EXPECT_EQ(slot(plan, "b").place, Place::output);
}

TEST(Aliases, AValueThatIsTwiceAnOutputIsCopiedOnce) {
  HandMade net;
  const ValueId a = net.kernel("a", {net.input("x", type)});
  net.graph.add_output(a, "first");
  net.graph.add_output(a, "second");
  const Plan plan = net.plan();
  EXPECT_EQ(copies(plan), 1U);
  ASSERT_EQ(plan.outputs.size(), 2U);
  EXPECT_EQ(plan.tensors[plan.outputs[0].tensor].index, 0U);
  EXPECT_EQ(plan.tensors[plan.outputs[1].tensor].index, 1U);
}

TEST(Aliases, AnInputThatIsAnOutputIsCopied) {
  HandMade net;
  net.graph.add_output(net.input("x", type), "y");
  const Plan plan = net.plan();
  EXPECT_EQ(copies(plan), 1U);
  EXPECT_EQ(plan.tensors[plan.outputs[0].tensor].place, Place::output);
}

TEST(Aliases, InPlaceResultsReuseWhatNobodyReadsLater) {
  HandMade net;
  const ValueId a = net.kernel("a", {net.input("x", type)});
  const ValueId b = net.kernel("b", {a}, in_place);
  net.graph.add_output(net.kernel("y", {net.kernel("c", {b}, in_place)}));
  Plan plan = net.plan();
  EXPECT_EQ(slot(plan, "c").offset, slot(plan, "a").offset);
  EXPECT_EQ(plan.memory.arena_bytes, bytes);
}

TEST(Aliases, InPlaceResultsLeaveAloneWhatIsReadLater) {
  HandMade net;
  const ValueId x = net.input("x", type);
  const ValueId a = net.kernel("a", {x});
  const ValueId b = net.kernel("b", {a}, in_place);
  net.graph.add_output(net.kernel("y", {a, b}));
  net.graph.add_output(net.kernel("z", {x}, in_place));
  Plan plan = net.plan();
  EXPECT_NE(slot(plan, "b").offset, slot(plan, "a").offset);
  EXPECT_EQ(plan.steps[1].variant.in_place, -1);
}

TEST(Aliases, AReformattedCopyWithAViewIsNotOverwritten) {
  // `a` is made in channels last; its row-major copy is seen through a view that is read after another reader of the copy.
  HandMade net;
  const ValueId a = net.kernel("a", {net.input("x", type)}, channels_last);
  const ValueId flat = net.reshape("flat", a, {1, 1024});
  net.graph.add_output(net.kernel("z", {net.kernel("b", {a}, in_place)}));
  net.graph.add_output(net.kernel("y", {flat}));
  EXPECT_NO_THROW(net.plan());
}

TEST(Aliases, AViewOfAReformattedCopyDoesNotOverwriteIt) {
  HandMade net;
  const ValueId a = net.kernel("a", {net.input("x", type)}, channels_last);
  const ValueId flat = net.reshape("flat", a, {1, 1024});
  net.graph.add_output(net.kernel("y", {net.kernel("c", {flat}, in_place)}));
  net.graph.add_output(net.kernel("z", {a}));
  EXPECT_NO_THROW(net.plan());
}

}  // namespace
}  // namespace burnish::plan
