// From graph and candidates to PBQP. A tensor with one consumer is an edge. A tensor with several has a node of its own whose
// alternatives are the sets of formats it is held in, so that a reformat that two consumers share is paid once.
#include "tactics/assign_problem.h"

#include <algorithm>
#include <bit>

#include "base/error.h"
#include "base/text.h"
#include "tactics/reformat.h"

namespace burnish::tactics {
namespace {

/// With more formats than this, a shared tensor's sets hold at most two formats, or one with very many.
constexpr size_t all_sets_up_to = 4;
constexpr size_t pairs_up_to = 6;

void check_io_names(const Graph& graph, const std::map<std::string, Format, std::less<>>& io_formats) {
  for (const auto& [name, format] : io_formats) {
    std::vector<std::string_view> known;
    const Value* value = nullptr;
    for (const auto ids : {graph.inputs(), graph.outputs()})
      for (const ValueId id : ids) {
        known.push_back(graph.value(id).name);
        if (graph.value(id).name == name) value = &graph.value(id);
      }
    if (value == nullptr) fail("a format is given for `{}`, which is neither input nor output; they are: {}", name, fmt::join(known, ", "));
    if (format.layout.order.size() != value->type.shape.rank())
      fail("the format {} of `{}` has {} axes, but the tensor is {}", format.text(), name, format.layout.order.size(), value->type.text());
  }
}

}  // namespace

AssignModel::AssignModel(const Graph& graph, const CandidateSet& found, const std::map<std::string, Format, std::less<>>& io_formats)
    : graph_(graph), found_(found), place_(graph.node_slots(), End::outside) {
  check_io_names(graph, io_formats);
  for (uint32_t i = 0; i < found.nodes.size(); ++i) place_.at(found.nodes[i].node.index) = i;
  for (uint32_t i = 0; i < graph.value_count(); ++i)
    if (const Value& value = graph.value({i}); value.constant == nullptr and (value.is_input or value.producer.valid()))
      add_flow({i}, io_formats);
}

uint32_t AssignModel::intern(Flow& flow, const Format& format, const Dims& dims) {
  for (uint32_t i = 0; i < flow.formats.size(); ++i)
    if (same_memory(flow.formats[i], format, dims)) return i;
  flow.formats.push_back(format);
  return static_cast<uint32_t>(flow.formats.size() - 1);
}

AssignModel::End AssignModel::output_end(Flow& flow, const Dims& dims, uint32_t node, size_t slot) const {
  End end{.node = node, .formats = {}};
  for (const Candidate& candidate : found_.nodes[node].candidates)
    end.formats.push_back(intern(flow, candidate.variant.outputs.at(slot), dims));
  return end;
}

AssignModel::End AssignModel::input_end(Flow& flow, const Dims& dims, uint32_t node, size_t slot) const {
  End end{.node = node, .formats = {}};
  for (const Candidate& candidate : found_.nodes[node].candidates)
    end.formats.push_back(intern(flow, candidate.variant.inputs.at(slot), dims));
  return end;
}

void AssignModel::add_flow(ValueId id, const std::map<std::string, Format, std::less<>>& io_formats) {
  const Value& value = graph_.value(id);
  if (value.users.empty() and value.output_uses == 0) return;
  if (value.producer.valid() and graph_.node(value.producer).removed) return;
  const Dims dims = value.type.shape.dims();
  const auto asked = io_formats.find(value.name);
  Format fixed = asked == io_formats.end() ? plain_format(value.type) : asked->second;
  fixed.space = found_.target.space;
  Flow flow;
  if (value.is_input) {
    flow.producer = {.node = End::outside, .formats = {intern(flow, fixed, dims)}};
  } else {
    const Node& producer = graph_.node(value.producer);
    const auto slot = static_cast<size_t>(std::ranges::find(producer.outputs, id) - producer.outputs.begin());
    flow.producer = output_end(flow, dims, place_.at(producer.id.index), slot);
  }
  std::vector<NodeId> users = value.users;
  std::ranges::sort(users);
  users.erase(std::unique(users.begin(), users.end()), users.end());
  for (const NodeId user : users) {
    const Node& node = graph_.node(user);
    for (size_t slot = 0; slot < node.inputs.size(); ++slot)
      if (node.inputs[slot] == id) flow.consumers.push_back(input_end(flow, dims, place_.at(user.index), slot));
  }
  if (value.output_uses > 0) flow.consumers.push_back({.node = End::outside, .formats = {intern(flow, fixed, dims)}});
  if (flow.formats.size() < 2) return;
  for (const Format& from : flow.formats)
    for (const Format& to : flow.formats)
      flow.costs.push_back(&from == &to ? 0
                                        : reformat_variant(*found_.backend, value.type, from, to, found_.target.threads).estimate +
                                              found_.backend->step_overhead());
  flows_.push_back(std::move(flow));
}

std::vector<AssignModel::FormatSet> AssignModel::format_sets(size_t formats) {
  const int most = formats <= all_sets_up_to ? static_cast<int>(formats) : formats <= pairs_up_to ? 2 : 1;
  std::vector<FormatSet> sets;
  if (most == 1) {
    for (size_t i = 0; i < std::min<size_t>(formats, 32); ++i) sets.push_back(FormatSet{1} << i);
    return sets;
  }
  for (FormatSet set = 1; set < FormatSet{1} << formats; ++set)
    if (std::popcount(set) <= most) sets.push_back(set);
  return sets;
}

/// What it costs to hold the tensor in all formats of the set.
double AssignModel::set_cost(const Flow& flow, uint32_t from, FormatSet set) {
  double cost = 0;
  for (uint32_t i = 0; i < flow.formats.size() and i < 32; ++i)
    if ((set >> i & 1U) != 0) cost += flow.cost(from, i);
  return cost;
}

double AssignModel::read_cost(const Flow& flow, FormatSet set, uint32_t wanted, bool complete) {
  if (wanted < 32 and (set >> wanted & 1U) != 0) return 0;
  double cost = infinite_cost;
  if (complete) return cost;
  for (uint32_t i = 0; i < flow.formats.size() and i < 32; ++i)
    if ((set >> i & 1U) != 0) cost = std::min(cost, flow.cost(i, wanted));
  return cost;
}

void AssignModel::add_direct(const Flow& flow, const std::vector<std::vector<uint32_t>>& allowed, PbqpProblem& problem) const {
  const End& from = flow.producer;
  const End& to = flow.consumers[0];
  if (from.node == End::outside and to.node == End::outside) return;
  if (from.node == End::outside or to.node == End::outside) {
    const uint32_t node = from.node == End::outside ? to.node : from.node;
    for (size_t i = 0; i < allowed[node].size(); ++i)
      problem.nodes[node][i] += flow.cost(format_at(from, allowed[node][i]), format_at(to, allowed[node][i]));
    return;
  }
  PbqpEdge edge{from.node, to.node, {}};
  for (const uint32_t a : allowed[from.node])
    for (const uint32_t b : allowed[to.node]) edge.costs.push_back(flow.cost(from.formats[a], to.formats[b]));
  problem.edges.push_back(std::move(edge));
}

void AssignModel::add_shared(const Flow& flow, const std::vector<std::vector<uint32_t>>& allowed, PbqpProblem& problem) const {
  const std::vector<FormatSet> sets = format_sets(flow.formats.size());
  const bool complete = flow.formats.size() <= all_sets_up_to;
  const auto tensor = static_cast<uint32_t>(problem.nodes.size());
  problem.nodes.emplace_back(sets.size(), 0.0);
  const auto connect = [&](const End& end, const auto& cost) {
    if (end.node == End::outside) {
      for (size_t i = 0; i < sets.size(); ++i) problem.nodes[tensor][i] += cost(sets[i], end.formats[0]);
      return;
    }
    PbqpEdge edge{tensor, end.node, {}};
    for (const FormatSet set : sets)
      for (const uint32_t candidate : allowed[end.node]) edge.costs.push_back(cost(set, end.formats[candidate]));
    problem.edges.push_back(std::move(edge));
  };
  connect(flow.producer, [&](FormatSet set, uint32_t format) { return set_cost(flow, format, set); });
  for (const End& consumer : flow.consumers)
    connect(consumer, [&](FormatSet set, uint32_t format) { return read_cost(flow, set, format, complete); });
}

PbqpProblem AssignModel::problem(const std::vector<std::vector<uint32_t>>& allowed) const {
  PbqpProblem problem;
  for (size_t node = 0; node < found_.nodes.size(); ++node) {
    problem.nodes.emplace_back();
    for (const uint32_t candidate : allowed[node])
      problem.nodes.back().push_back(cost_of(found_, found_.nodes[node].candidates[candidate]));
  }
  for (const Flow& flow : flows_) flow.consumers.size() == 1 ? add_direct(flow, allowed, problem) : add_shared(flow, allowed, problem);
  return problem;
}

double AssignModel::reformat_seconds(const std::vector<uint32_t>& chosen) const {
  double seconds = 0;
  for (const Flow& flow : flows_) {
    const auto format_of = [&](const End& end) { return format_at(end, end.node == End::outside ? 0 : chosen[end.node]); };
    const uint32_t made = format_of(flow.producer);
    std::vector<bool> held(flow.formats.size(), false);
    held[made] = true;
    for (const End& consumer : flow.consumers) {
      const uint32_t wanted = format_of(consumer);
      if (not held[wanted]) seconds += flow.cost(made, wanted);
      held[wanted] = true;
    }
  }
  return seconds;
}

}  // namespace burnish::tactics
