// The guard of permitted rounding, on a network that multiplies early errors: a chaotic map, iterated. The judge is the map in double.
#include "precision/guard.h"

#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "burnish/build.h"
#include "ops/pointwise.h"
#include "runtime/loaded_engine.h"

namespace burnish {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

constexpr double fast = 1e-6, slow = 1e-5;
const Dims dims = {64, 64};

/// A network of pointwise nodes on the CPU, where every candidate that rounds is said to be ten times as fast as every other.
struct Network {
  Graph graph;
  ValueId last = graph.add_input("input", {DType::f32, Shape(dims), {}});
  tactics::CandidateSet found;
  std::vector<std::string> messages;

  void unary(ExprCode code) { last = graph.node(graph.add_node(ops::pointwise(code, {DType::f32}, DType::f32), {last})).outputs[0]; }
  void times(float factor) {
    const ValueId constant = graph.add_constant(Tensor::of<float>({}, {factor}));
    last = graph.node(graph.add_node(ops::pointwise(ExprCode::mul, {DType::f32, DType::f32}, DType::f32), {last, constant})).outputs[0];
  }

  tactics::Assignment finish() {
    graph.add_output(last, "output");
    found = tactics::candidates(graph, {.backend = "cpu", .threads = 1, .permitted = {DType::bf16}, .only_tactic = {}});
    for (tactics::NodeCandidates& node : found.nodes)
      for (tactics::Candidate& candidate : node.candidates) candidate.seconds = tactics::rounds(node.request, candidate) ? fast : slow;
    return tactics::assign(graph, found);
  }

  tactics::Assignment guarded(const tactics::Assignment& chosen, double min_cosine) {
    const auto keep = [this](Severity, std::string_view message) { messages.emplace_back(message); };
    return guard_precision(graph, found, chosen, {.budget = cosine_budget(min_cosine), .assign = {}, .logger = keep});
  }

  bool rounds(const tactics::Assignment& chosen, size_t node) const {
    return tactics::rounds(found.nodes[node].request, found.nodes[node].candidates[chosen.chosen[node]]);
  }

  Tensor run(const tactics::Assignment& chosen, const Tensor& input) const {
    engine::EngineData data;
    data.plans.push_back(plan::make(graph, found, chosen));
    const Engine engine(std::make_shared<const runtime::LoadedEngine>(std::move(data), OpenConfig{}, true));
    return Session(engine).run(std::span(&input, 1)).at(0);
  }
};

constexpr int iterations = 10;
constexpr double factor = 4;

/// x -> sin(4 x): nearly doubles a small difference each time.
void add_map(Network& network) {
  for (int i = 0; i < iterations; ++i) {
    network.times(static_cast<float>(factor));
    network.unary(ExprCode::sin);
  }
}

double map(double x) {
  for (int i = 0; i < iterations; ++i) x = std::sin(factor * x);
  return x;
}

Tensor random_input() {
  Tensor tensor(DType::f32, dims);
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  for (float& value : tensor.mutable_values<float>()) value = normal(random);
  return tensor;
}

double cosine_with_map(const Tensor& input, const Tensor& output) {
  double product = 0, a = 0, b = 0;
  for (int64_t i = 0; i < input.size(); ++i) {
    const double wanted = map(input.number(i)), got = output.number(i);
    product += wanted * got;
    a += wanted * wanted;
    b += got * got;
  }
  return product / std::sqrt(a * b);
}

TEST(PrecisionGuard, KeepsExactWhatSpoilsTheOutputs) {
  Network network;
  add_map(network);
  const tactics::Assignment chosen = network.finish();
  const Tensor input = random_input();
  ASSERT_LT(cosine_with_map(input, network.run(chosen, input)), 0.99) << "rounding everything should do harm, or this tests nothing";
  const tactics::Assignment guarded = network.guarded(chosen, 0.999);
  EXPECT_GE(cosine_with_map(input, network.run(guarded, input)), 0.999);
  EXPECT_GE(guarded.cosine, 0.999);
  EXPECT_GT(guarded.kept_exact, 0U);
  EXPECT_FALSE(network.rounds(guarded, 0)) << "errors of the first node grow most";
  EXPECT_TRUE(network.rounds(guarded, network.found.nodes.size() - 2)) << "errors near the end are harmless";
  EXPECT_THAT(network.messages, Contains(HasSubstr("stay exact")));
}

TEST(PrecisionGuard, KeepsMoreWhereMoreIsAsked) {
  Network network;
  add_map(network);
  const tactics::Assignment chosen = network.finish();
  EXPECT_LT(network.guarded(chosen, 0.99).kept_exact, network.guarded(chosen, 0.9999).kept_exact);
}

TEST(PrecisionGuard, HoldsOtherMeasuresOnTheApplicationsSamples) {
  Network network;
  add_map(network);
  const tactics::Assignment chosen = network.finish();
  const Tensor input = random_input();
  const auto largest_error = [&](const tactics::Assignment& assignment) {
    const Tensor output = network.run(assignment, input);
    double largest = 0, error = 0;
    for (int64_t i = 0; i < input.size(); ++i) {
      largest = std::max(largest, std::abs(map(input.number(i))));
      error = std::max(error, std::abs(output.number(i) - map(input.number(i))));
    }
    return error / largest;
  };
  constexpr double limit = 0.1;
  ASSERT_GT(largest_error(chosen), limit);
  size_t asked = 0;
  const SampleBatches samples = [&](std::span<const TensorInfo> inputs, size_t index) {
    ++asked;
    EXPECT_EQ(inputs[0].dims, dims);
    return index < 2 ? std::vector{input} : std::vector<Tensor>();
  };
  PrecisionGuardConfig config;
  config.budget = accuracy_budget("max:0.1");
  config.samples = samples;
  const tactics::Assignment guarded = guard_precision(network.graph, network.found, chosen, config);
  EXPECT_EQ(asked, 3U);
  EXPECT_LE(largest_error(guarded), limit);
  EXPECT_LE(guarded.error, limit);
  EXPECT_FALSE(guarded.tries.empty());
  EXPECT_FALSE(guarded.sensitivity.empty());
}

TEST(PrecisionGuard, LeavesHarmlessRoundingAlone) {
  Network network;
  network.unary(ExprCode::relu);
  network.times(0.3F);
  const tactics::Assignment chosen = network.finish();
  ASSERT_TRUE(network.rounds(chosen, 0));
  const tactics::Assignment guarded = network.guarded(chosen, 0.999);
  EXPECT_EQ(guarded.chosen, chosen.chosen);
  EXPECT_EQ(guarded.kept_exact, 0U);
  EXPECT_GT(guarded.cosine, 0.9999);
  EXPECT_LT(guarded.cosine, 1);
}

TEST(PrecisionGuard, LeavesAloneWhatItCannotJudge) {
  Network network;
  network.unary(ExprCode::abs);
  network.unary(ExprCode::neg);
  network.unary(ExprCode::log);  // of what is below zero
  const tactics::Assignment chosen = network.finish();
  const tactics::Assignment guarded = network.guarded(chosen, 0.999);
  EXPECT_EQ(guarded.chosen, chosen.chosen);
  EXPECT_LT(guarded.cosine, 0);
  EXPECT_THAT(network.messages, Contains(HasSubstr("not finite")));
}

TEST(PrecisionGuard, MakesEverythingExactWhereNothingIsAccepted) {
  BuildConfig config;
  config.threads = 1;
  config.default_dimension = 4;
  config.optimization_level = 0;
  config.permitted = {DType::bf16};
  config.min_cosine = 1;
  const Engine engine = build("examples/digits/digits.onnx", config);
  for (const plan::TensorSlot& tensor : engine.data().plans.front().tensors) EXPECT_NE(tensor.format.storage, DType::bf16) << tensor.name;
}

}  // namespace
}  // namespace burnish
