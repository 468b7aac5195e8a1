// Attention by cuDNN's fused kernels: f16 and bf16, scores never in memory, sums in f32. Queries, keys and values are taken as they lie,
// head-major or token-major, so that the transposes around attention need no step; a mask is added in the scores' own f32 or in the storage type.
#include "ops/attention.h"

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
using tactics::Format;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

constexpr int64_t depth_step = 8, most_depth = 256;
constexpr size_t mask_input = 3;

bool is_narrow(DType type) { return type == DType::f16 or type == DType::bf16; }
bool has_mask(const OpRequest& request) { return request.inputs.size() > mask_input and request.inputs[mask_input].present; }

/// Tokens before heads in memory: [B,S,H,D] for logical [B,H,S,D].
Layout token_major(size_t rank) {
  if (rank == 4) return {{0, 2, 1, 3}, {}};
  if (rank == 3) return {{1, 0, 2}, {}};
  return Layout::row_major(rank);
}

/// The same memory for an operand whose last two axes are exchanged.
Layout exchanged(Layout layout) {
  const auto rank = static_cast<uint8_t>(layout.order.size());
  for (uint8_t& axis : layout.order)
    if (axis >= rank - 2) axis = static_cast<uint8_t>(2 * rank - 3 - axis);
  return layout;
}

TensorSpec four_axes(TensorSpec tensor) {
  while (tensor.dims.size() < 4) {
    tensor.strides.insert(tensor.strides.begin(), element_count(tensor.dims));
    tensor.dims.insert(tensor.dims.begin(), 1);
  }
  return tensor;
}

TensorSpec spec(const OpRequest& request, const Variant& variant, size_t input) {
  TensorSpec tensor = cudnn::spec_of(request.dims(input), variant.inputs[input]);
  if (input == 1 and request.op.as<ops::Attention>()->transposed_k) {
    std::swap(tensor.dims.end()[-1], tensor.dims.end()[-2]);
    std::swap(tensor.strides.end()[-1], tensor.strides.end()[-2]);
  }
  return four_axes(std::move(tensor));
}

Described described(const OpRequest& request, const Variant& variant) {
  Described made;
  std::vector<cudnn::Graph::Id> inputs;
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    if (not request.inputs[i].present) continue;
    inputs.push_back(made.graph.input(spec(request, variant, i)));
    const bool constant = request.inputs[i].constant != nullptr;  // a mask
    const Dims flat{element_count(request.dims(i))};
    made.bindings.push_back({constant ? Binding::Source::constant : Binding::Source::input, i, variant.inputs[i].storage, flat, {1}});
  }
  const auto& op = *request.op.as<ops::Attention>();
  const TensorSpec result = four_axes(cudnn::spec_of(request.output_dims(), variant.outputs[0]));
  const std::optional<cudnn::Graph::Id> bias = has_mask(request) ? std::optional(inputs[mask_input]) : std::nullopt;
  made.graph.output(made.graph.attention(inputs[0], inputs[1], inputs[2], bias, {op.scale, op.causal}, result), result);
  return made;
}

std::string refusal_of_shapes(const OpRequest& request) {
  const Dims query = request.dims(0);
  const size_t rank = query.size();
  if (rank < 2 or rank > 4) return "not two to four axes";
  for (size_t i = 0; i < 3; ++i) {
    const Dims dims = request.dims(i);
    if (element_count(dims) == 0) return "an empty tensor";
    if (dims.size() != rank) return "queries, keys and values differ in rank";
    for (size_t axis = 0; axis + 2 < rank; ++axis)
      if (dims[axis] != query[axis]) return "heads are shared between queries";
  }
  for (const int64_t depth : {query.back(), request.dims(2).back()})
    if (depth % depth_step != 0 or depth > most_depth) return fmt::format("heads of {} columns: not a multiple of 8 up to 256", depth);
  return {};
}

class CudnnAttention final : public tactics::Tactic, public tactics::VariantJudge {
 public:
  std::string_view id() const override { return "cuda.cudnn.attention"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::Attention>()) return Verdict::no("not attention");
    if (std::string reason = cudnn::unusable(); not reason.empty()) return Verdict::no(std::move(reason));
    if (request.has_epilogue()) return Verdict::no("takes no epilogue");
    if (std::string reason = refusal_of_shapes(request); not reason.empty()) return Verdict::no(std::move(reason));
    for (size_t i = 0; i < 3; ++i)
      if (request.inputs[i].constant != nullptr) return Verdict::no("queries, keys or values are constant");
    if (has_mask(request) and not is_floating(request.inputs[mask_input].type.dtype)) return Verdict::no("the mask is not added");
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

  /// Every combination of storage, layout and the mask's type.
  static std::vector<Variant> all_formats(const OpRequest& request) {
    const size_t rank = request.dims(0).size();
    const bool transposed = request.op.as<ops::Attention>()->transposed_k;
    std::vector<Variant> all;
    for (const std::optional<DType> lowered : narrow_storages(request))
      for (const bool tokens : {true, false}) {
        if (tokens and rank < 3) continue;
        const Layout layout = tokens ? token_major(rank) : Layout::row_major(rank);
        Variant formats = plain_variant(request, lowered);
        for (size_t i = 0; i < 3; ++i)
          formats.inputs[i] = device_format(request.inputs[i].type, lowered, i == 1 and transposed ? exchanged(layout) : layout);
        formats.outputs[0] = device_format(request.outputs[0], lowered, layout);
        for (const Format& mask : mask_formats(request, lowered)) {
          if (has_mask(request)) formats.inputs[mask_input] = mask;
          all.push_back(formats);
        }
      }
    return all;
  }

  /// Masks hold numbers like -1e9, which f16 has not.
  static std::vector<Format> mask_formats(const OpRequest& request, std::optional<DType> lowered) {
    if (not has_mask(request)) return {Format{}};
    const TensorType& mask = request.inputs[mask_input].type;
    std::vector<Format> formats{device_format(mask)};
    if (lowered == DType::bf16 and mask.dtype == DType::f32 and request.inputs[mask_input].constant == nullptr)
      formats.push_back(device_format(mask, lowered));
    return formats;
  }

  static double seconds(const OpRequest& request, const Variant& variant) {
    const GpuFacts& facts = gpu().facts();
    const double fma_each_cycle = 2048, share_reached = 0.4;
    const double peak = 2 * fma_each_cycle * facts.processors * facts.clock;
    const Dims query = request.dims(0), value = request.dims(2);
    const double rows = static_cast<double>(element_count(query)) / static_cast<double>(query.back());
    const double flops = 2 * rows * static_cast<double>(value[value.size() - 2]) * static_cast<double>(query.back() + value.back());
    return memory_seconds(request, variant) + flops / (share_reached * std::max(1e12, peak));
  }
};

}  // namespace

void register_cudnn_attention(tactics::Registry& registry) { registry.add(std::make_unique<CudnnAttention>()); }

}  // namespace burnish::cuda
