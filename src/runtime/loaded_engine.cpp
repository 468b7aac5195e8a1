#include "runtime/loaded_engine.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "ir/text.h"
#include "ir/verify.h"
#include "passes/remove_dead.h"
#include "runtime/compiler.h"
#include "tactics/registry.h"
#include "tactics/timing.h"

namespace burnish::runtime {
namespace {

std::string usable_backend(const std::string& wanted) {
  const tactics::Backend* backend = tactics::registry().find_backend(wanted);
  return backend != nullptr and backend->unavailable().empty() ? wanted : "cpu";
}

/// What an application sees of a value whose sizes are open: -1 where they are.
TensorInfo info_of(const Graph& graph, ValueId id, const std::string& name) {
  const TensorType& type = graph.type(id);
  TensorInfo info;
  info.name = name;
  info.dtype = type.dtype;
  info.kind = type.kind;
  if (not type.is_plain()) {
    info.dims = {-1};
    info.dim_names = {""};
    return info;
  }
  bool open = false;
  for (const Dim& dim : type.shape) {
    info.dims.push_back(dim.constant().value_or(-1));
    info.dim_names.emplace_back(dim.symbol_name().starts_with('?') ? std::string_view() : dim.symbol_name());
    open = open or not dim.is_constant();
  }
  info.format = tactics::plain_format(type).text();
  if (not open) info.bytes = static_cast<size_t>(element_count(info.dims)) * byte_size(type.dtype);
  return info;
}

/// Empty where the profile allows these sizes, else the axis that it does not.
std::string outside(const engine::SizeRange& range, std::span<const int64_t> dims) {
  for (size_t axis = 0; axis < dims.size() and axis < range.min.size(); ++axis)
    if (dims[axis] < range.min[axis] or dims[axis] > range.max[axis])
      return fmt::format("axis {} is {}, but the profile allows {} to {}", axis, dims[axis], range.min[axis], range.max[axis]);
  return dims.size() == range.min.size() ? std::string() : fmt::format("the profile has {} dimensions", range.min.size());
}

/// Nodes whose steps in `plan` do not round. What has no step of its own (views) is not held to anything.
std::vector<bool> exact_in(const plan::Plan& plan, const Graph& graph, const tactics::CandidateSet& found) {
  std::set<std::string_view> exact;
  for (const plan::Step& step : plan.steps) {
    tactics::Candidate chosen;
    chosen.variant = step.variant;
    if (not tactics::rounds(step.request, chosen)) exact.insert(step.name);
  }
  std::vector<bool> kept;
  for (const tactics::NodeCandidates& node : found.nodes) kept.push_back(exact.contains(graph.node(node.node).name));
  return kept;
}

/// The graph and the plan of an engine have the same inputs and outputs, unless the file is damaged.
void check_bindings(const Graph& graph, const plan::Plan& plan) {
  const auto names = [](const std::vector<plan::Binding>& bindings) {
    std::vector<std::string> all;
    for (const plan::Binding& binding : bindings) all.push_back(binding.name);
    return all;
  };
  std::vector<std::string> inputs, outputs;
  for (const ValueId input : graph.inputs()) inputs.push_back(graph.value(input).name);
  for (size_t i = 0; i < graph.outputs().size(); ++i) outputs.push_back(graph.output_name(i));
  if (inputs != names(plan.inputs) or outputs != names(plan.outputs))
    fail("the engine's network has inputs {} and outputs {}, its plan {} and {}: the file is damaged", fmt::join(inputs, ","),
         fmt::join(outputs, ","), fmt::join(names(plan.inputs), ","), fmt::join(names(plan.outputs), ","));
}

}  // namespace

Graph graph_of(const engine::EngineData& data) {
  Graph graph = parse_graph(data.graph, [&](const Hash128& hash) {
    const auto found = data.constants.find(hash);
    return found == data.constants.end() ? nullptr : found->second;
  });
  verify(graph);
  passes::RemoveDead{}.run(graph);  // kernels count on somebody who reads what they write, and the file is not trusted
  return graph;
}

std::vector<DType> permitted_in(const plan::Plan& plan) {
  return plan.steps.empty() ? std::vector<DType>() : plan.steps.front().request.target.permitted;
}

plan::Plan plan_again(const engine::EngineData& data, const std::string& backend, int threads, const plan::Plan* like) {
  Graph graph = graph_of(data);
  if (like != nullptr) check_bindings(graph, *like);
  tactics::CandidateConfig config;
  config.backend = backend;
  config.threads = threads;
  if (like != nullptr) config.permitted = permitted_in(*like);
  tactics::CandidateSet found = tactics::candidates(graph, config);
  tactics::TimingConfig timing;
  timing.level = 0;
  tactics::measure(found, timing);
  tactics::AssignConfig assign;
  if (like != nullptr) assign.exact = exact_in(*like, graph, found);
  return plan::make(graph, found, tactics::assign(graph, found, assign));
}

LoadedEngine::LoadedEngine(engine::EngineData data, const OpenConfig& config, bool record) : data_(std::move(data)) {
  if (data_.recipe) open_dynamic(config, record);
  else open_static(config, record);
}

void LoadedEngine::open_static(const OpenConfig& config, bool record) {
  if (data_.plans.empty()) fail("the engine holds no plan");
  if (const std::string reason = unfit(data_.plans.front(), config.threads); not reason.empty()) {
    if (config.logger) config.logger(Severity::warning, "planning the engine again by estimates: " + reason);
    data_.plans.front() = plan_again(data_, usable_backend(data_.plans.front().backend), config.threads, &data_.plans.front());
  }
  ArtifactStore store(data_.plans.front().threads, data_.artifacts);
  for (const auto& [hash, tensor] : data_.constants) store.know_hash(tensor.get(), hash);
  program_ = std::make_shared<const Program>(data_.plans.front(), store, not record);
  if (record) data_.artifacts = store.artifacts();
  inputs_ = program_->inputs();
  outputs_ = program_->outputs();
}

void LoadedEngine::open_dynamic(const OpenConfig& config, bool record) {
  if (config.threads > 0) data_.recipe->threads = config.threads;
  data_.recipe->backend = usable_backend(data_.recipe->backend);
  std::erase_if(data_.plans, [&](const plan::Plan& plan) {
    const std::string reason = unfit(plan, config.threads);
    if (not reason.empty() and config.logger) config.logger(Severity::warning, "planning by estimates: " + reason);
    return not reason.empty();
  });
  const auto compiler = std::make_shared<Compiler>(*data_.recipe, data_);
  graph_ = std::make_unique<DynamicGraph>(graph_of(data_), compiler);
  const Graph& graph = graph_->graph();
  for (const plan::Plan& plan : data_.plans) graph_->keep(compiler->load(plan, not record));
  if (record) data_.artifacts = compiler->artifacts();
  for (const ValueId input : graph.inputs()) inputs_.push_back(info_of(graph, input, graph.value(input).name));
  for (size_t i = 0; i < graph.outputs().size(); ++i) outputs_.push_back(info_of(graph, graph.outputs()[i], graph.output_name(i)));
}

int LoadedEngine::threads() const { return data_.recipe ? data_.recipe->threads : data_.plans.front().threads; }

std::vector<std::optional<Dims>> LoadedEngine::initial_dims() const {
  std::vector<std::optional<Dims>> initial;
  for (const TensorInfo& input : inputs_) {
    const bool fixed = std::ranges::none_of(input.dims, [](int64_t dim) { return dim < 0; });
    initial.push_back(fixed ? std::optional(input.dims) : std::nullopt);
    if (data_.profiles.empty()) continue;
    const auto range = data_.profiles.front().find(input.name);
    if (range != data_.profiles.front().end()) initial.back() = range->second.opt;
  }
  return initial;
}

void LoadedEngine::check_dims(size_t input, std::span<const int64_t> dims) const {
  const TensorInfo& info = inputs_.at(input);
  if (info.kind != ValueKind::tensor) return;
  if (dims.size() != info.dims.size()) fail("input `{}` has {} dimensions, got {}", info.name, info.dims.size(), text_of(dims));
  element_count(dims);
  for (size_t axis = 0; axis < dims.size(); ++axis)
    if (info.dims[axis] >= 0 and info.dims[axis] != dims[axis])
      fail("input `{}`: axis {} is fixed to {}, got {}", info.name, axis, info.dims[axis], text_of(dims));
  std::string reason;
  for (const engine::Profile& profile : data_.profiles) {
    const auto range = profile.find(info.name);
    if (range == profile.end()) return;
    reason = outside(range->second, dims);
    if (reason.empty()) return;
  }
  if (not reason.empty()) fail("input `{}` of {}: {}", info.name, text_of(dims), reason);
}

}  // namespace burnish::runtime
