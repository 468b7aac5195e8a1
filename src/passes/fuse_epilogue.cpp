// Epilogues. Whether a library can run one is for tactics to say; the split form is always a candidate too.
#include "passes/fuse_epilogue.h"

#include <algorithm>

#include "ir/patch.h"
#include "ops/attention.h"
#include "ops/conv.h"
#include "ops/conv_transpose.h"
#include "ops/fused.h"
#include "ops/matmul.h"
#include "ops/normalization.h"
#include "ops/pointwise.h"
#include "ops/pool.h"
#include "ops/quantized.h"
#include "ops/reduce.h"
#include "ops/resize.h"
#include "ops/softmax.h"
#include "passes/compose.h"

namespace burnish::passes {
namespace {

bool is_normalization(const Op& op) {
  return op.is<ops::LayerNormalization>() or op.is<ops::RMSNormalization>() or op.is<ops::InstanceNormalization>() or
         op.is<ops::GroupNormalization>();
}

/// How much an operator gains by an epilogue; 0 where it takes none.
int weight_of(const Op& op) {
  if (op.is<ops::Conv>() or op.is<ops::ConvTranspose>() or op.is<ops::MatMul>() or ops::is_quantized_product(op)) return 3;
  if (op.is<ops::Attention>() or op.is<ops::Reduce>() or op.is<ops::Pool>() or op.is<ops::Resize>()) return 2;
  return is_normalization(op) or op.is<ops::Softmax>() ? 1 : 0;
}

/// Floating types; behind products of bytes also bytes, which such programs read and write, and behind what often feeds them.
bool carries(const Op& anchor, const Expr& expr) {
  const bool bytes = ops::is_quantized_product(anchor) or is_normalization(anchor);
  for (ExprOperand operand = 0; operand < expr.operand_count(); ++operand) {
    const DType dtype = expr.dtype(operand);
    if (not is_floating(dtype) and not(bytes and (dtype == DType::u8 or dtype == DType::i8))) return false;
  }
  return true;
}

/// Whether computing any of `values` needs the node.
bool depends_on(const Graph& graph, std::vector<ValueId> open, NodeId on) {
  std::vector<bool> seen(graph.node_slots());
  while (not open.empty()) {
    const NodeId producer = open.back().valid() ? graph.value(open.back()).producer : NodeId{};
    open.pop_back();
    if (not producer.valid() or seen[producer.index]) continue;
    if (producer == on) return true;
    seen[producer.index] = true;
    const Node& node = graph.node(producer);
    open.insert(open.end(), node.inputs.begin(), node.inputs.end());
  }
  return false;
}

bool read_by_others(const Graph& graph, ValueId value, NodeId user) {
  const Value& read = graph.value(value);
  return read.output_uses > 0 or std::ranges::any_of(read.users, [&](NodeId other) { return other != user; });
}

/// An operator that can carry the program, and how good a choice it is.
struct Anchor {
  const Node* node = nullptr;
  ValueId output;
  bool shared = false;  // others read its output too
};

std::optional<Anchor> anchor_at(const Graph& graph, const Node& program, ValueId input) {
  const Node* node = graph.producer(input);
  if (node == nullptr or node->outputs.size() != 1 or weight_of(node->op) == 0) return {};
  if (graph.type(input).shape != graph.type(program.outputs[0]).shape) return {};
  if (not carries(node->op, program.op.as<ops::Pointwise>()->expr)) return {};
  const Anchor anchor{node, input, read_by_others(graph, input, program.id)};
  if (not anchor.shared) return anchor;
  std::vector<ValueId> others = program.inputs;
  std::erase(others, input);
  return depends_on(graph, others, node->id) ? std::nullopt : std::optional(anchor);
}

/// The heaviest operator; one whose output nobody else reads before a shared one; the later in order of execution among equals.
std::optional<Anchor> best_anchor(const Graph& graph, const Node& program, const std::vector<uint32_t>& position) {
  std::optional<Anchor> best;
  const auto rank = [&](const Anchor& anchor) {
    return std::tuple{weight_of(anchor.node->op), not anchor.shared, position[anchor.node->id.index]};
  };
  for (const ValueId input : program.inputs) {
    const std::optional<Anchor> found = anchor_at(graph, program, input);
    if (found and (not best or rank(*found) > rank(*best))) best = found;
  }
  return best;
}

bool fuse(Graph& graph, NodeId id, const std::vector<uint32_t>& position) {
  const Node& node = graph.node(id);
  const auto* pointwise = node.op.as<ops::Pointwise>();
  if (pointwise == nullptr) return false;
  const std::optional<Anchor> anchor = best_anchor(graph, node, position);
  if (not anchor) return false;
  const Program whole = compose(graph, std::span(&id, 1), node.outputs, graph.type(node.outputs[0]).shape);
  if (std::ranges::find(whole.inputs, anchor->output) == whole.inputs.end()) return false;
  const Program program = with_first_input(whole, anchor->output, anchor->shared);
  std::vector<ValueId> inputs = anchor->node->inputs;
  const auto anchor_inputs = static_cast<int64_t>(inputs.size());
  inputs.insert(inputs.end(), program.inputs.begin() + 1, program.inputs.end());
  Patch patch(graph, FuseEpilogue::name);
  const ValueId first = patch.add(ops::Fused{anchor->node->op, anchor_inputs, program.expr}, inputs, program.outputs.size());
  for (uint32_t i = 0; i < program.outputs.size(); ++i) {
    if (patch.type(ValueId{first.index + i}) != graph.type(program.outputs[i])) return false;
    patch.replace(program.outputs[i], ValueId{first.index + i});
  }
  patch.apply(graph, id);
  return true;
}

}  // namespace

bool FuseEpilogue::run(Graph& graph) const {
  std::vector<uint32_t> position(graph.node_slots());
  const std::vector<NodeId> order = graph.order();
  for (uint32_t i = 0; i < order.size(); ++i) position[order[i].index] = i;
  bool changed = false;
  for (const NodeId id : order)
    if (not graph.node(id).removed) changed |= fuse(graph, id, position);
  return changed;
}

}  // namespace burnish::passes
