// Pointwise programs from nodes.
#include "passes/compose.h"

#include <algorithm>
#include <numeric>

#include "ops/pointwise.h"

namespace burnish::passes {
namespace {

const Expr& expr_of(const Graph& graph, NodeId id) { return graph.node(id).op.as<ops::Pointwise>()->expr; }

/// Values read from outside, in order of first use.
std::vector<ValueId> external_inputs(const Graph& graph, std::span<const NodeId> members) {
  std::vector<ValueId> inputs;
  for (const NodeId member : members)
    for (const ValueId input : graph.node(member).inputs) {
      const bool inside = std::ranges::find(members, graph.value(input).producer) != members.end();
      if (not inside and std::ranges::find(inputs, input) == inputs.end()) inputs.push_back(input);
    }
  return inputs;
}

bool is_one_number(const Graph& graph, ValueId id) {
  const Tensor* tensor = graph.constant(id);
  return tensor != nullptr and tensor->size() == 1;
}

/// The inputs that stay inputs: all but single numbers, as long as the others alone broadcast to the domain.
std::vector<ValueId> kept_inputs(const Graph& graph, const std::vector<ValueId>& inputs, const Shape& domain) {
  std::vector<ValueId> kept;
  Shape reached;
  for (const ValueId input : inputs) {
    if (is_one_number(graph, input)) continue;
    kept.push_back(input);
    reached = broadcast(reached, graph.type(input).shape);
  }
  return not kept.empty() and reached == domain ? kept : inputs;
}

ExprOperand add_number(Expr& expr, const Tensor& tensor) {
  return is_floating(tensor.dtype()) ? expr.add_constant(tensor.dtype(), tensor.number(0))
                                     : expr.add_integer(tensor.dtype(), tensor.integer(0));
}

/// Appends the steps of one node; `operands` maps values of the graph to operands of the program.
void append(Expr& expr, const Graph& graph, NodeId id, std::unordered_map<ValueId, ExprOperand>& operands) {
  const Node& node = graph.node(id);
  const Expr& own = expr_of(graph, id);
  std::vector<ExprOperand> mapped;
  for (const ValueId input : node.inputs) mapped.push_back(operands.at(input));
  for (const ExprStep& step : own.steps) {
    ExprStep copy = step;
    for (size_t i = 0; i < info_of(step.code).arity; ++i) copy.args[i] = mapped.at(step.args[i]);
    mapped.push_back(static_cast<ExprOperand>(expr.operand_count()));
    expr.steps.push_back(copy);
  }
  for (size_t i = 0; i < node.outputs.size(); ++i) operands[node.outputs[i]] = mapped.at(own.outputs[i]);
}

/// Equal steps merged and unused inputs dropped, unless the dropped ones were needed for the shape.
void simplify(Program& program, const Graph& graph, const Shape& domain) {
  std::vector<size_t> kept;
  Expr smaller = simplified(program.expr, {}, kept);
  std::vector<ValueId> inputs;
  Shape reached;
  for (const size_t index : kept) {
    inputs.push_back(program.inputs[index]);
    reached = broadcast(reached, graph.type(inputs.back()).shape);
  }
  if (inputs.empty() or reached != domain) return;
  program.expr = std::move(smaller);
  program.inputs = std::move(inputs);
}

}  // namespace

Program compose(const Graph& graph, std::span<const NodeId> members, std::span<const ValueId> outputs, const Shape& domain) {
  Program program;
  const std::vector<ValueId> external = external_inputs(graph, members);
  program.inputs = kept_inputs(graph, external, domain);
  program.outputs.assign(outputs.begin(), outputs.end());
  std::unordered_map<ValueId, ExprOperand> operands;
  for (const ValueId input : program.inputs) operands[input] = program.expr.add_input(graph.type(input).dtype);
  for (const ValueId input : external)
    if (not operands.contains(input)) operands[input] = add_number(program.expr, *graph.constant(input));
  for (const NodeId member : members) append(program.expr, graph, member, operands);
  for (const ValueId output : outputs) program.expr.outputs.push_back(operands.at(output));
  simplify(program, graph, domain);
  return program;
}

Program with_first_input(const Program& program, ValueId first, bool keep_first) {
  const auto place = static_cast<size_t>(std::ranges::find(program.inputs, first) - program.inputs.begin());
  Program moved = program;
  std::rotate(moved.inputs.begin(), moved.inputs.begin() + static_cast<ptrdiff_t>(place),
              moved.inputs.begin() + static_cast<ptrdiff_t>(place) + 1);
  std::rotate(moved.expr.inputs.begin(), moved.expr.inputs.begin() + static_cast<ptrdiff_t>(place),
              moved.expr.inputs.begin() + static_cast<ptrdiff_t>(place) + 1);
  const auto renumbered = [&](ExprOperand operand) -> ExprOperand {
    if (operand == place) return 0;
    return static_cast<ExprOperand>(operand < place ? operand + 1 : operand);
  };
  for (ExprStep& step : moved.expr.steps)
    for (size_t i = 0; i < info_of(step.code).arity; ++i) step.args[i] = renumbered(step.args[i]);
  for (ExprOperand& output : moved.expr.outputs) output = renumbered(output);
  if (keep_first) {
    moved.expr.outputs.push_back(0);
    moved.outputs.push_back(first);
  }
  return moved;
}

}  // namespace burnish::passes
