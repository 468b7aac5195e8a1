// PackedAttention without windows by cuDNN's fused kernels: f16 and bf16. Queries, keys and values are read by strides from where they lie side
// by side, and results are written token by token.
#include "ops/packed_attention.h"

#include <algorithm>

#include "backends/cuda/cudnn/kernel.h"
#include "backends/cuda/kernels/formats.h"
#include "base/error.h"
#include "tactics/registry.h"
#include "tactics/variant_judge.h"

namespace burnish::cuda {
namespace {

using cudnn::Binding;
using cudnn::Described;
using cudnn::Engine;
using cudnn::TensorSpec;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

constexpr int64_t depth_step = 8, most_depth = 256;
constexpr size_t mask_input = 1;

const ops::PackedAttention& attention_of(const OpRequest& request) { return *request.op.as<ops::PackedAttention>(); }
bool is_narrow(DType type) { return type == DType::f16 or type == DType::bf16; }
bool has_mask(const OpRequest& request) { return request.inputs.size() > mask_input and request.inputs[mask_input].present; }

/// [batch, heads, tokens, depth] of rows of `parts` times all heads.
TensorSpec by_heads(const ops::TokenMap& map, int64_t heads, int64_t parts, DType type) {
  const int64_t row = parts * heads * map.depth();
  return {{map.batch(), heads, map.tokens(), map.depth()}, {map.tokens() * row, map.depth(), row, 1}, type};
}

Described described(const OpRequest& request, const Variant& variant) {
  Described made;
  const auto& op = attention_of(request);
  const ops::TokenMap map(op, request.dims(0));
  const DType type = variant.inputs[0].storage;
  const auto element = static_cast<int64_t>(byte_size(type));
  std::vector<cudnn::Graph::Id> parts;
  for (int64_t part = 0; part < 3; ++part) {
    parts.push_back(made.graph.input(by_heads(map, op.heads, 3, type)));
    Binding binding{Binding::Source::input, 0, type, {}, {}};
    binding.offset = part * op.heads * map.depth() * element;
    made.bindings.push_back(std::move(binding));
  }
  std::optional<cudnn::Graph::Id> bias;
  if (has_mask(request)) {
    Dims dims = request.dims(mask_input);
    dims.insert(dims.begin(), 4 - dims.size(), 1);
    bias = made.graph.input({dims, Layout::row_major(4).strides(dims), variant.inputs[mask_input].storage});
    const bool constant = request.inputs[mask_input].constant != nullptr;
    made.bindings.push_back({constant ? Binding::Source::constant : Binding::Source::input,
                             mask_input,
                             variant.inputs[mask_input].storage,
                             Dims{element_count(dims)},
                             {1}});
  }
  const TensorSpec result = by_heads(map, op.heads, 1, type);
  made.graph.output(made.graph.attention(parts[0], parts[1], parts[2], bias, {op.scale, op.causal}, result), result);
  return made;
}

class CudnnPackedAttention final : public tactics::Tactic, public tactics::VariantJudge {
 public:
  std::string_view id() const override { return "cuda.cudnn.packed_attention"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::PackedAttention>()) return Verdict::no("not packed attention");
    if (std::string reason = cudnn::unusable(); not reason.empty()) return Verdict::no(std::move(reason));
    if (request.has_epilogue()) return Verdict::no("takes no epilogue");
    const auto& op = attention_of(request);
    if (not op.window.empty()) return Verdict::no("attention within windows");
    const ops::TokenMap map(op, request.dims(0));
    if (element_count(request.dims(0)) == 0) return Verdict::no("an empty tensor");
    if (map.depth() % depth_step != 0 or map.depth() > most_depth) return Verdict::no("the depth of heads is no multiple of 8 up to 256");
    if (request.inputs[0].constant != nullptr) return Verdict::no("the tokens are constant");
    if (has_mask(request)) {
      const Dims mask = request.dims(mask_input);
      if (mask.size() == 4 and mask[0] != 1 and mask[0] != map.batch()) return Verdict::no("a mask that repeats over the batch");
    }
    if (narrow_storages(request).empty()) return Verdict::no("only f16 and bf16");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    constexpr size_t most_engines = 3;
    for (const Variant& formats : all_formats(request)) {
      Described made = described(request, formats);
      double estimate = seconds(request, formats);
      const std::vector<Engine> engines = cudnn::engines_for(made.graph, false, most_engines);
      if (engines.empty()) sink.refuse(formats.text(), "cuDNN has no engine for it");
      for (const Engine& engine : engines) {
        Variant variant = formats;
        variant.knobs = engine.name;
        variant.workspace = engine.workspace;
        variant.estimate = estimate;
        estimate *= 1.02;  // cuDNN's own order
        sink.offer(std::move(variant));
      }
    }
  }

  bool may_offer(const OpRequest& request, const Variant& variant) const override {
    constexpr int64_t most_workspace = int64_t{1} << 30U;
    const std::vector<Variant> all = all_formats(request);
    return variant.workspace <= most_workspace and
           std::ranges::any_of(all, [&](const Variant& formats) { return cudnn::has_formats(variant, formats); });
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const auto choose = [&](cudnn::Graph& /*graph*/) { return Engine{variant.knobs, variant.workspace}; };
    return cudnn::make_kernel(context, request, variant, choose, [&] { return described(request, variant); });
  }

 private:
  static std::vector<std::optional<DType>> narrow_storages(const OpRequest& request) {
    std::vector<std::optional<DType>> storages = usual_storages(request);
    std::erase_if(storages, [&](std::optional<DType> lowered) { return not is_narrow(storage_of(request.inputs[0].type.dtype, lowered)); });
    return storages;
  }

  /// Masks keep the model's type: they hold numbers like -1e9, which f16 has not.
  static std::vector<Variant> all_formats(const OpRequest& request) {
    std::vector<Variant> all;
    for (const std::optional<DType> lowered : narrow_storages(request)) {
      Variant formats = plain_variant(request, lowered);
      if (has_mask(request)) formats.inputs[mask_input] = device_format(request.inputs[mask_input].type);
      all.push_back(std::move(formats));
    }
    return all;
  }

  static double seconds(const OpRequest& request, const Variant& variant) {
    const GpuFacts& facts = gpu().facts();
    const double fma_each_cycle = 2048, share_reached = 0.4;
    const double peak = 2 * fma_each_cycle * facts.processors * facts.clock;
    const ops::TokenMap map(attention_of(request), request.dims(0));
    const double rows = static_cast<double>(map.batch() * attention_of(request).heads * map.tokens());
    const double flops = 4 * rows * static_cast<double>(map.tokens() * map.depth());
    return memory_seconds(request, variant) + flops / (share_reached * std::max(1e12, peak));
  }
};

}  // namespace

void register_cudnn_packed_attention(tactics::Registry& registry) { registry.add(std::make_unique<CudnnPackedAttention>()); }

}  // namespace burnish::cuda
