// The independent check of plans: a good plan passes, and each way to break it is found.
#include "plan/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "hand_made.h"

namespace burnish::plan {
namespace {

using test::slot;

/// a, b, c in a chain, then a + c; all four live in the arena and b's step has a workspace.
Plan good_plan() {
  test::HandMade net;
  const ValueId a = net.kernel("a", {net.input("x", "f32[64]")});
  const ValueId b = net.kernel("b", {a}, [](tactics::Variant& variant) { variant.workspace = 128; });
  const ValueId sum = net.kernel("sum", {a, net.kernel("c", {b})});
  net.graph.add_output(net.kernel("y", {sum}));
  return net.plan();
}

void expect_found(const std::function<void(Plan&)>& damage, const std::string& message) {
  Plan plan = good_plan();
  damage(plan);
  try {
    verify_memory(plan);
    FAIL() << "not found: " << message;
  } catch (const Error& error) { EXPECT_THAT(error.what(), testing::HasSubstr(message)); }
}

TEST(VerifyMemory, PassesAGoodPlan) { EXPECT_NO_THROW(verify_memory(good_plan())); }

TEST(VerifyMemory, FindsAnOverwrittenTensor) {
  expect_found([](Plan& plan) { slot(plan, "c").offset = slot(plan, "a").offset; }, "step sum reads tensor a");
}

TEST(VerifyMemory, FindsTensorsOutsideTheirSpace) {
  expect_found([](Plan& plan) { slot(plan, "a").offset = plan.memory.arena_bytes; }, "tensor a lies at");
  expect_found([](Plan& plan) { slot(plan, "a").offset = -64; }, "tensor a lies at");
  expect_found([](Plan& plan) { slot(plan, "a").offset = INT64_MAX; }, "tensor a lies at");
  expect_found([](Plan& plan) { slot(plan, "y").offset = 4; }, "tensor y lies at");
  expect_found([](Plan& plan) { slot(plan, "y").index = 1; }, "tensor y lies at");
  expect_found([](Plan& plan) { slot(plan, "x").index = 7; }, "tensor x lies at");
}

TEST(VerifyMemory, FindsWrongSizes) {
  expect_found([](Plan& plan) { slot(plan, "b").bytes -= 4; }, "tensor b holds");
}

TEST(VerifyMemory, FindsReadsBeforeWrites) {
  expect_found([](Plan& plan) { std::swap(plan.steps[0], plan.steps[1]); }, "never written");
  expect_found([](Plan& plan) { plan.steps.pop_back(); }, "the end of the run reads tensor y");
}

TEST(VerifyMemory, FindsWorkspacesInTheWrongPlace) {
  expect_found([](Plan& plan) { plan.steps[1].workspace_offset = slot(plan, "a").offset; }, "overlaps tensor a");
  expect_found([](Plan& plan) { plan.steps[1].workspace_offset = slot(plan, "b").offset; }, "overlaps tensor b");
  expect_found([](Plan& plan) { plan.steps[1].workspace_offset = plan.memory.arena_bytes - 64; }, "leaves the arena");
  expect_found([](Plan& plan) { plan.steps[1].workspace_offset = -64; }, "leaves the arena");
}

TEST(VerifyMemory, FindsResultsInPlaceThatNobodyAllowed) {
  expect_found([](Plan& plan) { slot(plan, "b").offset = slot(plan, "a").offset; }, "writes b over its own input a");
}

TEST(VerifyMemory, FindsWritesIntoInputs) {
  expect_found(
      [](Plan& plan) {
        slot(plan, "c").place = Place::input;
        slot(plan, "c").offset = 0;
      },
      "writes into input or constant c");
}

TEST(VerifyMemory, FindsBytesThatLieNowhere) {
  expect_found([](Plan& plan) { slot(plan, "b").place = Place::none; }, "lies nowhere");
}

TEST(VerifyMemory, FindsIndicesOutOfRange) {
  expect_found([](Plan& plan) { plan.steps[0].inputs[0] = 99; }, "refers to tensor 99");
  expect_found([](Plan& plan) { plan.steps[0].outputs[0] = 99; }, "refers to tensor 99");
  expect_found([](Plan& plan) { plan.outputs[0].tensor = 99; }, "refers to tensor 99");
}

}  // namespace
}  // namespace burnish::plan
