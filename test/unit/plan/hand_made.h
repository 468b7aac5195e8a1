// Networks whose candidates are given by hand, so that a test decides formats, aliases, workspaces and in-place results itself.
// Used by the tests of this folder. Plans made from it have the cpu backend's reformats and are never run.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>

#include "ops/concat.h"
#include "ops/pointwise.h"
#include "ops/reshape.h"
#include "ops/split.h"
#include "plan/plan.h"
#include "plan/verify.h"
#include "tactics/registry.h"

namespace burnish::plan::test {

struct NoTactic final : tactics::Tactic {
  std::string_view id() const override { return "cpu.hand_made"; }
  uint32_t revision() const override { return 1; }
  tactics::Verdict supports(const tactics::OpRequest& /*request*/) const override { return tactics::Verdict::yes(); }
  void variants(const tactics::OpRequest& /*request*/, tactics::VariantSink& /*sink*/) const override {}
  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& /*context*/, const tactics::OpRequest& /*request*/,
                                         const tactics::Variant& /*variant*/) const override {
    return nullptr;
  }
};

class HandMade {
 public:
  Graph graph;

  HandMade() {
    found_.backend = tactics::registry().find_backend("cpu");
    found_.target.threads = 1;
  }

  ValueId input(const std::string& name, const std::string& type) { return graph.add_input(name, TensorType::parse(type)); }

  /// Relu of one value or the sum of two. `change` may edit the plain variant.
  ValueId kernel(const std::string& name, const std::vector<ValueId>& inputs, const std::function<void(tactics::Variant&)>& change = {}) {
    const Op op = inputs.size() == 1 ? ops::pointwise(ExprCode::relu, {DType::f32}, DType::f32)
                                     : ops::pointwise(ExprCode::add, {DType::f32, DType::f32}, DType::f32);
    const NodeId id = graph.add_node(op, inputs, 1, {name}, name);
    tactics::Variant variant = plain(id);
    if (change) change(variant);
    choose(id, &tactic_, variant);
    return graph.node(id).outputs[0];
  }

  ValueId concat(const std::string& name, const std::vector<ValueId>& inputs, int64_t axis) {
    const NodeId id = graph.add_node(ops::Concat{axis}, inputs, 1, {name}, name);
    alias(id, tactics::Alias::concat);
    return graph.node(id).outputs[0];
  }

  ValueId reshape(const std::string& name, ValueId value, std::initializer_list<int64_t> dims) {
    const ValueId shape = graph.add_constant(Tensor::of<int64_t>({static_cast<int64_t>(dims.size())}, dims));
    const NodeId id = graph.add_node(ops::Reshape{}, {value, shape}, 1, {name}, name);
    alias(id, tactics::Alias::view);
    return graph.node(id).outputs[0];
  }

  /// Two halves of axis 0.
  std::vector<ValueId> halves(const std::string& name, ValueId value) {
    const int64_t half = graph.type(value).shape.dims()[0] / 2;
    const ValueId sizes = graph.add_constant(Tensor::of<int64_t>({2}, {half, half}));
    const NodeId id = graph.add_node(ops::Split{0}, {value, sizes}, 2, {name + "_0", name + "_1"}, name);
    tactics::Variant variant = plain(id);
    variant.alias = tactics::Alias::split;
    variant.keeps_constant = {false, true};
    variant.part_offsets = {0, tactics::stored_bytes(variant.outputs[0], graph.type(graph.node(id).outputs[0]).shape.dims())};
    choose(id, nullptr, variant);
    return graph.node(id).outputs;
  }

  Plan plan() {
    tactics::Assignment chosen;
    chosen.chosen.assign(found_.nodes.size(), 0);
    return make(graph, found_, chosen);
  }

 private:
  tactics::Variant plain(NodeId id) const {
    tactics::Variant variant;
    for (const ValueId input : graph.node(id).inputs) variant.inputs.push_back(tactics::plain_format(graph.type(input)));
    for (const ValueId output : graph.node(id).outputs) variant.outputs.push_back(tactics::plain_format(graph.type(output)));
    return variant;
  }
  void alias(NodeId id, tactics::Alias kind) {
    tactics::Variant variant = plain(id);
    variant.alias = kind;
    choose(id, nullptr, variant);
  }
  void choose(NodeId id, const tactics::Tactic* tactic, const tactics::Variant& variant) {
    tactics::Candidate candidate;
    candidate.tactic = tactic;
    candidate.variant = variant;
    found_.nodes.push_back({.node = id,
                            .request = tactics::make_request(graph, graph.node(id), found_.target),
                            .request_hash = {},
                            .candidates = {candidate},
                            .refusals = {},
                            .kept_from_halves = {}});
  }

  NoTactic tactic_;
  tactics::CandidateSet found_;
};

/// The last tensor of that name.
inline TensorSlot& slot(Plan& plan, std::string_view name) {
  for (size_t i = plan.tensors.size(); i-- > 0;)
    if (plan.tensors[i].name == name) return plan.tensors[i];
  throw Error("no tensor " + std::string(name));
}

inline size_t copies(const Plan& plan) {
  return static_cast<size_t>(std::ranges::count_if(plan.steps, [](const Step& step) { return step.tactic == "cpu.reformat"; }));
}

}  // namespace burnish::plan::test
