// The network is built again with the least and the greatest numbers of every tensor as outputs, row by row, so that all threads look for them and
// little leaves the network; epilogues also give out what they begin with, because libraries may store that. Nothing is known of tensors that hold
// no finite number.
#include "precision/overflow.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "ir/text.h"
#include "ops/conv.h"
#include "ops/conv_transpose.h"
#include "ops/fused.h"
#include "ops/matmul.h"
#include "ops/reduce.h"
#include "precision/sample_inputs.h"
#include "runtime/loaded_engine.h"
#include "tactics/assign.h"
#include "tactics/registry.h"

namespace burnish {
namespace {

using tactics::CandidateSet;
using tactics::NodeCandidates;

/// Samples are not the user's data: numbers above half of what float16 holds are near enough to its end.
constexpr double most = 65504.0 / 2;
/// Below this stand masks, which say "never": as infinities they say the same.
constexpr double never = -1e30;
/// The reference computes results of more elements too slowly.
constexpr int64_t most_by_reference = 1 << 16;
/// Of what a finding says: raised whenever the same network may be judged otherwise.
constexpr uint32_t version = 1;

/// The network with the range of each of its tensors as two more outputs.
class WatchedNetwork {
 public:
  explicit WatchedNetwork(const Graph& graph) : original_(graph) {
    watched_.name = graph.name;
    for (const ValueId input : graph.inputs()) copies_[input.index] = watched_.add_input(graph.value(input).name, graph.type(input));
    for (const NodeId id : graph.order()) copy(graph.node(id));
  }

  const Graph& graph() const { return watched_; }

  /// Of the values of the original graph, and of the anchors of its nodes, what they reach by the outputs of one run.
  void take(const std::vector<Tensor>& outputs) {
    for (size_t i = 0; i < places_.size(); ++i) {
      double& reached = *places_[i];
      for (const double low : outputs.at(2 * i).values<float>())
        if (std::isfinite(low) and low >= never) reached = std::max(reached, -low);
      for (const double high : outputs.at(2 * i + 1).values<float>())
        if (std::isfinite(high)) reached = std::max(reached, high);
    }
  }

  double reached_by_value(ValueId value) const { return found_in(values_, value.index); }
  double reached_by_anchor(NodeId node) const { return found_in(anchors_, node.index); }

 private:
  static double found_in(const std::map<uint32_t, double>& map, uint32_t key) {
    const auto found = map.find(key);
    return found == map.end() ? 0 : found->second;
  }

  ValueId copy_of(ValueId value) {
    if (not value.valid()) return {};
    const auto known = copies_.find(value.index);
    if (known != copies_.end()) return known->second;
    return copies_[value.index] = watched_.add_constant(original_.value(value).constant);
  }

  void copy(const Node& node) {
    Op op = node.op;
    size_t outputs = node.outputs.size();
    const bool shows_anchor = add_anchor_to_outputs(op);
    std::vector<ValueId> inputs;
    for (const ValueId input : node.inputs) inputs.push_back(copy_of(input));
    const NodeId made = watched_.add_node(op, std::move(inputs), outputs + (shows_anchor ? 1 : 0), {}, node.name);
    for (size_t i = 0; i < outputs; ++i) {
      copies_[node.outputs[i].index] = watched_.node(made).outputs[i];
      if (original_.type(node.outputs[i]).dtype == DType::f32) watch(watched_.node(made).outputs[i], values_[node.outputs[i].index]);
    }
    if (shows_anchor) watch(watched_.node(made).outputs[outputs], anchors_[node.id.index]);
  }

  /// The anchor's result as one more output of its epilogue, where that does not hand it out anyway.
  static bool add_anchor_to_outputs(Op& op) {
    const auto* fused = op.as<ops::Fused>();
    if (fused == nullptr or fused->epilogue.inputs.at(0) != DType::f32) return false;
    if (std::ranges::find(fused->epilogue.outputs, ExprOperand{0}) != fused->epilogue.outputs.end()) return false;
    ops::Fused shown = *fused;
    shown.epilogue.outputs.push_back(0);
    op = shown;
    return true;
  }

  void watch(ValueId value, double& place) {
    const Dims dims = watched_.type(value).shape.dims();
    if (element_count(dims) == 0) return;
    std::vector<ValueId> inputs{value};
    if (dims.size() > 1) inputs.push_back(watched_.add_constant(Tensor::of<int64_t>({1}, {static_cast<int64_t>(dims.size()) - 1})));
    for (const ops::ReduceKind kind : {ops::ReduceKind::min, ops::ReduceKind::max}) {
      const NodeId extreme = watched_.add_node(ops::Reduce{.kind = kind, .keep_dims = false}, inputs);
      watched_.add_output(watched_.node(extreme).outputs[0]);
    }
    places_.push_back(&place);
  }

  const Graph& original_;
  Graph watched_;
  std::map<uint32_t, ValueId> copies_;
  std::map<uint32_t, double> values_, anchors_;  // by index: the greatest magnitude
  std::vector<double*> places_;                  // for each pair of outputs
};

bool is_slow(const CandidateSet& found, const tactics::Assignment& chosen, double most_seconds) {
  if (chosen.seconds > most_seconds) return true;
  for (size_t i = 0; i < found.nodes.size(); ++i) {
    const tactics::Candidate& candidate = found.nodes[i].candidates[chosen.chosen[i]];
    if (candidate.tactic != nullptr and candidate.tactic == found.fallback and
        element_count(found.nodes[i].request.output_dims()) > most_by_reference)
      return true;
  }
  return false;
}

/// Runs the network on a sample, its tactics chosen by estimates alone; false where that would take too long.
bool run(WatchedNetwork& network, const OverflowConfig& config) {
  Graph graph = network.graph();
  CandidateSet found =
      tactics::candidates(graph, {.backend = config.backend, .threads = config.threads, .permitted = {}, .only_tactic = {}});
  const tactics::Assignment chosen = tactics::assign(graph, found);
  if (is_slow(found, chosen, config.most_seconds)) return false;
  engine::EngineData data;
  data.plans.push_back(plan::make(graph, found, chosen));
  const Engine engine(std::make_shared<const runtime::LoadedEngine>(std::move(data), OpenConfig{}, false));
  Session session(engine);
  network.take(session.run(sample_inputs(graph, 1)));
  return true;
}

bool stores_halves(const NodeCandidates& node, const tactics::Candidate& candidate) {
  const tactics::Variant& variant = candidate.variant;
  for (size_t i = 0; i < node.request.inputs.size(); ++i)
    if (node.request.inputs[i].present and node.request.inputs[i].type.dtype == DType::f32 and variant.inputs[i].storage == DType::f16)
      return true;
  for (size_t i = 0; i < node.request.outputs.size(); ++i)
    if (node.request.outputs[i].dtype == DType::f32 and variant.outputs[i].storage == DType::f16) return true;
  return false;
}

double largest(const Tensor& tensor) {
  double found = 0;
  for (const float value : tensor.values<float>())
    if (std::isfinite(value)) found = std::max(found, std::abs(static_cast<double>(value)));
  return found;
}

/// What kernels convert to halves beside tensors: the weights of products.
double reached_by_weights(const NodeCandidates& node) {
  const Op& op = node.request.op;
  if (not op.is<ops::Conv>() and not op.is<ops::ConvTranspose>() and not op.is<ops::MatMul>()) return 0;
  double found = 0;
  for (size_t i = 0; i < node.request.anchor_inputs; ++i) {
    const auto& constant = node.request.inputs[i].constant;
    if (constant != nullptr and constant->dtype() == DType::f32) found = std::max(found, largest(*constant));
  }
  return found;
}

/// Everything that the outcome depends on: names, because remarks have them; the backend that runs the network, because it may be too slow.
tactics::FindingKey key_of(const Graph& graph, const CandidateSet& found, const OverflowConfig& config) {
  const tactics::Backend* host = tactics::registry().find_backend(config.backend);
  std::string text = print(graph, {.provenance = false, .store = {}});
  for (const DType type : found.target.permitted) text += fmt::format("permit {}\n", name_of(type));
  text += fmt::format("{} {} {} {}\n", found.backend == nullptr ? "" : found.backend->name(), host == nullptr ? "" : host->fingerprint(),
                      config.threads, config.most_seconds);
  return {.kind = "overflow", .version = version, .network = text_of(hash_of(text)), .device = found.target.device};
}

/// Why a node may not store halves; empty where it may.
std::string reason_of(const Graph& graph, const WatchedNetwork& network, const NodeCandidates& node) {
  const Node& seen = graph.node(node.node);
  const auto text = [](std::string_view what, double reached) {
    return fmt::format("{} reaches {:.3g} on sample data; float16 ends at 65504", what, reached);
  };
  if (const double reached = reached_by_weights(node); reached > most) return text("a weight", reached);
  if (const double reached = network.reached_by_anchor(node.node); reached > most) return text("the result before its epilogue", reached);
  for (const std::vector<ValueId>* values : {&seen.outputs, &seen.inputs})
    for (const ValueId value : *values)
      if (value.valid())
        if (const double reached = network.reached_by_value(value); reached > most)
          return text(fmt::format("`{}`", graph.value(value).name), reached);
  return {};
}

/// Where the device has no kernel but for halves: the host's, in the model's own types.
std::vector<tactics::Candidate> on_host(const CandidateSet& found, const NodeCandidates& node) {
  tactics::OpRequest request = node.request;
  request.target.permitted.clear();
  std::vector<const tactics::Tactic*> tactics = tactics::registry().tactics_of("cpu");
  if (found.fallback != nullptr) tactics.push_back(found.fallback);
  const auto plain = [](const tactics::Format& format) { return format.layout.blocks.empty(); };
  for (const tactics::Tactic* tactic : tactics) {
    if (not tactic->supports(request)) continue;
    tactics::VariantSink sink;
    tactic->variants(request, sink);
    std::vector<tactics::Candidate> candidates;
    for (tactics::Variant& variant : sink.variants)
      if (std::ranges::all_of(variant.inputs, plain) and std::ranges::all_of(variant.outputs, plain)) {
        candidates.emplace_back().tactic = tactic;
        candidates.back().variant = std::move(variant);
      }
    if (not candidates.empty()) return candidates;
  }
  return {};
}

void tell(const OverflowConfig& config, Severity severity, const std::string& message) {
  if (config.logger) config.logger(severity, message);
}

bool may_overflow(const NodeCandidates& node) {
  return std::ranges::any_of(node.candidates, [&](const tactics::Candidate& candidate) { return stores_halves(node, candidate); });
}

/// Why nodes, by their place, may not store halves; not complete where the network takes too long. Throws Error where it does not run.
tactics::Finding look_into(const Graph& graph, const CandidateSet& found, const OverflowConfig& config) {
  WatchedNetwork network(graph);
  tactics::Finding finding{.complete = run(network, config), .remarks = {}};
  if (not finding.complete) return finding;
  for (size_t i = 0; i < found.nodes.size(); ++i)
    if (std::string reason = reason_of(graph, network, found.nodes[i]); not reason.empty())
      finding.remarks.emplace(static_cast<uint32_t>(i), std::move(reason));
  return finding;
}

/// What is known of this network. Remarks that do not fit it, in a file that somebody edited, are no knowledge.
std::optional<tactics::Finding> recall(const tactics::FindingKey& key, const CandidateSet& found, const OverflowConfig& config) {
  std::optional<tactics::Finding> known = config.cache->find(key);
  if (not known) return {};
  for (const auto& [node, reason] : known->remarks)
    if (node >= found.nodes.size() or reason.empty()) return {};
  return known;
}

tactics::Finding recall_or_look_into(const Graph& graph, const CandidateSet& found, const OverflowConfig& config) {
  if (config.cache == nullptr) return look_into(graph, found, config);
  const tactics::FindingKey key = key_of(graph, found, config);
  if (std::optional<tactics::Finding> known = recall(key, found, config)) return std::move(*known);
  tactics::Finding finding = look_into(graph, found, config);
  config.cache->insert(key, finding);
  return finding;
}

/// Whether the node lost candidates.
bool keep_from_halves(const Graph& graph, const CandidateSet& found, NodeCandidates& node, const std::string& reason,
                      const OverflowConfig& config) {
  if (not may_overflow(node)) return false;
  std::vector<tactics::Candidate> wide;
  for (const tactics::Candidate& candidate : node.candidates)
    if (not stores_halves(node, candidate)) wide.push_back(candidate);
  if (wide.empty()) wide = on_host(found, node);
  if (wide.empty()) return false;
  node.candidates = std::move(wide);
  node.kept_from_halves = reason;
  tell(config, Severity::info, fmt::format("precision: {} is kept from float16: {}", describe(graph.node(node.node)), reason));
  return true;
}

}  // namespace

std::optional<size_t> keep_from_overflow(const Graph& graph, CandidateSet& found, const OverflowConfig& config) {
  if (std::ranges::none_of(found.nodes, may_overflow)) return 0;
  tactics::Finding finding;
  try {
    finding = recall_or_look_into(graph, found, config);
  } catch (const Error& error) {
    tell(config, Severity::warning, fmt::format("precision: not looked at for numbers that float16 does not hold: {}", error.what()));
    return std::nullopt;
  }
  if (not finding.complete) {
    tell(config, Severity::info, "precision: the network takes too long in float32 to look into it for numbers that float16 does not hold");
    return std::nullopt;
  }
  size_t kept = 0;
  for (const auto& [node, reason] : finding.remarks)
    if (keep_from_halves(graph, found, found.nodes[node], reason, config)) ++kept;
  return kept;
}

bool gives_numbers(const Engine& engine, const Graph& graph) {
  Session session(engine);
  for (const Tensor& output : session.run(sample_inputs(graph, 1)))
    if (is_floating(output.dtype()))
      for (int64_t i = 0; i < output.size(); ++i)
        if (not std::isfinite(output.number(i))) return false;
  return true;
}

}  // namespace burnish
