// Cutting epilogues: constants are made again on the far side of the cut; every other value may cross only where it is the single one.
#include "tactics/split_fused.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "ops/pointwise.h"

namespace burnish::tactics {
namespace {

bool is_constant_step(const Expr& expr, ExprOperand operand) {
  return not expr.is_input(operand) and expr.step(operand).code == ExprCode::constant;
}

/// Operands made before the cut that something after it reads; inputs but the first may be read on both sides.
std::set<ExprOperand> crossing(const Expr& expr, size_t steps) {
  std::set<ExprOperand> crossing;
  const auto read = [&](ExprOperand operand) {
    const bool before = operand < expr.inputs.size() + steps;
    const bool free = (expr.is_input(operand) and operand != 0) or is_constant_step(expr, operand);
    if (before and not free) crossing.insert(operand);
  };
  for (size_t i = steps; i < expr.steps.size(); ++i)
    for (size_t arg = 0; arg < info_of(expr.steps[i].code).arity; ++arg) read(expr.steps[i].args[arg]);
  for (const ExprOperand output : expr.outputs) read(output);
  return crossing;
}

/// The steps from `steps` on, with `result` as input 0.
Expr suffix_of(const Expr& expr, size_t steps, ExprOperand result) {
  Expr suffix;
  suffix.inputs = expr.inputs;
  suffix.inputs[0] = expr.dtype(result);
  std::vector<ExprOperand> place(expr.operand_count(), 0);
  for (size_t i = 1; i < expr.inputs.size(); ++i) place[i] = static_cast<ExprOperand>(i);
  for (size_t i = 0; i < expr.steps.size(); ++i) {
    const size_t operand = expr.inputs.size() + i;
    if (i < steps and expr.steps[i].code != ExprCode::constant) continue;
    ExprStep step = expr.steps[i];
    for (size_t arg = 0; arg < info_of(step.code).arity; ++arg) step.args[arg] = place[step.args[arg]];
    suffix.steps.push_back(step);
    place[operand] = static_cast<ExprOperand>(suffix.operand_count() - 1);
  }
  place[result] = 0;
  for (const ExprOperand output : expr.outputs) suffix.outputs.push_back(place[output]);
  return suffix;
}

std::vector<ValueId> anchor_inputs(const Node& node, const ops::Fused& fused) {
  return {node.inputs.begin(), node.inputs.begin() + fused.anchor_inputs};
}

/// The node's input that is input `index` (from 1 on) of the epilogue.
size_t node_input(const ops::Fused& fused, size_t index) { return static_cast<size_t>(fused.anchor_inputs) + index - 1; }

OpRequest prefix_request(const OpRequest& whole, const ops::Fused& fused, const EpilogueCut& cut) {
  OpRequest request = whole;
  request.epilogue = cut.prefix;
  request.inputs.resize(whole.anchor_inputs);
  for (const size_t index : cut.prefix_inputs)
    if (index > 0) request.inputs.push_back(whole.inputs.at(node_input(fused, index)));
  request.outputs = {{cut.prefix.dtype(cut.prefix.outputs[0]), whole.outputs.at(0).shape, {}}};
  request.wanted = {true};
  return request;
}

std::optional<EpilogueCut> longest_accepted(const ops::Fused& fused, const OpRequest& whole, const Accepts& accepts) {
  for (size_t steps = fused.epilogue.steps.size(); steps-- > 1;) {
    std::optional<EpilogueCut> cut = cut_epilogue(fused.epilogue, steps);
    if (cut and accepts(prefix_request(whole, fused, *cut))) return cut;
  }
  return std::nullopt;
}

void append_epilogue_inputs(std::vector<ValueId>& inputs, const Node& node, const ops::Fused& fused, const std::vector<size_t>& indices) {
  for (const size_t index : indices)
    if (index > 0) inputs.push_back(node.inputs.at(node_input(fused, index)));
}

}  // namespace

std::optional<EpilogueCut> cut_epilogue(const Expr& epilogue, size_t steps) {
  const std::set<ExprOperand> crossed = crossing(epilogue, steps);
  if (crossed.size() != 1 or epilogue.is_input(*crossed.begin())) return std::nullopt;
  const ExprOperand result = *crossed.begin();
  Expr prefix = epilogue;
  prefix.steps.resize(steps);
  prefix.outputs = {result};
  EpilogueCut cut;
  cut.prefix = simplified(prefix, {}, cut.prefix_inputs);
  cut.suffix = simplified(suffix_of(epilogue, steps, result), {}, cut.suffix_inputs);
  const bool anchored =
      not cut.prefix_inputs.empty() and cut.prefix_inputs[0] == 0 and not cut.suffix_inputs.empty() and cut.suffix_inputs[0] == 0;
  if (not anchored or cut.prefix.steps.empty() or cut.suffix.steps.empty()) return std::nullopt;
  return cut;
}

Patch split_fused(const Graph& graph, const Node& node, const ops::Fused& fused, const OpRequest& whole, const Accepts& accepts) {
  Patch patch(graph, "split_fused");
  std::vector<ValueId> first_inputs = anchor_inputs(node, fused);
  std::vector<ValueId> second_inputs(1);
  Expr rest = fused.epilogue;
  Op first = fused.anchor;
  if (const auto cut = longest_accepted(fused, whole, accepts)) {
    append_epilogue_inputs(first_inputs, node, fused, cut->prefix_inputs);
    append_epilogue_inputs(second_inputs, node, fused, cut->suffix_inputs);
    first = ops::Fused{fused.anchor, fused.anchor_inputs, cut->prefix};
    rest = cut->suffix;
  } else {
    second_inputs.insert(second_inputs.end(), node.inputs.begin() + fused.anchor_inputs, node.inputs.end());
  }
  second_inputs[0] = patch.add(first, first_inputs);
  const ValueId made = patch.add(ops::Pointwise{rest}, second_inputs, node.outputs.size());
  for (uint32_t i = 0; i < node.outputs.size(); ++i) patch.replace(node.outputs[i], {made.index + i});
  return patch;
}

}  // namespace burnish::tactics
