// The global choice: against brute force on random networks with a cost counted here independently, and its promises one by one.
#include "tactics/assign.h"

#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_backend.h"
#include "ops/pointwise.h"
#include "tactics/reformat.h"

namespace burnish::tactics {
namespace {

using fake::FakeTactic;
using ::testing::HasSubstr;

const Layout plain = Layout::row_major(4), last = Layout::channels_last(4), blocks = Layout::channel_blocks(4, 8);

/// A network of pointwise nodes over [1,16,8,8] and candidates given by hand.
struct Network {
  Graph graph;
  std::unique_ptr<fake::FakeBackend> backend = std::make_unique<fake::FakeBackend>(std::make_shared<double>(0));
  std::vector<std::unique_ptr<FakeTactic>> tactics;
  CandidateSet set;
  const TensorType type{DType::f32, {1, 16, 8, 8}, {}};

  Network() {
    set.backend = backend.get();
    set.target.threads = 1;
  }

  ValueId input(const std::string& name) { return graph.add_input(name, type); }

  ValueId node(const std::string& name, const std::vector<ValueId>& inputs) {
    const ops::Pointwise op = inputs.size() == 1 ? ops::pointwise(ExprCode::relu, {DType::f32}, DType::f32)
                                                 : ops::pointwise(ExprCode::add, {DType::f32, DType::f32}, DType::f32);
    const NodeId id = graph.add_node(op, inputs, 1, {name}, name);
    set.nodes.push_back({.node = id, .request = {}, .request_hash = {}, .candidates = {}, .refusals = {}, .kept_from_halves = {}});
    return graph.node(id).outputs[0];
  }

  /// One candidate for the last node: formats of its inputs and its output, and measured seconds.
  void candidate(const std::string& tactic, const std::vector<Layout>& inputs, const Layout& output, double seconds) {
    auto made = std::make_unique<FakeTactic>();
    made->name = "fake." + tactic;
    Candidate candidate;
    candidate.tactic = made.get();
    for (const Layout& layout : inputs) candidate.variant.inputs.push_back({DType::f32, layout});
    candidate.variant.outputs.push_back({DType::f32, output});
    candidate.seconds = seconds;
    tactics.push_back(std::move(made));
    set.nodes.back().candidates.push_back(std::move(candidate));
  }

  double reformat(const Layout& from, const Layout& to) const {
    return reformat_variant(*backend, type, {DType::f32, from}, {DType::f32, to}, 1).estimate + backend->step_overhead();
  }

  /// Seconds of a choice as the plan would run it: each value is brought into each further format once, from the producer's.
  double count(const std::vector<uint32_t>& chosen) const {
    double seconds = 0;
    std::map<uint32_t, Layout> layout_of;
    std::set<std::pair<uint32_t, std::string>> held;
    for (const ValueId id : graph.inputs()) layout_of[id.index] = plain;
    for (size_t i = 0; i < set.nodes.size(); ++i) {
      const Node& node = graph.node(set.nodes[i].node);
      const Variant& variant = set.nodes[i].candidates[chosen[i]].variant;
      seconds += set.nodes[i].candidates[chosen[i]].seconds + backend->step_overhead();
      for (size_t slot = 0; slot < node.inputs.size(); ++slot)
        need(node.inputs[slot], variant.inputs[slot].layout, layout_of, held, seconds);
      layout_of[node.outputs[0].index] = variant.outputs[0].layout;
    }
    for (const ValueId id : graph.outputs()) need(id, plain, layout_of, held, seconds);
    return seconds;
  }

  void need(ValueId id, const Layout& wanted, const std::map<uint32_t, Layout>& layout_of, std::set<std::pair<uint32_t, std::string>>& held,
            double& seconds) const {
    const Layout& from = layout_of.at(id.index);
    if (from != wanted and held.emplace(id.index, wanted.text()).second) seconds += reformat(from, wanted);
  }

  double brute_force() const {
    std::vector<uint32_t> chosen(set.nodes.size(), 0);
    double best = infinite_cost;
    for (;;) {
      best = std::min(best, count(chosen));
      size_t node = 0;
      while (node < chosen.size() and ++chosen[node] == set.nodes[node].candidates.size()) chosen[node++] = 0;
      if (node == chosen.size()) return best;
    }
  }
};

void add_random_node(Network& network, std::mt19937& random, std::vector<ValueId>& values, size_t index) {
  const auto any = [&] { return values[random() % values.size()]; };
  std::vector<ValueId> inputs = {any()};
  if (random() % 2 == 0) inputs.push_back(any());
  values.push_back(network.node("n" + std::to_string(index), inputs));
  const std::array<Layout, 3> layouts = {plain, last, blocks};
  const size_t candidates = 1 + random() % 3;
  for (size_t i = 0; i < candidates; ++i) {
    std::vector<Layout> formats;
    for (size_t slot = 0; slot < inputs.size(); ++slot) formats.push_back(layouts[random() % 3]);
    network.candidate("t" + std::to_string(i), formats, layouts[random() % 3], std::uniform_real_distribution<>(0, 3e-5)(random));
  }
}

TEST(Assign, FindsTheLeastOfRandomNetworks) {
  std::mt19937 random(3);
  size_t with_reformats = 0;
  for (int round = 0; round < 300; ++round) {
    Network network;
    std::vector<ValueId> values = {network.input("x"), network.input("y")};
    for (size_t i = 0; i < 7; ++i) add_random_node(network, random, values, i);
    network.graph.add_output(values.back());
    network.graph.add_output(values[2 + random() % 5]);
    const Assignment assignment = assign(network.graph, network.set);
    EXPECT_NEAR(assignment.seconds, network.brute_force(), 1e-12) << "round " << round;
    EXPECT_NEAR(assignment.seconds, network.count(assignment.chosen), 1e-12) << "round " << round;
    EXPECT_LE(assignment.seconds, assignment.best_uniform_seconds + 1e-15);
    EXPECT_TRUE(assignment.optimal);
    EXPECT_EQ(assign(network.graph, network.set).chosen, assignment.chosen);
    with_reformats += assignment.reformat_seconds > 0 ? 1 : 0;
  }
  EXPECT_GT(with_reformats, 50U);
}

/// Three nodes in a row, each a little faster in channels-last.
Network chain(double gain) {
  Network network;
  ValueId value = network.input("x");
  for (int i = 0; i < 3; ++i) {
    value = network.node("node_" + std::to_string(i), {value});
    network.candidate("slow", {plain}, plain, 1e-4);
    network.candidate("fast", {last}, last, 1e-4 - gain);
  }
  network.graph.add_output(value);
  return network;
}

TEST(Assign, ChangesLayoutOnlyWhereItPays) {
  const double there_and_back = 2 * chain(0).reformat(plain, last);
  const Network worth = chain(there_and_back / 3 * 1.01), not_worth = chain(there_and_back / 3 * 0.99);
  EXPECT_EQ(assign(worth.graph, worth.set).chosen, (std::vector<uint32_t>{1, 1, 1}));
  EXPECT_EQ(assign(not_worth.graph, not_worth.set).chosen, (std::vector<uint32_t>{0, 0, 0}));
  const Assignment assignment = assign(worth.graph, worth.set);
  EXPECT_NEAR(assignment.reformat_seconds, there_and_back, 1e-12);
  EXPECT_GT(assignment.best_uniform_seconds, assignment.seconds);
}

TEST(Assign, FollowsTheFormatsTheCallerAskedFor) {
  const Network network = chain(1e-6);
  AssignConfig config;
  config.io_formats = {{"x", {DType::f32, last}}, {"node_2", {DType::f32, last}}};
  const Assignment assignment = assign(network.graph, network.set, config);
  EXPECT_EQ(assignment.chosen, (std::vector<uint32_t>{1, 1, 1}));
  EXPECT_EQ(assignment.reformat_seconds, 0);
  config.io_formats = {{"z", {DType::f32, last}}};
  EXPECT_THROW((void)assign(network.graph, network.set, config), Error);
  config.io_formats = {{"x", {DType::f32, Layout::row_major(3)}}};
  EXPECT_THROW((void)assign(network.graph, network.set, config), Error);
}

TEST(Assign, PinsChoices) {
  const Network network = chain(1e-6);
  Choices pinned{{{"node_1", {"fake.fast", "f32:0231->f32:0231"}}}};
  const Assignment assignment = assign(network.graph, network.set, {.pinned = &pinned, .io_formats = {}, .exact = {}});
  EXPECT_EQ(assignment.chosen[1], 1U);
  const Choices all = choices_of(network.graph, network.set, assignment);
  EXPECT_EQ(all.nodes.size(), 3U);
  EXPECT_EQ(all.nodes.at("node_1"), (Choice{"fake.fast", "f32:0231->f32:0231"}));
  EXPECT_EQ(assign(network.graph, network.set, {.pinned = &all, .io_formats = {}, .exact = {}}).chosen, assignment.chosen);
  const auto expect_fault = [&](const Choices& choices, const std::string& text) {
    try {
      (void)assign(network.graph, network.set, {.pinned = &choices, .io_formats = {}, .exact = {}});
      FAIL() << "accepted: " << choices.text();
    } catch (const Error& error) { EXPECT_THAT(error.what(), HasSubstr(text)); }
  };
  expect_fault({{{"node_11", {"fake.fast", ""}}}}, "did you mean `node_1`");
  expect_fault({{{"node_1", {"fake.fasd", ""}}}}, "did you mean `fake.fast`");
  expect_fault({{{"node_1", {"fake.fast", "f32:0123->f32:0123"}}}}, "f32:0231->f32:0231");
}

TEST(Assign, GivesNodesOfOneNameTheirOwnChoices) {
  Network network;
  ValueId value = network.input("x");
  for (int i = 0; i < 3; ++i) {
    value = network.node("same", {value});
    network.candidate("t", {plain}, plain, 1e-4);
  }
  network.graph.add_output(value);
  const Choices choices = choices_of(network.graph, network.set, assign(network.graph, network.set));
  EXPECT_TRUE(choices.nodes.contains("same") and choices.nodes.contains("same#2") and choices.nodes.contains("same#3"));
}

TEST(Assign, AvoidsWhatCannotBeUsed) {
  Network network;
  network.graph.add_output(network.node("a", {network.input("x")}));
  network.candidate("broken", {plain}, plain, infinite_cost);
  network.candidate("slow", {plain}, plain, 1);
  EXPECT_EQ(assign(network.graph, network.set).chosen, std::vector<uint32_t>{1});
  network.set.nodes[0].candidates[1].seconds = infinite_cost;
  network.set.nodes[0].candidates[1].note = "failed: out of registers";
  try {
    (void)assign(network.graph, network.set);
    FAIL();
  } catch (const Error& error) { EXPECT_THAT(error.what(), ::testing::AllOf(HasSubstr("`a`"), HasSubstr("out of registers"))); }
}

TEST(Assign, KnowsEqualMemory) {
  Network network;
  const TensorType vector{DType::f32, {1, 16, 1, 1}, {}};
  const ValueId x = network.graph.add_input("x", vector);
  network.graph.add_output(network.node("a", {x}));
  network.candidate("blocked", {blocks}, last, 1e-6);
  network.candidate("plain", {plain}, plain, 1.1e-6);
  const Assignment assignment = assign(network.graph, network.set);
  EXPECT_EQ(assignment.chosen, std::vector<uint32_t>{0});
  EXPECT_EQ(assignment.reformat_seconds, 0);
}

TEST(Assign, CostsMeasuredThenExpectedThenEstimated) {
  Network network;
  network.node("a", {network.input("x")});
  network.candidate("t", {plain}, plain, -1);
  Candidate& candidate = network.set.nodes[0].candidates[0];
  candidate.variant.estimate = 3;
  EXPECT_DOUBLE_EQ(cost_of(network.set, candidate), 3 + 1e-6);
  candidate.expected = 2;
  EXPECT_DOUBLE_EQ(cost_of(network.set, candidate), 2 + 1e-6);
  candidate.seconds = 1;
  EXPECT_DOUBLE_EQ(cost_of(network.set, candidate), 1 + 1e-6);
  candidate.tactic = nullptr;
  EXPECT_DOUBLE_EQ(cost_of(network.set, candidate), 1);
}

TEST(Assign, ExactNodesTakeNoCandidateThatRounds) {
  Network network;
  network.graph.add_output(network.node("a", {network.input("x")}));
  network.candidate("exact", {plain}, plain, 2e-3);
  network.candidate("rounded", {plain}, plain, 1e-3);
  network.set.nodes[0].candidates[1].variant.knobs = "math=bf16";
  EXPECT_EQ(assign(network.graph, network.set).chosen, std::vector<uint32_t>{1});
  AssignConfig config;
  config.exact = {true};
  EXPECT_EQ(assign(network.graph, network.set, config).chosen, std::vector<uint32_t>{0});
}

}  // namespace
}  // namespace burnish::tactics
