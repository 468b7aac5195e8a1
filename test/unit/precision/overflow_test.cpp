// What is kept from float16: networks whose numbers leave its range somewhere, with candidates that are said to store halves. Ranges are worked
// out by hand from weights and bounds of the operators.
#include "precision/overflow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ops/fused.h"
#include "ops/matmul.h"
#include "ops/pointwise.h"
#include "ops/softmax.h"

namespace burnish {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Dims dims = {8, 16};

/// A chain of nodes; each candidate of the CPU gets a brother that stores halves.
struct Network {
  Graph graph;
  ValueId last = graph.add_input("input", {DType::f32, Shape(dims), {}});
  tactics::CandidateSet found;
  std::vector<std::string> messages;
  bool only_halves = false;

  void add(Op op, std::vector<ValueId> further, const std::string& name) {
    further.insert(further.begin(), last);
    last = graph.node(graph.add_node(std::move(op), std::move(further), 1, {}, name)).outputs[0];
  }
  ValueId number(float value) { return graph.add_constant(Tensor::of<float>({}, {value})); }
  void unary(ExprCode code, const std::string& name) { add(ops::pointwise(code, {DType::f32}, DType::f32), {}, name); }
  void binary(ExprCode code, float value, const std::string& name) {
    add(ops::pointwise(code, {DType::f32, DType::f32}, DType::f32), {number(value)}, name);
  }

  std::optional<size_t> keep(double most_seconds = 5, tactics::TimingCache* cache = nullptr) {
    graph.add_output(last, "output");
    found = tactics::candidates(graph, {.backend = "cpu", .threads = 1, .permitted = {}, .only_tactic = {}});
    for (tactics::NodeCandidates& node : found.nodes) {
      tactics::Candidate narrow = node.candidates.front();
      for (tactics::Format& format : narrow.variant.outputs) format.storage = DType::f16;
      if (only_halves) node.candidates.clear();
      node.candidates.push_back(std::move(narrow));
    }
    const auto log = [this](Severity, std::string_view message) { messages.emplace_back(message); };
    return keep_from_overflow(graph, found, {.backend = "cpu", .threads = 1, .most_seconds = most_seconds, .cache = cache, .logger = log});
  }

  std::vector<std::string> kept() const {
    std::vector<std::string> names;
    for (const tactics::NodeCandidates& node : found.nodes) {
      const bool narrow = std::ranges::any_of(
          node.candidates, [](const tactics::Candidate& candidate) { return candidate.variant.outputs[0].storage == DType::f16; });
      EXPECT_EQ(narrow, node.kept_from_halves.empty());
      if (not narrow) names.push_back(graph.node(node.node).name);
    }
    return names;
  }
};

TEST(Overflow, KeepsWhatMakesAndWhatReadsLargeNumbers) {
  Network network;
  network.unary(ExprCode::sigmoid, "small");            // below 1
  network.binary(ExprCode::mul, 1e6F, "large");         // some above 32752
  network.binary(ExprCode::mul, 1e-6F, "small again");  // reads them
  network.unary(ExprCode::tanh, "last");
  EXPECT_EQ(network.keep(), 2);
  EXPECT_THAT(network.kept(), ElementsAre("large", "small again"));
  EXPECT_THAT(network.messages, ::testing::Contains(HasSubstr("large")));
  EXPECT_THAT(network.messages, ::testing::Each(HasSubstr("float16 ends at 65504")));
}

TEST(Overflow, SeesWhatAnEpilogueHides) {
  Network network;
  Tensor weights(DType::f32, {16, 4});
  for (int64_t i = 0; i < weights.size(); ++i) weights.set_number(i, i % 3 == 0 ? 30000 : -20000);
  const Expr scaled = Expr::parse("(f32) constant:f32[1e-6] mul:f32(0,1) -> 2");
  network.add(ops::Fused{ops::MatMul{}, 2, scaled}, {network.graph.add_constant(weights)}, "product");
  network.unary(ExprCode::tanh, "last");
  network.keep();
  EXPECT_THAT(network.kept(), ElementsAre("product"));
}

TEST(Overflow, SeesWeights) {
  Network network;
  Tensor weights(DType::f32, {16, 4});
  weights.set_number(5, 1e5);
  network.binary(ExprCode::mul, 1e-6F, "tiny");
  network.add(ops::MatMul{}, {network.graph.add_constant(weights)}, "product");
  network.keep();
  EXPECT_THAT(network.kept(), ElementsAre("product"));
}

TEST(Overflow, TakesTheHostWhereTheDeviceHasOnlyHalves) {
  Network network;
  network.only_halves = true;
  network.binary(ExprCode::mul, 1e6F, "large");
  EXPECT_EQ(network.keep(), 1);
  EXPECT_THAT(network.kept(), ElementsAre("large"));
}

TEST(Overflow, LeavesAloneWhatFits) {
  Network network;
  network.unary(ExprCode::sigmoid, "a");
  network.binary(ExprCode::mul, 30000, "b");
  network.add(ops::Softmax{}, {}, "c");
  EXPECT_EQ(network.keep(), 0);
  EXPECT_THAT(network.kept(), IsEmpty());
  EXPECT_THAT(network.messages, IsEmpty());
}

TEST(Overflow, MasksMayBecomeInfinite) {
  Network network;
  network.binary(ExprCode::min, -3e38F, "mask");
  network.add(ops::Softmax{}, {}, "softmax");
  EXPECT_EQ(network.keep(), 0);
}

Network small_and_large(float factor = 1e6F) {
  Network network;
  network.unary(ExprCode::sigmoid, "small");
  network.binary(ExprCode::mul, factor, "large");
  network.unary(ExprCode::tanh, "last");
  return network;
}

TEST(Overflow, LooksIntoANetworkOnce) {
  tactics::TimingCache cache;
  Network first = small_and_large(), again = small_and_large(), other = small_and_large(1e7F);
  EXPECT_EQ(first.keep(5, &cache), 2);
  ASSERT_EQ(cache.findings().size(), 1U);
  // Had it been run again, node 0, whose numbers are below 1, would not be kept.
  tactics::Finding changed = cache.findings().begin()->second;
  changed.remarks.emplace(0, "somebody said so");
  cache.insert(cache.findings().begin()->first, changed);
  EXPECT_EQ(again.keep(5, &cache), 3);
  EXPECT_EQ(again.found.nodes[0].kept_from_halves, "somebody said so");
  EXPECT_EQ(again.found.nodes[1].kept_from_halves, first.found.nodes[1].kept_from_halves);
  EXPECT_EQ(cache.findings().size(), 1U);
  EXPECT_EQ(other.keep(5, &cache), 2) << "another weight is another network";
  EXPECT_EQ(cache.findings().size(), 2U);
}

TEST(Overflow, RemembersThatItTakesTooLong) {
  tactics::TimingCache cache;
  Network first = small_and_large(), again = small_and_large(), patient = small_and_large();
  EXPECT_EQ(first.keep(0, &cache), std::nullopt);
  EXPECT_EQ(again.keep(0, &cache), std::nullopt);
  EXPECT_EQ(cache.findings().size(), 1U);
  EXPECT_EQ(patient.keep(5, &cache), 2) << "with more patience it is another question";
}

TEST(Overflow, DoesNotBelieveRemarksThatDoNotFit) {
  for (const auto& [node, text] : {std::pair(1000U, "beyond the end"), {0U, ""}}) {
    tactics::TimingCache cache;
    Network first = small_and_large(), again = small_and_large();
    EXPECT_EQ(first.keep(5, &cache), 2);
    cache.insert(cache.findings().begin()->first, {.complete = true, .remarks = {{node, text}}});
    EXPECT_EQ(again.keep(5, &cache), 2);
    EXPECT_THAT(again.kept(), ElementsAre("large", "last"));
  }
}

TEST(Overflow, TellsWhereNobodyIsFastEnough) {
  Network network;
  network.binary(ExprCode::mul, 1e6F, "large");
  EXPECT_EQ(network.keep(0), std::nullopt);
  EXPECT_THAT(network.messages, ElementsAre(HasSubstr("too long")));
}

}  // namespace
}  // namespace burnish
