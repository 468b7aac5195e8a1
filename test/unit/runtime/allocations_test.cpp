// What Session::run allocates, on any thread: nothing of our own, whichever kernels run; oneDNN a few small things for each of its primitives.
#include <gtest/gtest.h>

#include <thread>

#include "digits.h"
#include "ir/text.h"
#include "support/allocations.h"
#include "support/engine_of.h"

namespace burnish::test {
namespace {

/// Of ten runs, after two that may warm up: the OpenMP runtime makes its team in the first.
Allocations allocations_of(const Engine& engine) {
  const std::vector<std::byte> input(engine.inputs()[0].bytes);
  std::vector<std::byte> output(engine.outputs()[0].bytes);
  Session session(engine);
  session.bind_input(0, input.data());
  session.bind_output(0, output.data());
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(session.run());
  const AllocationCounter counter;
  bool good = true;
  for (int i = 0; i < 10; ++i) good = session.run().is_ok() and good;
  const Allocations counted = counter.so_far();
  EXPECT_TRUE(good);
  return counted;
}

size_t steps_of(const Engine& engine, std::string_view tactics) {
  size_t count = 0;
  for (const plan::Step& step : engine.data().plans.front().steps) count += step.tactic.starts_with(tactics) ? 1 : 0;
  return count;
}

/// Every kernel family of our own, on tensors large enough to be shared among threads.
constexpr std::string_view own_kernels = R"(graph "own" {
  %x: f32[4,32,24,24] = input
  %scale: f32[32] = constant [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]
  %groups: f32[4,32,24,24] = GroupNormalization{groups=4}(%x, %scale, %scale)
  %scales: f32[4] = constant [1, 1, 2, 2]
  %large: f32[4,32,48,48] = Resize{mode=linear}(%groups, _, %scales)
  %last: f32[4,48,48,32] = Transpose{perm=[0,2,3,1]}(%large)
  %rows: f32[4,48,48,32] = LayerNormalization(%last, %scale, %scale)
  %bent: f32[4,48,48,32] = Pointwise{expr="(f32) tanh:f32(0) -> 1"}(%rows)
  %picks: i64[3] = constant [2, 0, 1]
  %picked: f32[4,3,48,32] = Gather{axis=1}(%bent, %picks)
  %probable: f32[4,3,48,32] = Softmax(%picked)
  %axes: i64[2] = constant [2, 3]
  %y: f32[4,3,1,1] = Reduce{kind=mean}(%probable, %axes)
  output %y
})";

class AllocationsOfRunning : public testing::Test {
 protected:
  void SetUp() override {
    if (not counts_allocations()) GTEST_SKIP() << "a sanitizer replaces malloc in this build";
  }
};

TEST_F(AllocationsOfRunning, AreCounted) {
  const AllocationCounter counter;
  const auto one = std::make_unique<int64_t>(1);
  std::jthread([] { const std::vector<float> two(100, 2.F); }).join();
  EXPECT_GE(counter.so_far().ours, 2);
  EXPECT_EQ(counter.so_far().onednn, 0);
}

TEST_F(AllocationsOfRunning, TheReferenceAllocates) { EXPECT_GT(allocations_of(digits("ref", 1)).ours, 0); }

TEST_F(AllocationsOfRunning, RunningAllocatesNothingOfOurOwn) {
  for (const int threads : {1, 2, 3}) {
    const Engine engine = digits("cpu", threads);
    ASSERT_GT(steps_of(engine, "cpu.onednn."), 0U);
    ASSERT_EQ(steps_of(engine, "ref."), 0U);
    const Allocations counted = allocations_of(engine);
    EXPECT_EQ(counted.ours, 0) << threads << " threads";
    EXPECT_GT(counted.primitives, 0);
    RecordProperty(fmt::format("onednn_allocations_with_{}_threads", threads),
                   fmt::format("{} in {} primitives", counted.onednn, counted.primitives));
  }
}

TEST_F(AllocationsOfRunning, OurOwnKernelsAllocateNothing) {
  for (const int threads : {1, 2, 3}) {
    const Engine engine = engine_of(parse_graph(own_kernels), threads, "cpu.onednn.");
    ASSERT_GE(steps_of(engine, "cpu.simd."), 7U) << plan::print(engine.data().plans.front());
    ASSERT_EQ(steps_of(engine, "ref."), 0U) << plan::print(engine.data().plans.front());
    EXPECT_EQ(allocations_of(engine).ours, 0) << threads << " threads";
  }
}

}  // namespace
}  // namespace burnish::test
