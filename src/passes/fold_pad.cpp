// Pads in front of windows.
#include "passes/fold_pad.h"

#include <algorithm>
#include <limits>

#include "ir/rewriter.h"
#include "ops/conv.h"
#include "ops/pad.h"
#include "ops/pool.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

struct Padding {
  ValueId source;
  double value = 0;
  std::vector<int64_t> spatial;  // begins, then ends
};

std::optional<Padding> padding(const Graph& graph, ValueId id) {
  const Node* node = made_by<ops::Pad>(graph, id);
  if (node == nullptr or node->op.as<ops::Pad>()->mode != ops::PadMode::constant) return {};
  const auto pads = integers(graph, node->inputs[1]);
  const bool named_axes = node->inputs.size() > 3 and node->inputs[3].valid();
  const auto axes = named_axes ? integers(graph, node->inputs[3]) : std::vector<int64_t>{};
  const bool has_value = node->inputs.size() > 2 and node->inputs[2].valid();
  const auto value = has_value ? uniform(graph, node->inputs[2]) : 0.0;
  const size_t rank = graph.type(id).shape.rank();
  if (not pads or not axes or not value or rank < 3) return {};
  const std::vector<int64_t> full = ops::full_pads(*pads, *axes, rank);
  Padding found{node->inputs[0], *value, {}};
  for (size_t i = 0; i < full.size(); ++i) {
    if (full[i] < 0) return {};
    if (i % rank >= 2) found.spatial.push_back(full[i]);
    else if (full[i] != 0) return {};
  }
  return found;
}

/// The sum of the operator's own pads and these; nothing where its padding is automatic.
std::optional<std::vector<int64_t>> added(const std::vector<int64_t>& own, ops::AutoPad mode, const std::vector<int64_t>& more) {
  if (mode != ops::AutoPad::explicit_pads and mode != ops::AutoPad::valid) return {};
  std::vector<int64_t> sum = more;
  if (mode == ops::AutoPad::explicit_pads and not own.empty()) std::ranges::transform(own, more, sum.begin(), std::plus<>());
  return sum;
}

std::optional<Op> padded(const ops::Conv& conv, const Padding& padding) {
  const auto pads = added(conv.pads, conv.auto_pad, padding.spatial);
  if (not pads or padding.value != 0) return {};
  ops::Conv made = conv;
  made.pads = *pads;
  made.auto_pad = ops::AutoPad::explicit_pads;
  return Op(made);
}

std::optional<Op> padded(const ops::Pool& pool, const Padding& padding) {
  const auto pads = added(pool.pads, pool.auto_pad, padding.spatial);
  if (not pads or pool.ceil_mode) return {};
  const bool own = std::ranges::any_of(pool.pads, [](int64_t pad) { return pad != 0; });
  ops::Pool made = pool;
  switch (pool.kind) {
    case ops::PoolKind::max:
      if (padding.value > std::numeric_limits<float>::lowest()) return {};
      break;
    case ops::PoolKind::average:
      if (padding.value != 0 or (own and not pool.count_include_pad)) return {};
      made.count_include_pad = true;
      break;
    case ops::PoolKind::lp: return {};
  }
  for (size_t i = 0; i < pads->size(); ++i)
    if ((*pads)[i] >= pool.kernel[i % pool.kernel.size()]) return {};
  made.pads = *pads;
  made.auto_pad = ops::AutoPad::explicit_pads;
  return Op(made);
}

std::optional<Patch> fold(const Graph& graph, const Node& node) {
  const auto* conv = node.op.as<ops::Conv>();
  const auto* pool = node.op.as<ops::Pool>();
  if ((conv == nullptr and pool == nullptr) or node.outputs.size() != 1) return {};
  const std::optional<Padding> found = padding(graph, node.inputs[0]);
  if (not found) return {};
  const std::optional<Op> made = conv != nullptr ? padded(*conv, *found) : padded(*pool, *found);
  if (not made) return {};
  Patch patch(graph, FoldPad::name);
  std::vector<ValueId> inputs = node.inputs;
  inputs[0] = found->source;
  const ValueId result = patch.add(*made, inputs);
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

}  // namespace

bool FoldPad::run(Graph& graph) const { return rewrite(graph, fold); }

}  // namespace burnish::passes
