// The operator suite through engines: each case becomes a network of one operator, planned by estimates, written, read back and run. Sessions find
// an arena full of NaN bit patterns, inputs and outputs one element off alignment, and outputs full of garbage; they run three times. The engine that
// was read must answer with the same bits as the one that was built, inputs must stay as they were, and nothing may be written beside outputs.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/parallel.h"
#include "ir/evaluate.h"
#include "runners/cases.h"
#include "runners/memory.h"
#include "runners/tolerance.h"
#include "support/allocations.h"
#include "support/engine_of.h"

namespace burnish::suite {
namespace {

constexpr int threads = 2;

Tensor tensor_in(Memory& memory, const TensorInfo& info) {
  Tensor tensor = Tensor::uninitialized(info.dtype, info.dims);
  std::memcpy(tensor.mutable_data(), memory.data(), tensor.bytes());
  return tensor;
}

/// The reference allocates its results; every other kernel only runs.
bool runs_reference(const Engine& engine) {
  return std::ranges::any_of(engine.data().plans.front().steps, [](const plan::Step& step) { return step.tactic.starts_with("ref."); });
}

std::string tactics_of(const Engine& engine) {
  std::string text;
  for (const plan::Step& step : engine.data().plans.front().steps) text += " " + step.tactic;
  return text;
}

/// Three runs of one session over hostile memory; the results of the first.
std::vector<Tensor> run_repeatedly(const Engine& engine, const std::vector<Tensor>& inputs, bool shifted) {
  std::vector<Memory> in;
  std::vector<Memory> out;
  Session session(engine, {.fill_arena = 0xff});
  for (size_t i = 0; i < inputs.size(); ++i) {
    in.emplace_back(static_cast<int64_t>(inputs[i].bytes()), shifted ? byte_size(inputs[i].dtype()) : 0, 0);
    std::memcpy(in[i].data(), inputs[i].data(), inputs[i].bytes());
    session.bind_input(i, in[i].data());
  }
  for (size_t i = 0; i < engine.outputs().size(); ++i) {
    const TensorInfo& info = engine.outputs()[i];
    out.emplace_back(static_cast<int64_t>(info.bytes), shifted ? byte_size(info.dtype) : 0, 0xff);
    session.bind_output(i, out[i].data());
  }
  std::vector<Tensor> results;
  const bool records = engine.data().plans.front().space == tactics::Space::device;  // in the second run, what the third one launches
  for (int round = 0; round < 3; ++round) {
    for (Memory& memory : out) std::memset(memory.data(), round > 0 ? 0x7f : 0xff, static_cast<size_t>(memory.bytes()));
    const test::AllocationCounter counter;
    const Status status = session.run();
    const int64_t allocated = counter.so_far().ours;
    EXPECT_TRUE(status.is_ok()) << status.message();
    if (round > (records ? 1 : 0) and not runs_reference(engine)) { EXPECT_EQ(allocated, 0) << "running allocates"; }
    for (size_t i = 0; i < out.size(); ++i) {
      EXPECT_TRUE(out[i].guards_hold()) << "written beside output " << i;
      Tensor result = tensor_in(out[i], engine.outputs()[i]);
      if (round == 0) results.push_back(std::move(result));
      else EXPECT_TRUE(result.identical(results[i])) << "output " << i << " differs in run " << round + 1;
    }
  }
  for (size_t i = 0; i < in.size(); ++i)
    EXPECT_TRUE(std::memcmp(in[i].data(), inputs[i].data(), inputs[i].bytes()) == 0 and in[i].guards_hold())
        << "input " << i << " was written";
  return results;
}

void expect_close(const std::vector<Tensor>& expected, const std::vector<Tensor>& got, const Case& one) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(difference(expected[i], got[i],
                         {one.accumulated, one.terms, expected[i].dtype() == f64 ? f64 : f32, expected[i].dtype(), one.between_steps}),
              "")
        << "output " << i;
}

void run_case(const Case& one, const DimBindings& sizes) {
  Graph graph = graph_of(one);
  graph.bind(sizes);
  if (not can_be_planned(graph)) return;
  const std::vector<Tensor> inputs = data_for(one, sizes);
  const std::vector<Tensor> expected = evaluate(graph, inputs);
  const Engine built = test::engine_of(graph, threads);
  SCOPED_TRACE("planned as" + tactics_of(built));
  const Engine opened = Engine::open(built.serialize());
  for (const bool shifted : {false, true}) {
    SCOPED_TRACE(shifted ? "one element off alignment" : "aligned");
    const std::vector<Tensor> first = run_repeatedly(built, inputs, shifted);
    expect_close(expected, first, one);
    const std::vector<Tensor> second = run_repeatedly(opened, inputs, shifted);
    for (size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(first[i].identical(second.at(i))) << "output " << i << " of the engine read back";
  }
}

class SessionSuite : public testing::TestWithParam<Case> {};

TEST_P(SessionSuite, AgreesWithTheReference) {
  const Case& one = GetParam();
  SCOPED_TRACE(one.text());
  if (one.failure) return;
  set_thread_count(threads);
  for (const DimBindings& sizes : one.sizes) run_case(one, sizes);
}

INSTANTIATE_TEST_SUITE_P(Cases, SessionSuite, testing::ValuesIn(all_cases()), test_name);

}  // namespace
}  // namespace burnish::suite
