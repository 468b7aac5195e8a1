// Pointwise regions, grown in order of execution. Regions are contracted nodes: a path between two of them may lead through a third.
#include "passes/fuse_pointwise.h"

#include <algorithm>
#include <unordered_set>

#include "ir/patch.h"
#include "ops/conv.h"
#include "ops/conv_transpose.h"
#include "ops/matmul.h"
#include "ops/pointwise.h"
#include "ops/quantized.h"
#include "passes/compose.h"

namespace burnish::passes {
namespace {

constexpr uint32_t no_region = UINT32_MAX;

bool is_fusible(const Node& node) {
  const auto* pointwise = node.op.as<ops::Pointwise>();
  if (pointwise == nullptr or node.inputs.empty()) return false;
  for (ExprOperand operand = 0; operand < pointwise->expr.operand_count(); ++operand) {
    const DType dtype = pointwise->expr.dtype(operand);
    if (dtype == DType::string or is_complex(dtype)) return false;
  }
  return true;
}

bool is_heavy(const Op& op) {
  return op.is<ops::Conv>() or op.is<ops::ConvTranspose>() or op.is<ops::MatMul>() or ops::is_quantized_product(op);
}

class Regions {
 public:
  Regions(const Graph& graph, const FusePointwise& limits) : graph_(graph), limits_(limits), order_(graph.order()) {
    region_of_.assign(graph.node_slots(), no_region);
    position_.assign(graph.node_slots(), 0);
    for (size_t i = 0; i < order_.size(); ++i) position_[order_[i].index] = static_cast<uint32_t>(i);
  }

  /// The members of each region, in order of execution.
  std::vector<std::vector<NodeId>> grow() {
    for (const NodeId id : order_) {
      const Node& node = graph_.node(id);
      if (not is_fusible(node)) continue;
      now_ = position_[id.index];
      region_of_[id.index] = static_cast<uint32_t>(regions_.size());
      regions_.push_back({id});
      for (const ValueId input : node.inputs)
        if (not is_byte(input)) join_over(input, id);
    }
    now_ = UINT32_MAX;
    for (const NodeId id : order_) {  // bytes last: between two products they are where to cut
      if (region_of_[id.index] == no_region) continue;
      for (const ValueId input : graph_.node(id).inputs)
        if (is_byte(input)) join_over(input, id);
    }
    std::erase_if(regions_, [](const auto& members) { return members.empty(); });
    return std::move(regions_);
  }

 private:
  void join_over(ValueId value, NodeId reader) {
    const NodeId producer = graph_.value(value).producer;
    if (not producer.valid()) return;
    const uint32_t from = region_of_[producer.index];
    const uint32_t to = region_of_[reader.index];
    if (from == no_region or from == to) return;
    if (domain(producer) != domain(reader) or too_large(from, to) or better_apart(value, from, to)) return;
    if (leads_around(from, to) or leads_around(to, from)) return;
    merge(from, to);
  }

  bool is_byte(ValueId value) const {
    if (not value.valid()) return false;
    const DType dtype = graph_.type(value).dtype;
    return dtype == DType::u8 or dtype == DType::i8;
  }

  const Shape& domain(NodeId id) const { return graph_.type(graph_.node(id).outputs[0]).shape; }

  bool too_large(uint32_t a, uint32_t b) const {
    size_t steps = 0;
    std::unordered_set<ValueId> inputs;
    for (const uint32_t region : {a, b})
      for (const NodeId member : regions_[region]) {
        const Node& node = graph_.node(member);
        steps += node.op.as<ops::Pointwise>()->expr.steps.size();
        for (const ValueId input : node.inputs)
          if (not inside(input, a) and not inside(input, b)) inputs.insert(input);
      }
    return steps > limits_.step_limit or inputs.size() > limits_.input_limit;
  }

  bool inside(ValueId value, uint32_t region) const {
    const NodeId producer = graph_.value(value).producer;
    return producer.valid() and region_of_[producer.index] == region;
  }

  /// A value that stays in memory for others, between regions of which one could end a convolution or matrix product; and bytes between
  /// regions that could both: two products with an epilogue each, and a quarter of the traffic between them.
  bool better_apart(ValueId value, uint32_t from, uint32_t to) const {
    const Value& read = graph_.value(value);
    if (is_byte(value) and follows_heavy(from) and follows_heavy(to)) return true;
    const auto outside = [&](NodeId user) { return not is_fusible(graph_.node(user)) or domain(user) != read.type.shape; };
    const bool stays = read.output_uses > 0 or std::ranges::any_of(read.users, outside);
    return stays and (follows_heavy(from) or follows_heavy(to));
  }

  bool follows_heavy(uint32_t region) const {
    for (const NodeId member : regions_[region])
      for (const ValueId input : graph_.node(member).inputs) {
        const Node* producer = graph_.producer(input);
        if (producer != nullptr and is_heavy(producer->op) and graph_.type(input).shape == domain(member)) return true;
      }
    return false;
  }

  /// Whether a path leads from one region to the other through anything else. Nodes after the current one cannot lead back.
  bool leads_around(uint32_t from, uint32_t to) const {
    std::unordered_set<uint32_t> seen;
    std::vector<NodeId> open;
    const auto visit_users = [&](NodeId id, bool first) {
      for (const ValueId output : graph_.node(id).outputs)
        for (const NodeId user : graph_.value(output).users) {
          const uint32_t region = region_of_[user.index];
          const bool direct = first and region == to;
          if (direct or region == from or position_[user.index] > now_) continue;
          if (seen.insert(user.index).second) open.push_back(user);
        }
    };
    // Direct reads are what is to be fused. They must not count as seen: a detour may lead to the very same node.
    for (const NodeId member : regions_[from]) visit_users(member, true);
    while (not open.empty()) {
      const NodeId id = open.back();
      open.pop_back();
      const uint32_t region = region_of_[id.index];
      if (region == to) return true;
      if (region == no_region) visit_users(id, false);
      else
        for (const NodeId member : regions_[region]) visit_users(member, false);
    }
    return false;
  }

  void merge(uint32_t from, uint32_t to) {
    std::vector<NodeId> joined;
    std::ranges::merge(regions_[from], regions_[to], std::back_inserter(joined),
                       [&](NodeId a, NodeId b) { return position_[a.index] < position_[b.index]; });
    for (const NodeId member : regions_[from]) region_of_[member.index] = to;
    regions_[from].clear();
    regions_[to] = std::move(joined);
  }

  const Graph& graph_;
  const FusePointwise& limits_;
  std::vector<NodeId> order_;
  std::vector<uint32_t> position_;
  std::vector<uint32_t> region_of_;
  std::vector<std::vector<NodeId>> regions_;
  uint32_t now_ = 0;
};

std::vector<ValueId> needed_outside(const Graph& graph, const std::vector<NodeId>& members) {
  std::vector<ValueId> needed;
  for (const NodeId member : members)
    for (const ValueId output : graph.node(member).outputs) {
      const Value& value = graph.value(output);
      const auto outside = [&](NodeId user) { return std::ranges::find(members, user) == members.end(); };
      if (value.output_uses > 0 or std::ranges::any_of(value.users, outside)) needed.push_back(output);
    }
  return needed;
}

bool fuse(Graph& graph, const std::vector<NodeId>& members) {
  const std::vector<ValueId> outputs = needed_outside(graph, members);
  if (outputs.empty()) return false;
  const Shape domain = graph.type(outputs.front()).shape;
  const Program program = compose(graph, members, outputs, domain);
  const auto* alone = graph.node(members.front()).op.as<ops::Pointwise>();
  if (members.size() == 1 and alone->expr == program.expr) return false;
  Patch patch(graph, FusePointwise::name);
  const ValueId first = patch.add(ops::Pointwise{program.expr}, program.inputs, outputs.size());
  for (uint32_t i = 0; i < outputs.size(); ++i) {
    const ValueId made{first.index + i};
    if (patch.type(made) != graph.type(outputs[i])) return false;
    patch.replace(outputs[i], made);
  }
  patch.apply(graph, members.back());
  return true;
}

}  // namespace

bool FusePointwise::run(Graph& graph) const {
  bool changed = false;
  for (const std::vector<NodeId>& members : Regions(graph, *this).grow()) changed |= fuse(graph, members);
  return changed;
}

}  // namespace burnish::passes
