// The run loop of plans for a device, over a device without hardware: transfers, recording on the second run, recording again after a binding
// moved, and steps on the host that cut the plan.
#include "runtime/device_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/runtime/fake_device.h"

namespace burnish::runtime {
namespace {

using tactics::BufferRef;
using tactics::Format;
using tactics::Space;

/// Adds one to every float; on the device by enqueueing, on the host at once.
class AddOne final : public tactics::Kernel {
 public:
  AddOne(bool device, int& runs) : device_(device), runs_(runs) {}
  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* /*workspace*/) const noexcept override {
    ++runs_;
    const auto work = [from = reinterpret_cast<const float*>(in[0].data), to = reinterpret_cast<float*>(out[0].data)] {
      for (int i = 0; i < 4; ++i) to[i] = from[i] + 1;
    };
    if (device_) static_cast<FakeStream*>(context.stream)->enqueue(work);
    else work();
    return Status::ok();
  }

 private:
  bool device_;
  int& runs_;
};

/// What a profiler would be told: "(" and ")" around what happens in between.
class NotedRanges final : public tactics::RangeMarker {
 public:
  void begin_range(const char* name) const noexcept override { text += std::string("(") + name; }
  void end_range() const noexcept override { text += ")"; }
  mutable std::string text;
};

/// input -> device step -> (host step ->) device step -> output, all of four floats, with buffers as a session would resolve them.
struct Chain {
  explicit Chain(bool with_host_step) {
    const Format there{DType::f32, Layout::row_major(1), Space::device}, here{DType::f32, Layout::row_major(1), Space::host};
    plan.space = Space::device;
    plan.memory.arena_bytes = 256;
    plan.inputs.push_back({"x", DType::f32, {4}, there, 0});
    plan.outputs.push_back({"y", DType::f32, {4}, there, 1});
    add_step(there, true);
    if (with_host_step) add_step(here, false);
    add_step(there, true);
    run.emplace(plan, device, SessionConfig{}, &marker);
  }

  void add_step(const Format& format, bool on_device) {
    plan::Step step;
    step.variant.inputs = {format};
    step.variant.outputs = {format};
    step.name = "step" + std::to_string(plan.steps.size());
    plan.steps.push_back(step);
    kernels.push_back(std::make_unique<AddOne>(on_device, runs));
  }

  void bind(plan::Place place, std::vector<float>& data, Memory memory = Memory::host) {
    std::byte* bound = run->bind(place, 0, reinterpret_cast<std::byte*>(data.data()), memory);
    (place == plan::Place::input ? input : output) = bound;
    run->pointers_changed();
    resolve();
  }

  void resolve() {
    buffers.clear();
    steps.clear();
    buffers.reserve(2 * kernels.size());
    for (size_t i = 0; i < kernels.size(); ++i) {
      buffers.push_back({i == 0 ? input : middle(i), 16});
      buffers.push_back({i + 1 == kernels.size() ? output : middle(i + 1), 16});
      steps.push_back({kernels[i].get(), {&buffers[2 * i], 1}, {&buffers[2 * i + 1], 1}, nullptr});
    }
  }
  std::byte* middle(size_t i) { return reinterpret_cast<std::byte*>(between[i].data()); }

  FakeDevice device;
  NotedRanges marker;
  plan::Plan plan;
  int runs = 0;
  std::vector<std::unique_ptr<tactics::Kernel>> kernels;
  std::optional<DeviceRun> run;
  std::byte *input = nullptr, *output = nullptr;
  std::array<std::array<float, 4>, 4> between{};
  std::vector<BufferRef> buffers;
  std::vector<StepArguments> steps;
};

TEST(DeviceRun, CopiesInRunsAndCopiesOut) {
  Chain chain(false);
  std::vector<float> x{1, 2, 3, 4}, y(4);
  chain.bind(plan::Place::input, x);
  chain.bind(plan::Place::output, y);
  ASSERT_TRUE(chain.run->run(chain.steps, {}));
  EXPECT_THAT(y, testing::ElementsAre(3, 4, 5, 6));
  EXPECT_EQ(chain.device.copies, 2);
}

TEST(DeviceRun, RecordsOnceOnTheSecondRunAndThenOnlyLaunches) {
  Chain chain(false);
  std::vector<float> x{0, 0, 0, 0}, y(4);
  chain.bind(plan::Place::input, x);
  chain.bind(plan::Place::output, y);
  for (int i = 0; i < 5; ++i) {
    x[0] = static_cast<float>(i);
    ASSERT_TRUE(chain.run->run(chain.steps, {}));
    EXPECT_EQ(y[0], static_cast<float>(i + 2));
  }
  EXPECT_EQ(chain.device.recordings, 1);
  EXPECT_EQ(chain.runs, 4) << "two kernels, run once and recorded once";
}

TEST(DeviceRun, TellsAProfilerOfStepsAndGraphs) {
  Chain chain(true);
  std::vector<float> x{0, 0, 0, 0}, y(4);
  chain.bind(plan::Place::input, x);
  chain.bind(plan::Place::output, y);
  ASSERT_TRUE(chain.run->run(chain.steps, {}));
  EXPECT_EQ(chain.marker.text, "(step0)(step1)(step2)");
  ASSERT_TRUE(chain.run->run(chain.steps, {}));
  chain.marker.text.clear();
  ASSERT_TRUE(chain.run->run(chain.steps, {}));
  EXPECT_EQ(chain.marker.text, "(graph of 1 steps)(step1)(graph of 1 steps)");
}

TEST(DeviceRun, RecordsAgainAfterABindingMoved) {
  Chain chain(false);
  std::vector<float> x{1, 1, 1, 1}, y(4), other(4);
  chain.bind(plan::Place::input, x);
  chain.bind(plan::Place::output, y, Memory::device);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(chain.run->run(chain.steps, {}));
  chain.bind(plan::Place::output, other, Memory::device);
  ASSERT_TRUE(chain.run->run(chain.steps, {}));
  EXPECT_EQ(other[0], 3);
  EXPECT_EQ(chain.device.recordings, 2);
}

TEST(DeviceRun, LeavesMemoryOnTheDeviceInPlace) {
  Chain chain(false);
  std::vector<float> x{1, 2, 3, 4}, y(4);
  chain.bind(plan::Place::input, x, Memory::device);
  chain.bind(plan::Place::output, y, Memory::device);
  ASSERT_TRUE(chain.run->run(chain.steps, {}));
  EXPECT_THAT(y, testing::ElementsAre(3, 4, 5, 6));
  EXPECT_EQ(chain.device.copies, 0);
}

TEST(DeviceRun, WaitsBeforeAStepOnTheHostAndRecordsAroundIt) {
  Chain chain(true);
  std::vector<float> x{1, 2, 3, 4}, y(4);
  chain.bind(plan::Place::input, x);
  chain.bind(plan::Place::output, y);
  for (int i = 0; i < 3; ++i) {
    const int before = chain.device.synchronizations;
    ASSERT_TRUE(chain.run->run(chain.steps, {}));
    EXPECT_EQ(chain.device.synchronizations - before, 2) << "before the step on the host, and at the end";
    EXPECT_THAT(y, testing::ElementsAre(4, 5, 6, 7));
  }
  EXPECT_EQ(chain.device.recordings, 2);
}

TEST(DeviceRun, AllocatesNothingWhileRunning) {
  Chain chain(false);
  std::vector<float> x{1, 2, 3, 4}, y(4);
  chain.bind(plan::Place::input, x);
  chain.bind(plan::Place::output, y);
  const int before = chain.device.allocations;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(chain.run->run(chain.steps, {}));
  EXPECT_EQ(chain.device.allocations, before);
}

TEST(DeviceRun, MeasuresWithoutTransfersOnWhatTheDeviceHolds) {
  Chain chain(false);
  std::vector<float> x{1, 2, 3, 4}, y(4);
  chain.bind(plan::Place::input, x);
  chain.bind(plan::Place::output, y);
  ASSERT_TRUE(chain.run->run(chain.steps, {}));
  RunTimes times;
  const int before = chain.device.copies;
  ASSERT_TRUE(chain.run->run(chain.steps, {.times = &times, .transfers = false}));
  EXPECT_EQ(chain.device.copies, before);
  EXPECT_GT(times.compute, 0);
}

}  // namespace
}  // namespace burnish::runtime
