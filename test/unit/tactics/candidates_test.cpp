// Candidates: who is asked, what needs no step, how fused nodes come apart, and what is said where nobody can.
#include "tactics/candidates.h"

#include <algorithm>
#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_backend.h"
#include "ir/evaluate.h"
#include "ir/verify.h"
#include "ops/concat.h"
#include "ops/conv.h"
#include "ops/fused.h"
#include "ops/pointwise.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/split.h"
#include "tactics/alias.h"
#include "tactics/split_fused.h"

namespace burnish::tactics {
namespace {

using fake::FakeTactic;
using ::testing::HasSubstr;

/// Takes the place of ref.reference: takes everything, slowly.
std::unique_ptr<FakeTactic> make_reference() {
  auto tactic = std::make_unique<FakeTactic>();
  tactic->name = "ref.reference";
  tactic->offer = [](const OpRequest& request) { return std::vector{fake::plain_variant(request, 10)}; };
  return tactic;
}

std::unique_ptr<FakeTactic> make_tactic(std::string name, std::function<Verdict(const OpRequest&)> accept) {
  auto tactic = std::make_unique<FakeTactic>();
  tactic->name = std::move(name);
  tactic->accept = std::move(accept);
  tactic->offer = [](const OpRequest& request) { return std::vector{fake::plain_variant(request)}; };
  return tactic;
}

/// Convolutions whose epilogue holds only steps of these codes.
std::unique_ptr<FakeTactic> make_conv(std::vector<ExprCode> codes) {
  return make_tactic("fake.conv", [codes = std::move(codes)](const OpRequest& request) {
    if (not request.op.is<ops::Conv>()) return Verdict::no("not a convolution");
    for (const ExprStep& step : request.epilogue.steps)
      if (step.code != ExprCode::constant and std::ranges::find(codes, step.code) == codes.end())
        return Verdict::no(fmt::format("no {}", info_of(step.code).name));
    return Verdict::yes();
  });
}

struct World {
  Registry registry;
  World() {
    registry.add(std::make_unique<fake::FakeBackend>(std::make_shared<double>(0)));
    registry.add(make_reference());
  }
  CandidateSet candidates(Graph& graph, CandidateConfig config = {}) {
    config.backend = "fake";
    config.threads = 1;
    return tactics::candidates(graph, registry, config);
  }
};

/// y = relu(conv + other) * gain + 1, z = tanh of the same.
struct FusedGraph {
  Graph graph;
  FusedGraph() {
    const ValueId x = graph.add_input("x", {DType::f32, {1, 2, 3, 3}, {}});
    const ValueId other = graph.add_input("other", {DType::f32, {1, 2, 3, 3}, {}});
    const ValueId gain = graph.add_input("gain", {DType::f32, {2, 1, 1}, {}});
    const ValueId w = graph.add_constant(Tensor::of<float>({2, 2, 1, 1}, {1, -2, 0.5F, 3}));
    Expr e;
    const auto conv = e.add_input(DType::f32), sum_with = e.add_input(DType::f32), factor = e.add_input(DType::f32);
    const auto one = e.add_constant(DType::f32, 1);
    const auto sum = e.add_step(ExprCode::add, DType::f32, {conv, sum_with});
    const auto relu = e.add_step(ExprCode::relu, DType::f32, {sum});
    const auto product = e.add_step(ExprCode::mul, DType::f32, {relu, factor});
    const auto shifted = e.add_step(ExprCode::add, DType::f32, {product, one});
    e.outputs = {shifted, e.add_step(ExprCode::tanh, DType::f32, {product})};
    const NodeId node = graph.add_node(ops::Fused{ops::Conv{}, 3, e}, {x, w, {}, other, gain}, 2, {"y", "z"}, "block");
    for (const ValueId id : graph.node(node).outputs) graph.add_output(id);
  }
  std::vector<Tensor> outputs() const {
    const auto ramp = [](Dims dims, double step) {
      Tensor tensor(DType::f32, std::move(dims));
      for (int64_t i = 0; i < tensor.size(); ++i) tensor.set_number(i, step * static_cast<double>(i) - 1);
      return tensor;
    };
    return evaluate(graph, std::vector{ramp({1, 2, 3, 3}, 0.25), ramp({1, 2, 3, 3}, -0.125), ramp({2, 1, 1}, 3)});
  }
};

void expect_split(std::vector<ExprCode> codes, size_t steps_with_anchor) {
  World world;
  world.registry.add(make_conv(std::move(codes)));
  FusedGraph fused;
  const std::vector<Tensor> before = fused.outputs();
  const CandidateSet set = world.candidates(fused.graph);
  verify(fused.graph);
  ASSERT_EQ(set.nodes.size(), 2U);
  EXPECT_TRUE(set.nodes[0].request.op.is<ops::Conv>());
  size_t steps = 0;
  for (const ExprStep& step : set.nodes[0].request.epilogue.steps) steps += step.code == ExprCode::constant ? 0 : 1;
  EXPECT_EQ(steps, steps_with_anchor);
  EXPECT_EQ(name_of(set.nodes[0].candidates.at(0)), "fake.conv");
  EXPECT_TRUE(set.nodes[1].request.op.is<ops::Pointwise>());
  EXPECT_EQ(name_of(set.nodes[1].candidates.at(0)), "ref.reference");
  const std::vector<Tensor> after = fused.outputs();
  for (size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(before[i].identical(after[i])) << i;
}

TEST(Candidates, KeepAFusedNodeThatATacticTakesWhole) {
  World world;
  world.registry.add(make_conv({ExprCode::add, ExprCode::relu, ExprCode::mul, ExprCode::tanh}));
  FusedGraph fused;
  EXPECT_EQ(world.candidates(fused.graph).nodes.size(), 1U);
}

TEST(Candidates, SplitAfterTheLongestPrefix) {
  expect_split({ExprCode::add, ExprCode::relu, ExprCode::mul}, 3);
  expect_split({ExprCode::add, ExprCode::relu}, 2);
  expect_split({ExprCode::add}, 1);
  expect_split({}, 0);
}

size_t nodes_with_host_convolution(std::unique_ptr<FakeTactic> of_device) {
  World world;
  world.registry = Registry{};
  world.registry.add(std::make_unique<fake::DeviceBackend>());
  world.registry.add(make_reference());
  std::unique_ptr<FakeTactic> host = make_conv({ExprCode::add, ExprCode::relu, ExprCode::mul, ExprCode::tanh});
  host->name = "cpu.conv";
  world.registry.add(std::move(host));
  world.registry.add(std::move(of_device));
  FusedGraph fused;
  return world.candidates(fused.graph).nodes.size();
}

TEST(Candidates, LeaveToTheHostWhatNoKernelOfTheDeviceBegins) {
  EXPECT_EQ(nodes_with_host_convolution(make_tactic("fake.pool", [](const OpRequest&) { return Verdict::no("not a pool"); })), 1U);
  EXPECT_EQ(nodes_with_host_convolution(make_conv({})), 2U) << "the device takes the convolution alone";
}

TEST(Candidates, AskADeviceOnceAboutTheSame) {
  World world;
  world.registry = Registry{};
  world.registry.add(std::make_unique<fake::DeviceBackend>());
  world.registry.add(make_reference());
  std::atomic<int> convolutions = 0, others = 0;
  world.registry.add(make_tactic("fake.any", [&](const OpRequest& request) {
    ++(request.op.is<ops::Conv>() ? convolutions : others);
    return Verdict::yes();
  }));
  FusedGraph fused;
  ValueId last = fused.graph.outputs()[0];
  for (int i = 0; i < 3; ++i)
    last = fused.graph.node(fused.graph.add_node(ops::pointwise(ExprCode::relu, {DType::f32}, DType::f32), {last})).outputs[0];
  fused.graph.add_output(last, "last");
  const CandidateSet set = world.candidates(fused.graph);
  ASSERT_EQ(set.nodes.size(), 4U);
  for (const NodeCandidates& node : set.nodes) EXPECT_EQ(name_of(node.candidates.back()), "fake.any");
  EXPECT_EQ(convolutions, 1) << "whether it is taken whole, and in which variants, is one question";
  EXPECT_EQ(others, 1) << "three equal nodes";
}

TEST(Candidates, CutsOnlyWhereOneValueCrosses) {
  const FusedGraph fused;
  const Expr epilogue = fused.graph.node(fused.graph.order()[0]).op.as<ops::Fused>()->epilogue;
  EXPECT_TRUE(cut_epilogue(epilogue, 4));
  EXPECT_FALSE(cut_epilogue(epilogue, 5)) << "both the product and the shifted product would cross";
  EXPECT_FALSE(cut_epilogue(epilogue, 1)) << "nothing is computed yet";
}

TEST(Candidates, FallBackToTheReferenceAndKeepReasons) {
  World world;
  world.registry.add(make_conv({}));
  Graph graph;
  const ValueId x = graph.add_input("x", {DType::f32, {4}, {}});
  const NodeId node = graph.add_node(ops::pointwise(ExprCode::relu, {DType::f32}, DType::f32), {x}, 1, {}, "relu_1");
  graph.add_output(graph.node(node).outputs[0]);
  const CandidateSet set = world.candidates(graph);
  ASSERT_EQ(set.nodes.at(0).candidates.size(), 1U);
  EXPECT_EQ(name_of(set.nodes[0].candidates[0]), "ref.reference");
  ASSERT_EQ(set.nodes[0].refusals.size(), 1U);
  EXPECT_EQ(set.nodes[0].refusals[0].reason, "not a convolution");
  try {
    CandidateConfig strict;
    strict.fallback = false;
    (void)world.candidates(graph, strict);
    FAIL() << "a node without a tactic was accepted";
  } catch (const Error& error) { EXPECT_THAT(error.what(), ::testing::AllOf(HasSubstr("relu_1"), HasSubstr("not a convolution"))); }
}

TEST(Candidates, TakeAnExceptionForARefusal) {
  World world;
  world.registry.add(make_tactic("fake.broken", [](const OpRequest&) -> Verdict { fail("cannot read this"); }));
  Graph graph;
  const ValueId x = graph.add_input("x", {DType::f32, {4}, {}});
  graph.add_output(graph.node(graph.add_node(ops::pointwise(ExprCode::relu, {DType::f32}, DType::f32), {x})).outputs[0]);
  EXPECT_THAT(world.candidates(graph).nodes.at(0).refusals.at(0).reason, HasSubstr("cannot read this"));
}

TEST(Candidates, ForceOneTactic) {
  World world;
  world.registry.add(make_conv({}));
  world.registry.add(make_tactic("fake.any", [](const OpRequest&) { return Verdict::yes(); }));
  FusedGraph fused;
  CandidateConfig forced;
  forced.only_tactic = "fake.conv";
  const CandidateSet set = world.candidates(fused.graph, forced);
  ASSERT_EQ(set.nodes.size(), 1U);
  EXPECT_EQ(name_of(set.nodes[0].candidates.at(0)), "ref.reference");
  forced.only_tactic = "fake.conf";
  EXPECT_THROW((void)world.candidates(fused.graph, forced), Error);
}

TEST(Candidates, LeaveOutWhatIsNotWanted) {
  World world;
  for (const char* name : {"fake.library.a", "fake.library.b", "fake.own"})
    world.registry.add(make_tactic(name, [](const OpRequest&) { return Verdict::yes(); }));
  Graph graph;
  const ValueId x = graph.add_input("x", {DType::f32, {4}, {}});
  graph.add_output(graph.node(graph.add_node(ops::pointwise(ExprCode::relu, {DType::f32}, DType::f32), {x})).outputs[0]);
  CandidateConfig config;
  config.left_out = {"fake.library."};
  const CandidateSet set = world.candidates(graph, config);
  ASSERT_EQ(set.nodes.at(0).candidates.size(), 1U);
  EXPECT_EQ(name_of(set.nodes[0].candidates[0]), "fake.own");
  config.left_out = {"fake."};
  EXPECT_EQ(name_of(world.candidates(graph, config).nodes.at(0).candidates.at(0)), "ref.reference");
}

TEST(Candidates, NameBackends) {
  Graph graph;
  EXPECT_THROW((void)candidates(graph, {.backend = "nonsense", .threads = 1, .permitted = {}, .only_tactic = {}}), Error);
  EXPECT_THROW((void)candidates(graph, {.backend = "null", .threads = 1, .permitted = {}, .only_tactic = {}}), Error);
}

/// The alias candidates of a graph's last node.
std::vector<Candidate> aliases(const Graph& graph, Target target = {}) {
  const fake::FakeBackend backend(std::make_shared<double>(0));
  const Node& node = graph.node(graph.order().back());
  return alias_candidates(graph, node, make_request(graph, node, target), backend);
}

std::vector<std::string> layouts(const std::vector<Candidate>& candidates) {
  std::vector<std::string> texts;
  for (const Candidate& candidate : candidates) texts.push_back(candidate.variant.outputs.at(0).text());
  return texts;
}

TEST(Aliases, ViewsKeepRowMajorUnlessShapesAreEqual) {
  Graph graph;
  const ValueId x = graph.add_input("x", {DType::f32, {1, 8, 2, 2}, {}});
  const auto reshaped = [&](std::initializer_list<int64_t> shape) {
    graph.add_node(ops::Reshape{}, {x, graph.add_constant(Tensor::of<int64_t>({static_cast<int64_t>(shape.size())}, shape))});
    return layouts(aliases(graph, {.threads = 1, .device = {}, .permitted = {DType::bf16}}));
  };
  EXPECT_THAT(reshaped({32}), ::testing::ElementsAre("f32:0", "bf16:0"));
  EXPECT_THAT(reshaped({1, 8, 2, 2}), ::testing::Contains("f32:0231"));
}

/// Concat of parts along an axis; every part is computed, so that its memory is its own.
Graph concat_graph(const std::vector<Dims>& parts, int64_t axis) {
  Graph graph;
  std::vector<ValueId> values;
  for (size_t i = 0; i < parts.size(); ++i) {
    const ValueId x = graph.add_input("x" + std::to_string(i), {DType::f32, Shape(std::span<const int64_t>(parts[i])), {}});
    values.push_back(graph.node(graph.add_node(ops::pointwise(ExprCode::relu, {DType::f32}, DType::f32), {x})).outputs[0]);
  }
  graph.add_output(graph.node(graph.add_node(ops::Concat{axis}, values)).outputs[0]);
  return graph;
}

TEST(Aliases, ConcatsNeedContiguousParts) {
  EXPECT_THAT(layouts(aliases(concat_graph({{1, 16, 4, 4}, {1, 32, 4, 4}}, 1))),
              ::testing::ElementsAre("f32:0123", "f32:0123:1b16", "f32:0123:1b8"));
  EXPECT_THAT(layouts(aliases(concat_graph({{1, 8, 4, 4}, {1, 32, 4, 4}}, 1))), ::testing::ElementsAre("f32:0123", "f32:0123:1b8"));
  EXPECT_THAT(layouts(aliases(concat_graph({{1, 3, 4, 4}, {1, 5, 4, 4}}, 1))), ::testing::ElementsAre("f32:0123"));
  EXPECT_TRUE(aliases(concat_graph({{2, 16, 4, 4}, {2, 16, 4, 4}}, 1)).empty());
  EXPECT_THAT(layouts(aliases(concat_graph({{1, 20, 4, 4}, {1, 20, 4, 4}}, 2))), ::testing::ElementsAre("f32:0231"));
  EXPECT_THAT(layouts(aliases(concat_graph({{3, 5}, {2, 5}}, 0))), ::testing::ElementsAre("f32:01"));
  EXPECT_THAT(layouts(aliases(concat_graph({{1, 16, 4, 4}, {1, 16, 4, 4}}, -3))), ::testing::Contains("f32:0123"));
}

TEST(Aliases, ConcatsCountTheCopiesTheyNeed) {
  EXPECT_EQ(aliases(concat_graph({{1, 16, 4, 4}, {1, 16, 4, 4}}, 1)).at(0).variant.estimate, 0);
  EXPECT_GT(aliases(concat_graph({{1, 3}, {1, 16}}, 1)).at(0).variant.estimate, 0) << "the second part would start at 12 bytes";
  Graph graph;
  const ValueId a = graph.add_input("a", {DType::f32, {1, 16}, {}}), b = graph.add_input("b", {DType::f32, {1, 16}, {}});
  graph.add_output(graph.node(graph.add_node(ops::Concat{1}, {a, b})).outputs[0]);
  EXPECT_GT(aliases(graph).at(0).variant.estimate, 0) << "network inputs cannot live inside another tensor";
}

TEST(Aliases, SplitsAndSlicesSayWhereTheirPartsAre) {
  Graph graph;
  const ValueId x = graph.add_input("x", {DType::f32, {1, 32, 2, 2}, {}});
  graph.add_node(ops::Split{1}, {x, graph.add_constant(Tensor::of<int64_t>({2}, {8, 24}))}, 2);
  const auto split = aliases(graph);
  EXPECT_THAT(layouts(split), ::testing::ElementsAre("f32:0123", "f32:0123:1b8"));
  for (const Candidate& candidate : split) EXPECT_EQ(candidate.variant.part_offsets, (std::vector<int64_t>{0, 8 * 4 * 4}));

  const auto slice = [&](int64_t start, int64_t end, int64_t axis, int64_t step) {
    const auto one = [&](int64_t value) { return graph.add_constant(Tensor::of<int64_t>({1}, {value})); };
    graph.add_node(ops::Slice{}, {x, one(start), one(end), one(axis), one(step)});
    return aliases(graph);
  };
  const auto sliced = slice(16, -8, 1, 1);
  EXPECT_THAT(layouts(sliced), ::testing::ElementsAre("f32:0123", "f32:0123:1b8"));
  EXPECT_EQ(sliced.at(0).variant.part_offsets, (std::vector<int64_t>{16 * 4 * 4}));
  EXPECT_TRUE(slice(0, 16, 1, 2).empty()) << "every second channel";
  EXPECT_TRUE(slice(31, -33, 1, -1).empty()) << "channels in reverse";
  EXPECT_THAT(layouts(slice(1, 2, 2, 1)), ::testing::ElementsAre("f32:0231"));
}

}  // namespace
}  // namespace burnish::tactics
