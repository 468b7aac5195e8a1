// Outputs are added to the graph after the passes, and the engine's choices pinned, so that each node keeps its kernel.
#include "runtime/tap.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/parallel.h"
#include "runtime/loaded_engine.h"
#include "tactics/pinned.h"
#include "tactics/timing.h"

namespace burnish::runtime {
namespace {

/// Tensors that somebody reads and nobody sees. One that nobody reads need not be made at all.
void add_outputs(Graph& graph) {
  std::set<std::string> taken;
  for (size_t i = 0; i < graph.outputs().size(); ++i) taken.insert(graph.output_name(i));
  for (const NodeId id : graph.order())
    for (const ValueId output : graph.node(id).outputs) {
      const Value& value = graph.value(output);
      if (value.output_uses == 0 and not value.users.empty() and value.constant == nullptr and value.type.is_plain() and
          value.type.shape.is_static() and value.type.dtype != DType::string and taken.insert(value.name).second)
        graph.add_output(output);
    }
}

std::vector<TappedTensor> list_tensors(const Graph& graph, const tactics::CandidateSet& found, const tactics::Assignment& chosen) {
  std::vector<TappedTensor> tensors;
  for (size_t i = 0; i < found.nodes.size(); ++i) {
    const Node& node = graph.node(found.nodes[i].node);
    for (size_t output = 0; output < graph.outputs().size(); ++output)
      if (std::ranges::find(node.outputs, graph.outputs()[output]) != node.outputs.end())
        tensors.push_back({.name = graph.output_name(output),
                           .node = describe(node),
                           .tactic = tactics::name_of(found.nodes[i].candidates[chosen.chosen[i]]),
                           .output = output});
  }
  return tensors;
}

/// The formats that the application hands inputs in.
std::map<std::string, tactics::Format, std::less<>> input_formats(const plan::Plan& plan) {
  std::map<std::string, tactics::Format, std::less<>> formats;
  for (const plan::Binding& input : plan.inputs) formats[input.name] = input.format;
  return formats;
}

}  // namespace

std::optional<Tapped> tap(const Engine& engine, bool reference) {
  const engine::EngineData& data = engine.data();
  if (data.recipe or data.plans.empty()) return {};
  const plan::Plan& plan = data.plans.front();
  Graph graph = graph_of(data);
  add_outputs(graph);
  tactics::CandidateConfig config;
  config.backend = reference ? "ref" : plan.backend;
  config.threads = plan.threads;
  if (not reference) config.permitted = permitted_in(plan);
  tactics::CandidateSet found = tactics::candidates(graph, config);
  const ThreadCountScope threads(found.target.threads);
  tactics::TimingConfig timing;
  timing.level = 0;
  tactics::measure(found, timing);
  tactics::AssignConfig assign;
  assign.io_formats = input_formats(plan);
  const tactics::Choices pinned =
      reference or data.choices.empty() ? tactics::Choices() : tactics::fitting(tactics::Choices::parse(data.choices), graph, found);
  if (not pinned.nodes.empty()) assign.pinned = &pinned;
  const tactics::Assignment chosen = tactics::assign(graph, found, assign);
  engine::EngineData tapped;
  tapped.plans.push_back(plan::make(graph, found, chosen));
  return Tapped{Engine(std::make_shared<const LoadedEngine>(std::move(tapped), OpenConfig{}, true)), list_tensors(graph, found, chosen)};
}

}  // namespace burnish::runtime
