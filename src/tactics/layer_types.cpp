#include "tactics/layer_types.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "ops/quantized.h"
#include "tactics/pbqp.h"

namespace burnish {

LayerMatch match_layer(std::span<const LayerTypes> entries, std::string_view layer) {
  LayerMatch best;
  for (const LayerTypes& entry : entries) {
    const std::string_view pattern = entry.layer;
    const size_t star = pattern.find('*');
    int particularity = 0;
    if (pattern == layer) particularity = 3;
    else if (pattern == "*") particularity = 1;
    else if (star != std::string_view::npos and layer.size() + 1 >= pattern.size() and layer.starts_with(pattern.substr(0, star)) and
             layer.ends_with(pattern.substr(star + 1)))
      particularity = 2;
    if (particularity > 0 and particularity >= best.particularity) best = {&entry, particularity};
  }
  return best;
}

}  // namespace burnish

namespace burnish::tactics {
namespace {

constexpr std::string_view math_knob = "math=";

/// Names under which the application knows a node.
std::vector<std::string_view> layers_of(const Node& node) {
  std::vector<std::string_view> names(node.provenance.begin(), node.provenance.end());
  if (std::ranges::find(names, node.name) == names.end()) names.emplace_back(node.name);
  return names;
}

/// What decides for a node. Of two entries that are as particular, for two of its layers, the one with the wider type.
struct Demand {
  const LayerTypes* entry = nullptr;
  int particularity = 0;
  std::string_view layer;
};

Demand demand_of(const Node& node, std::span<const LayerTypes> entries) {
  Demand best;
  for (const std::string_view layer : layers_of(node)) {
    const auto [entry, particularity] = match_layer(entries, layer);
    if (particularity == 0 or entry->types.empty()) continue;
    const bool wider = best.entry != nullptr and byte_size(entry->types[0]) > byte_size(best.entry->types[0]);
    if (particularity > best.particularity or (particularity == best.particularity and wider)) best = {entry, particularity, layer};
  }
  return best;
}

/// What storing and multiplying in `type` needs a permission for.
bool is_narrow_float(DType type) { return type == DType::f16 or type == DType::bf16; }

std::optional<DType> math_of(const Candidate& candidate) {
  const std::string_view knobs = candidate.variant.knobs;
  if (not knobs.starts_with(math_knob)) return {};
  return dtype_from_name(knobs.substr(math_knob.size(), knobs.find_first_of(" ,;", math_knob.size()) - math_knob.size()));
}

/// Whether a candidate uses a type that only a layer with a demand may.
bool oversteps(const OpRequest& request, const Candidate& candidate, std::span<const DType> permitted) {
  const auto foreign = [&](DType storage, DType model) {
    return storage != model and is_narrow_float(storage) and std::ranges::find(permitted, storage) == permitted.end();
  };
  for (size_t i = 0; i < request.inputs.size(); ++i)
    if (request.inputs[i].present and foreign(candidate.variant.inputs.at(i).storage, request.inputs[i].type.dtype)) return true;
  for (size_t i = 0; i < request.outputs.size(); ++i)
    if (foreign(candidate.variant.outputs.at(i).storage, request.outputs[i].dtype)) return true;
  const auto math = math_of(candidate);
  return math and std::ranges::find(permitted, *math) == permitted.end();
}

bool stores_as(const OpRequest& request, const Candidate& candidate, const std::vector<DType>& types) {
  for (size_t i = 0; i < request.outputs.size(); ++i) {
    const DType wanted = types[std::min(i, types.size() - 1)];
    if (request.wanted.at(i) and candidate.variant.outputs.at(i).storage != wanted) return false;
  }
  return true;
}

/// Results that are numbers of another kind than the type asked for: a pattern that also names shapes and indices does not mean them.
bool concerns(const OpRequest& request, const std::vector<DType>& types) {
  for (size_t i = 0; i < request.outputs.size(); ++i)
    if (request.wanted.at(i) and is_floating(request.outputs[i].dtype) == is_floating(types[std::min(i, types.size() - 1)])) return true;
  return false;
}

bool is_product(const OpRequest& request) {
  return ops::is_quantized_product(request.op) or request.op.name() == "Conv" or request.op.name() == "MatMul";
}

class Ruler {
 public:
  Ruler(const Graph& graph, const CandidateSet& found, const LayerDemands& demands, std::span<const DType> permitted, const Logger& logger)
      : graph_(graph), found_(found), demands_(demands), permitted_(permitted.begin(), permitted.end()), logger_(logger) {}

  RuledOut run() {
    RuledOut out;
    for (const NodeCandidates& node : found_.nodes) out.push_back(ruled_out(node));
    if (not faults_.empty())
      fail_unsupported("{} layer(s) cannot have the types asked for:\n  {}\nGive others, or prefer types instead of having them obeyed",
                       faults_.size(), fmt::join(faults_, "\n  "));
    warn_of_strangers(demands_.precisions);
    warn_of_strangers(demands_.output_types);
    return out;
  }

 private:
  std::vector<bool> ruled_out(const NodeCandidates& node) {
    const Node& named = graph_.node(node.node);
    const Demand precision = demand_of(named, demands_.precisions);
    const Demand output = demand_of(named, demands_.output_types);
    std::vector<DType> permitted = permitted_;
    for (const LayerTypes* entry : {precision.entry, output.entry})
      if (entry != nullptr) permitted.insert(permitted.end(), entry->types.begin(), entry->types.end());
    std::vector<bool> out;
    for (const Candidate& candidate : node.candidates) out.push_back(oversteps(node.request, candidate, permitted));
    if (precision.entry != nullptr and asks_to_compute(node.request, precision))
      require(node, precision, out, "computes in", [&](const Candidate& candidate) {
        const auto type = computes_in(node.request, candidate);
        return not type or *type == precision.entry->types[0];
      });
    if (output.entry != nullptr and asks_to_store(node, output))
      require(node, output, out, "stores its result in",
              [&](const Candidate& candidate) { return stores_as(node.request, candidate, output.entry->types); });
    return out;
  }

  /// A pattern means what can be meant by it: products for i8, and nothing that has no floats.
  static bool asks_to_compute(const OpRequest& request, const Demand& demand) {
    const DType type = demand.entry->types[0];
    const bool by_name = demand.particularity == 3;
    if (type == DType::i8) return by_name or is_product(request);
    return is_floating(type) or by_name;
  }

  bool asks_to_store(const NodeCandidates& node, const Demand& demand) const {
    const std::vector<DType>& types = demand.entry->types;
    if (types.size() > 1 and types.size() != node.request.outputs.size())
      fail("layer `{}` has {} results; {} types are given for them", demand.layer, node.request.outputs.size(), types.size());
    return concerns(node.request, types) or demand.particularity == 3;
  }

  /// Rules out what does not fit, or complains and leaves all.
  template <class Fits>
  void require(const NodeCandidates& node, const Demand& demand, std::vector<bool>& out, std::string_view what, const Fits& fits) {
    std::vector<bool> ruled = out;
    bool any = false;
    for (size_t i = 0; i < ruled.size(); ++i) {
      ruled[i] = ruled[i] or not fits(node.candidates[i]);
      any = any or (not ruled[i] and cost_is_finite(node.candidates[i]));
    }
    if (any) {
      out = std::move(ruled);
      return;
    }
    complain(node, demand, what);
  }

  static bool cost_is_finite(const Candidate& candidate) { return candidate.seconds != infinite_cost; }

  void complain(const NodeCandidates& node, const Demand& demand, std::string_view what) {
    std::vector<std::string_view> asked;
    for (const DType type : demand.entry->types) asked.push_back(name_of(type));
    std::set<std::string> known;
    for (const Candidate& candidate : node.candidates)
      if (cost_is_finite(candidate)) known.insert(fmt::format("{} {}", tactics::name_of(candidate), candidate.variant.text()));
    std::string text = fmt::format("layer `{}`: nothing that {} {} runs {}; there is {}", demand.layer, what, fmt::join(asked, "+"),
                                   describe(graph_.node(node.node)), fmt::join(known, ", "));
    if (demand.entry->types[0] == DType::i8) text += " (integers need a quantized model: permit int8, or quantize it first)";
    if (demands_.constraints == PrecisionConstraints::obey) faults_.push_back(std::move(text));
    else if (logger_) logger_(Severity::warning, text);
  }

  /// Names that stand for nothing: misspelt, or folded away.
  void warn_of_strangers(std::span<const LayerTypes> entries) const {
    if (not logger_) return;
    for (const LayerTypes& entry : entries) {
      const bool known = std::ranges::any_of(found_.nodes, [&](const NodeCandidates& node) {
        return std::ranges::any_of(layers_of(graph_.node(node.node)),
                                   [&](std::string_view layer) { return match_layer({&entry, 1}, layer).particularity > 0; });
      });
      if (not known)
        logger_(Severity::warning,
                fmt::format("a type is asked for layer `{}`, but no layer that is left after optimizing has that name", entry.layer));
    }
  }

  const Graph& graph_;
  const CandidateSet& found_;
  const LayerDemands& demands_;
  std::vector<DType> permitted_;
  const Logger& logger_;
  std::vector<std::string> faults_;
};

}  // namespace

std::optional<DType> computes_in(const OpRequest& request, const Candidate& candidate) {
  if (ops::is_quantized_product(request.op)) return DType::i8;
  if (candidate.tactic == nullptr or request.op.has(Trait::moves_data) or request.op.has(Trait::view)) return {};
  if (const auto math = math_of(candidate)) return math;
  std::optional<DType> narrowest;
  const auto see = [&](DType model, DType storage) {
    if (is_floating(model) and (not narrowest or byte_size(storage) < byte_size(*narrowest))) narrowest = storage;
  };
  for (size_t i = 0; i < request.inputs.size(); ++i)
    if (request.inputs[i].present and request.inputs[i].constant == nullptr)
      see(request.inputs[i].type.dtype, candidate.variant.inputs.at(i).storage);
  if (narrowest) return narrowest;
  for (size_t i = 0; i < request.outputs.size(); ++i) see(request.outputs[i].dtype, candidate.variant.outputs.at(i).storage);
  return narrowest;
}

std::vector<DType> storage_asked_for(const LayerDemands& demands) {
  std::vector<DType> asked;
  if (demands.constraints == PrecisionConstraints::none) return asked;
  for (const auto* entries : {&demands.precisions, &demands.output_types})
    for (const LayerTypes& entry : *entries)
      for (const DType type : entry.types)
        if (is_narrow_float(type) and std::ranges::find(asked, type) == asked.end()) asked.push_back(type);
  return asked;
}

RuledOut rule_out(const Graph& graph, const CandidateSet& found, const LayerDemands& demands, std::span<const DType> permitted,
                  const Logger& logger) {
  return Ruler(graph, found, demands, permitted, logger).run();
}

}  // namespace burnish::tactics
