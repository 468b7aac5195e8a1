// Types asked of layers by name: which entry decides, which candidates are left, and what is said where none is.
#include "tactics/layer_types.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "ops/pointwise.h"
#include "tactics/assign.h"

namespace burnish::tactics {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

DType type_of(const std::vector<LayerTypes>& entries, std::string_view layer) {
  const LayerMatch match = match_layer(entries, layer);
  return match.entry == nullptr ? DType::boolean : match.entry->types.at(0);
}

TEST(LayerTypes, NamesGoBeforePatternsAndLaterBeforeEarlier) {
  const std::vector<LayerTypes> entries = {{"conv1", {DType::f32}}, {"conv*", {DType::f16}}, {"*1", {DType::i8}}, {"*", {DType::bf16}}};
  EXPECT_EQ(type_of(entries, "conv1"), DType::f32);
  EXPECT_EQ(type_of(entries, "conv2"), DType::f16);
  EXPECT_EQ(type_of(entries, "conv11"), DType::i8);
  EXPECT_EQ(type_of(entries, "relu"), DType::bf16);
  EXPECT_EQ(type_of({{"conv1", {DType::f32}}, {"conv1", {DType::f16}}}, "conv1"), DType::f16);
  EXPECT_EQ(type_of({{"ab*ba", {DType::f32}}}, "aba"), DType::boolean) << "the two ends may not overlap";
  EXPECT_EQ(type_of({{"conv", {DType::f32}}}, "conv1"), DType::boolean);
}

/// Four pointwise nodes in a row, a to d, on the CPU; c is made of two layers.
struct Network {
  Graph graph;
  CandidateSet found;
  LayerDemands demands{.constraints = PrecisionConstraints::obey, .precisions = {}, .output_types = {}};
  std::vector<std::string> messages;

  Network() {
    ValueId last = graph.add_input("input", {DType::f32, Shape(Dims{64, 64}), {}});
    for (const char* name : {"a", "b", "c", "d"}) {
      const NodeId id = graph.add_node(ops::pointwise(ExprCode::tanh, {DType::f32}, DType::f32), {last}, 1, {}, name);
      graph.mutable_node(id).provenance =
          std::string_view(name) == "c" ? std::vector<std::string>{"c_first", "c_second"} : std::vector<std::string>{name};
      last = graph.node(id).outputs[0];
    }
    graph.add_output(last, "output");
  }

  Assignment assigned(std::vector<DType> permitted = {}) {
    std::vector<DType> all = permitted;
    for (const DType type : storage_asked_for(demands)) all.push_back(type);
    found = candidates(graph, {.backend = "cpu", .threads = 1, .permitted = all, .only_tactic = {}});
    const auto keep = [this](Severity, std::string_view message) { messages.emplace_back(message); };
    AssignConfig config;
    config.ruled_out = rule_out(graph, found, demands, permitted, keep);
    return assign(graph, found, config);
  }

  const Variant& variant(const Assignment& chosen, size_t node) const { return found.nodes[node].candidates[chosen.chosen[node]].variant; }
  std::vector<DType> inputs(const Assignment& chosen) const {
    std::vector<DType> types;
    for (size_t node = 0; node < found.nodes.size(); ++node) types.push_back(variant(chosen, node).inputs[0].storage);
    return types;
  }

  std::string fault() {
    try {
      (void)assigned();
    } catch (const Error& error) { return error.what(); }
    return "nothing was thrown";
  }
};

TEST(LayerTypes, AreObeyed) {
  Network network;
  network.demands.precisions = {{"b", {DType::bf16}}};
  const Assignment chosen = network.assigned();
  EXPECT_EQ(network.inputs(chosen), (std::vector{DType::f32, DType::bf16, DType::f32, DType::f32}));
  EXPECT_THAT(network.messages, IsEmpty());
}

TEST(LayerTypes, AreNotUsedByLayersThatNobodyNamed) {
  Network network;
  network.demands.precisions = {{"b", {DType::bf16}}};
  const Assignment chosen = network.assigned();
  for (const size_t node : {0U, 2U, 3U}) EXPECT_EQ(network.variant(chosen, node).outputs[0].storage, DType::f32) << node;
}

TEST(LayerTypes, KeepLayersExactWhereOthersMayRound) {
  Network network;
  network.demands.precisions = {{"b", {DType::f32}}, {"*", {DType::bf16}}};
  EXPECT_EQ(network.inputs(network.assigned({DType::bf16})), (std::vector{DType::bf16, DType::f32, DType::bf16, DType::bf16}));
}

TEST(LayerTypes, OfANodeOfSeveralLayersAreTheWider) {
  Network network;
  network.demands.precisions = {{"c_first", {DType::bf16}}, {"c_second", {DType::f32}}, {"d", {DType::bf16}}};
  EXPECT_EQ(network.inputs(network.assigned()), (std::vector{DType::f32, DType::f32, DType::f32, DType::bf16}));
}

TEST(LayerTypes, OfResultsAreObeyed) {
  Network network;
  network.demands.output_types = {{"a", {DType::bf16}}};
  const Assignment chosen = network.assigned();
  EXPECT_EQ(network.variant(chosen, 0).outputs[0].storage, DType::bf16);
  EXPECT_EQ(network.variant(chosen, 2).outputs[0].storage, DType::f32);
  network.demands.output_types = {{"a", {DType::bf16, DType::f32}}};
  EXPECT_THAT(network.fault(), HasSubstr("layer `a` has 1 results; 2 types"));
}

TEST(LayerTypes, ThatNoKernelHasAreAnErrorOrAWarning) {
  Network network;
  network.demands.precisions = {{"b", {DType::i8}}, {"d", {DType::i8}}};
  EXPECT_THAT(network.fault(), AllOf(HasSubstr("2 layer(s)"), HasSubstr("layer `b`"), HasSubstr("layer `d`"), Not(HasSubstr("layer `a`"))));
  network.demands.constraints = PrecisionConstraints::prefer;
  (void)network.assigned();
  ASSERT_EQ(network.messages.size(), 2U);
  EXPECT_THAT(network.messages, Each(HasSubstr("nothing that computes in i8")));
}

TEST(LayerTypes, OfPatternsLeaveAloneWhatTheyCannotMean) {
  Network network;
  network.demands.precisions = {{"*", {DType::i8}}};
  (void)network.assigned();
  EXPECT_THAT(network.messages, IsEmpty());
}

TEST(LayerTypes, ForStrangersAreToldOf) {
  Network network;
  network.demands.precisions = {{"x", {DType::f32}}};
  (void)network.assigned();
  ASSERT_EQ(network.messages.size(), 1U);
  EXPECT_THAT(network.messages[0], HasSubstr("layer `x`"));
}

}  // namespace
}  // namespace burnish::tactics
