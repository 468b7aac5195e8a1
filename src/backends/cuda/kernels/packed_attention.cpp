// PackedAttention by one kernel, over any windows and rolls of an image of at most two axes: on tensor cores where tokens are stored as halves
// of suitable depth, in float for everything else. A constant mask is kept in the tokens' storage where that holds its numbers.
#include "ops/packed_attention.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "backends/cuda/kernels/attention_cut.h"
#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/kernel_sources.h"
#include "backends/cuda/kernels/packed_constant.h"
#include "backends/cuda/nvrtc/code.h"
#include "backends/cuda/nvrtc/expr_source.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

constexpr size_t mask_input = 1, most_spatial_axes = 2;

const ops::PackedAttention& attention_of(const OpRequest& request) { return *request.op.as<ops::PackedAttention>(); }
ops::TokenMap map_of(const OpRequest& request) { return {attention_of(request), request.dims(0)}; }
bool has_mask(const OpRequest& request) { return request.inputs.size() > mask_input and request.inputs[mask_input].present; }

AttentionSizes sizes_of(const OpRequest& request) {
  const ops::TokenMap map = map_of(request);
  return {map.batch() * map.windows() * attention_of(request).heads, map.tokens(), map.tokens(), map.depth(), map.depth()};
}

/// With a leading axis of extent 1 where there is but one.
Dims two_axes(Dims dims, int64_t fill) {
  while (dims.size() < most_spatial_axes) dims.insert(dims.begin(), fill);
  return dims;
}

Dims mask_dims(const OpRequest& request) {
  Dims dims = request.dims(mask_input);
  dims.insert(dims.begin(), 4 - dims.size(), 1);
  return dims;
}

/// Whether halves hold the numbers as well as they hold any: nothing but infinities becomes infinite.
bool fits_halves(const Tensor& tensor) {
  constexpr double largest = 65000;
  for (int64_t i = 0; i < tensor.size(); ++i)
    if (const double x = tensor.number(i); std::isfinite(x) and std::abs(x) > largest) return false;
  return true;
}

DType mask_storage(const OpRequest& request, const Variant& variant) {
  const std::shared_ptr<const Tensor>& constant = request.inputs[mask_input].constant;
  if (constant == nullptr) return variant.inputs[mask_input].storage;
  const DType tokens = variant.inputs[0].storage;
  const bool narrows = constant->dtype() == DType::f32 and byte_size(tokens) == 2;
  return narrows and (tokens != DType::f16 or fits_halves(*constant)) ? tokens : constant->dtype();
}

class PackedAttentionKernel final : public tactics::Kernel {
 public:
  PackedAttentionKernel(tactics::BuildContext& context, const OpRequest& request, const Variant& variant)
      : scale_(static_cast<float>(attention_of(request).scale)) {
    const ops::TokenMap map = map_of(request);
    const AttentionCut cut = attention_cut_named(sizes_of(request), variant.knobs);
    if (has_mask(request) and request.inputs[mask_input].constant != nullptr)
      mask_ = packed_constant(context, *request.inputs[mask_input].constant, mask_storage(request, variant));
    const int64_t row_blocks = (map.tokens() + cut.rows - 1) / cut.rows;
    grid_.blocks[0] = static_cast<unsigned>(map.batch() * map.windows() * attention_of(request).heads * row_blocks);
    grid_.threads = static_cast<unsigned>(cut.threads);
    grid_.shared_bytes = static_cast<unsigned>(cut.shared_bytes);
    grid_.may_start_early = true;
    code_ = std::make_unique<Code>(context, packed_attention_source(request, variant));
    function_ = code_->function("attend", cut.shared_bytes);
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* /*workspace*/) const noexcept override {
    const std::byte* packed = in[0].data;
    const std::byte* mask = mask_.data() != nullptr ? mask_.data() : in.size() > mask_input ? in[mask_input].data : nullptr;
    std::byte* result = out[0].data;
    float scale = scale_;
    std::array<void*, 4> arguments{&packed, &mask, &result, &scale};
    return launch(function_, grid_, arguments, context.stream);
  }

 private:
  float scale_;
  tactics::DeviceMemory mask_;
  std::unique_ptr<Code> code_;
  CUfunction function_ = nullptr;
  Grid grid_;
};

class CudaPackedAttention final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.packed_attention"; }
  uint32_t revision() const override { return 2; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::PackedAttention>()) return Verdict::no("not packed attention");
    if (request.has_epilogue()) return Verdict::no("takes no epilogue");
    const DType type = request.inputs[0].type.dtype;
    if (type != DType::f32 and type != DType::f16 and type != DType::bf16) return Verdict::no("not of f32, f16 or bf16");
    if (request.inputs[0].constant != nullptr) return Verdict::no("the tokens are constant");
    if (request.dims(0).size() > most_spatial_axes + 2) return Verdict::no("more than two spatial axes");
    const ops::TokenMap map = map_of(request);
    if (element_count(request.dims(0)) == 0) return Verdict::no("empty tensors");
    if (element_count(request.dims(0)) > INT32_MAX) return Verdict::no("more than 2^31 elements");
    if (map.depth() > deepest_head) return Verdict::no("heads deeper than 256");
    if (has_mask(request)) {
      if (stored_type(request.inputs[mask_input].type.dtype).empty()) return Verdict::no("device code does not know the mask's type");
      const Dims mask = mask_dims(request);
      const Dims wanted{map.batch() * map.windows(), attention_of(request).heads, map.tokens(), map.tokens()};
      for (size_t axis = 0; axis < 4; ++axis)
        if (mask[axis] != 1 and (axis > 0 ? mask[axis] != wanted[axis] : mask[axis] == 0 or wanted[axis] % mask[axis] != 0))
          return Verdict::no("the mask does not fit the scores");
    }
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const AttentionSizes sizes = sizes_of(request);
    for (const std::optional<DType> lowered : usual_storages(request)) {
      Variant variant = plain_variant(request, lowered);
      if (has_mask(request)) variant.inputs[mask_input] = device_format(request.inputs[mask_input].type);
      const bool matrix = fits_attention_tiles(variant.inputs[0].storage, sizes.depth, sizes.width);
      for (const AttentionCut& cut : matrix ? attention_matrix_cuts(sizes) : std::vector{attention_cut(sizes)}) {
        variant.knobs = cut.knobs;
        variant.estimate = std::max(memory_seconds(request, variant), attention_seconds(cut, sizes));
        sink.offer(variant);
      }
    }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<PackedAttentionKernel>(context, request, variant);
  }
};

std::string mask_strides(const OpRequest& request) {
  if (not has_mask(request)) return "TokenMask<1, 0, 0, 0, 0>";
  const Dims dims = mask_dims(request);
  Dims strides(4, 0);
  int64_t stride = 1;
  for (size_t axis = 4; axis-- > 0; stride *= dims[axis])
    if (dims[axis] != 1) strides[axis] = stride;
  return fmt::format("TokenMask<{}, {}, {}, {}, {}>", dims[0], strides[0], strides[1], strides[2], strides[3]);
}

}  // namespace

std::string packed_attention_source(const OpRequest& request, const Variant& variant) {
  const ops::TokenMap map = map_of(request);
  const AttentionCut cut = attention_cut_named(sizes_of(request), variant.knobs);
  const Dims extents = two_axes(map.extents(), 1), windows = two_axes(map.window(), 1), shifts = two_axes(map.shift(), 0);
  const auto axis = [&](size_t i) { return fmt::format("TokenAxis<{}, {}, {}>", extents[i], windows[i], shifts[i]); };
  const std::string type = stored_type(variant.inputs[0].storage);
  const std::string mask = has_mask(request) ? stored_type(mask_storage(request, variant)) : "float";
  const int64_t row_blocks = (map.tokens() + cut.rows - 1) / cut.rows;
  return fmt::format(
      "#include \"packed_attention.cuh\"\nusing Image = TokenImage<{0}, {1}, {2}, {3}>;\n"
      "extern \"C\" __global__ void __launch_bounds__({4}) attend(const {5}* packed, const {6}* mask, {5}* out, float scale) {{\n"
      "  release_next();\n  wait_for_inputs();\n"
      "  const PackedHead<Image, {7}, {8}, {5}, {6}> problem(packed, mask, out, scale, blockIdx.x / {9}u);\n"
      "  {10}<{11}, {12}, {5}>(problem, blockIdx.x % {9}u * {13});\n}}\n",
      attention_of(request).heads, map.depth(), axis(0), axis(1), cut.threads, type, mask, mask_strides(request), has_mask(request),
      row_blocks, cut.matrix ? "matrix_attention" : "attention", cut.type, attention_of(request).causal, cut.rows);
}

void register_packed_attention(tactics::Registry& registry) { registry.add(std::make_unique<CudaPackedAttention>()); }

}  // namespace burnish::cuda
