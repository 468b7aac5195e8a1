// Attention by one kernel: on tensor cores where queries are stored as halves of suitable depth, in float for everything else. Any mask that
// broadcasts, heads before tokens or tokens before heads, with any epilogue.
#include "ops/attention.h"

#include <algorithm>

#include "backends/cuda/kernels/attention_cut.h"
#include "backends/cuda/kernels/constants.h"
#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/kernel_sources.h"
#include "backends/cuda/kernels/packed_constant.h"
#include "backends/cuda/kernels/parameter_bytes.h"
#include "backends/cuda/kernels/tail.h"
#include "backends/cuda/nvrtc/expr_source.h"
#include "base/error.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

using tactics::BufferRef;
using tactics::Format;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

const ops::Attention& attention_of(const OpRequest& request) { return *request.op.as<ops::Attention>(); }

AttentionSizes sizes_of(const OpRequest& request) {
  const Dims query = request.dims(0), value = request.dims(2);
  const size_t rank = query.size();
  return {element_count(std::span(query).first(rank - 2)), query[rank - 2], value[rank - 2], query[rank - 1], value[rank - 1]};
}

AttentionCut cut_of(const OpRequest& request, const Variant& variant) { return attention_cut_named(sizes_of(request), variant.knobs); }

bool has_mask(const OpRequest& request) { return input_at(request, 3).has_value(); }

size_t batch_axes(const OpRequest& request) { return std::max<size_t>(1, request.dims(0).size() - 2); }

/// Strides of batch axes, rows and columns, from those of the tensor's axes.
Dims with_batch(Dims strides) {
  if (strides.size() == 2) strides.insert(strides.begin(), 0);
  return strides;
}

Tail tail_of(const OpRequest& request, const Variant& variant) {
  const TailProgram program = tail_program(request);
  const size_t rank = request.outputs[0].shape.rank();
  const auto operand = [&](const Format& format, const Dims& dims) {
    return StridedOperand{format.storage, with_batch(strided(format, dims, Dims(rank, 1)).strides)};
  };
  std::vector<StridedOperand> operands, outputs;
  for (const size_t i : program.inputs) operands.push_back(operand(variant.inputs[i], request.dims(i)));
  for (size_t i = 0; i < program.expr.outputs.size(); ++i) outputs.push_back(operand(variant.outputs[i], request.output_dims(i)));
  return Tail(program.expr, std::move(operands), std::move(outputs), cut_of(request, variant).together,
              {.fixed = false, .constants = kept_operands(program, variant)});
}

class AttentionKernel final : public tactics::Kernel {
 public:
  AttentionKernel(tactics::BuildContext& context, const OpRequest& request, const Variant& variant)
      : constants_(without_packed(request, variant)), tail_(tail_of(request, variant)), tail_inputs_(tail_program(request).inputs) {
    const AttentionSizes sizes = sizes_of(request);
    const AttentionCut cut = cut_of(request, variant);
    ParameterBytes shape;
    for (int i = 0; i < operands; ++i) shape.add(uint64_t{0});
    for (size_t i = 0; i < 3; ++i) {
      Dims strides = operand_strides(context, request, variant, i);
      if (i == 1 and attention_of(request).transposed_k) std::swap(strides[strides.size() - 1], strides[strides.size() - 2]);
      for (const int64_t stride : with_batch(strides)) shape.add(stride);
    }
    Dims mask(batch_axes(request) + 2, 0);
    if (has_mask(request)) mask = with_batch(strided(variant.inputs[3], request.dims(3), Dims(request.dims(0).size(), 1)).strides);
    for (const int64_t stride : mask) shape.add(stride);
    const Dims query = request.dims(0);
    if (query.size() == 2) shape.add(uint32_t{1});
    for (size_t axis = 0; axis + 2 < query.size(); ++axis) shape.add(static_cast<uint32_t>(query[axis]));
    const int64_t row_blocks = (sizes.rows + cut.rows - 1) / cut.rows;
    for (const int64_t count : {sizes.rows, sizes.columns, row_blocks}) shape.add(static_cast<uint32_t>(count));
    shape.add(static_cast<float>(attention_of(request).scale));
    shape_ = shape.finish();
    grid_.blocks[0] = static_cast<unsigned>(sizes.heads * row_blocks);
    grid_.threads = static_cast<unsigned>(cut.threads);
    grid_.shared_bytes = static_cast<unsigned>(cut.shared_bytes);
    grid_.may_start_early = true;
    code_ = std::make_unique<Code>(context, attention_source(request, variant));
    function_ = code_->function("attend", cut.shared_bytes);
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* /*workspace*/) const noexcept override {
    std::array<std::byte, 1024> shape;
    std::memcpy(shape.data(), shape_.data(), shape_.size());
    std::array<const std::byte*, operands> data{};
    for (size_t i = 0; i < operands and i < in.size(); ++i)
      data[i] = i < packed_.size() and packed_[i].data() != nullptr ? packed_[i].data() : constants_.of(i, in[i].data);
    std::memcpy(shape.data(), data.data(), sizeof(data));
    std::array<const std::byte*, 32> sources{};
    std::array<std::byte*, 32> targets{};
    for (size_t i = 0; i < tail_inputs_.size(); ++i) sources[i] = constants_.of(tail_inputs_[i], in[tail_inputs_[i]].data);
    for (size_t i = 0; i < out.size() and i < targets.size(); ++i) targets[i] = out[i].data;
    Tail::Argument tail;
    tail_.pack({sources.data(), tail_inputs_.size()}, targets, tail);
    std::array<void*, 2> arguments{shape.data(), tail.data()};
    return launch(function_, grid_, arguments, context.stream);
  }

 private:
  static constexpr int operands = 4;

  static DeviceConstants without_packed(const OpRequest& request, Variant variant) {
    for (size_t i = 0; i < 3; ++i) variant.keeps_constant[i] = false;
    return {request, variant};
  }

  /// Constant queries, keys and values are packed: depth last, in the type of the others.
  Dims operand_strides(tactics::BuildContext& context, const OpRequest& request, const Variant& variant, size_t i) {
    const Dims dims = request.dims(i);
    const size_t rank = dims.size();
    if (request.inputs[i].constant == nullptr) return strided(variant.inputs[i], dims, dims).strides;
    const bool swaps = i == 1 and attention_of(request).transposed_k;
    Dims extents = dims, source = Layout::row_major(rank).strides(dims);
    if (swaps) {
      std::swap(extents[rank - 1], extents[rank - 2]);
      std::swap(source[rank - 1], source[rank - 2]);
    }
    packed_[i] = packed_constant(context, *request.inputs[i].constant, storage(request, variant), extents, source);
    Dims strides = Layout::row_major(rank).strides(extents);
    if (swaps) std::swap(strides[rank - 1], strides[rank - 2]);
    return strides;
  }

  static DType storage(const OpRequest& request, const Variant& variant) { return attention_storage(request, variant); }

  DeviceConstants constants_;
  std::array<tactics::DeviceMemory, 3> packed_;
  Tail tail_;
  std::vector<size_t> tail_inputs_;
  std::vector<std::byte> shape_;
  std::unique_ptr<Code> code_;
  CUfunction function_ = nullptr;
  Grid grid_;
};

/// The order with depth last and, with `tokens`, the axis of tokens before that of heads.
Layout layout_of(size_t rank, bool tokens, bool transposed) {
  Layout layout = Layout::row_major(rank);
  if (transposed) std::swap(layout.order[rank - 1], layout.order[rank - 2]);
  if (tokens) std::swap(layout.order[rank - 2], layout.order[rank - 3]);
  return layout;
}

class CudaAttention final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.attention"; }
  uint32_t revision() const override { return 3; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::Attention>()) return Verdict::no("not attention");
    const DType type = request.inputs[0].type.dtype;
    if (type != DType::f32 and type != DType::f16 and type != DType::bf16) return Verdict::no("not of f32, f16 or bf16");
    if (std::string reason = tail_refusal(request); not reason.empty()) return Verdict::no(std::move(reason));
    const AttentionSizes sizes = sizes_of(request);
    if (sizes.heads * sizes.rows == 0 or sizes.columns == 0 or sizes.depth == 0 or sizes.width == 0) return Verdict::no("empty tensors");
    if (sizes.depth > deepest_head or sizes.width > deepest_head) return Verdict::no("heads deeper than 256");
    const Dims query = request.dims(0);
    for (size_t i = 1; i < 3; ++i)
      if (not std::equal(query.begin(), query.end() - 2, request.dims(i).begin())) return Verdict::no("heads are shared between queries");
    if (const auto mask = input_at(request, 3);
        mask and request.inputs[*mask].type.dtype != DType::boolean and not is_floating(request.inputs[*mask].type.dtype))
      return Verdict::no("the mask is neither floating nor boolean");
    if (const auto mask = input_at(request, 3); mask and stored_type(request.inputs[*mask].type.dtype).empty())
      return Verdict::no("device code does not know the mask's type");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const size_t rank = request.dims(0).size();
    const bool transposed = attention_of(request).transposed_k;
    for (const std::optional<DType> lowered : usual_storages(request)) {
      const bool matrix = fits_tensor_cores(request, lowered);
      for (const bool tokens : {true, false}) {
        if (tokens and rank < 3) continue;
        offer(request, lowered, tokens, layout_of(rank, tokens, transposed), matrix, sink);
        if (transposed and not matrix and not tokens) offer(request, lowered, tokens, Layout::row_major(rank), false, sink);
      }
    }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<AttentionKernel>(context, request, variant);
  }

 private:
  static bool fits_tensor_cores(const OpRequest& request, std::optional<DType> lowered) {
    const AttentionSizes sizes = sizes_of(request);
    return fits_attention_tiles(storage_of(request.inputs[0].type.dtype, lowered), sizes.depth, sizes.width);
  }

  static void offer(const OpRequest& request, std::optional<DType> lowered, bool tokens, const Layout& key, bool matrix,
                    tactics::VariantSink& sink) {
    const Layout layout = layout_of(request.dims(0).size(), tokens, false);
    Variant variant = anchored_variant(request, lowered, layout, layout);
    variant.inputs[1].layout = key;
    variant.inputs[2].layout = layout;
    for (size_t i = 0; i < 3; ++i)
      if (request.inputs[i].constant != nullptr) variant.inputs[i] = device_format(request.inputs[i].type);
    const AttentionSizes sizes = sizes_of(request);
    for (const AttentionCut& cut : matrix ? attention_matrix_cuts(sizes) : std::vector{attention_cut(sizes)}) {
      variant.knobs = cut.knobs;
      variant.estimate = std::max(memory_seconds(request, variant), attention_seconds(cut, sizes));
      sink.offer(variant);
    }
  }
};

}  // namespace

DType attention_storage(const OpRequest& request, const Variant& variant) {
  for (size_t i = 0; i < 3; ++i)
    if (request.inputs[i].constant == nullptr) return variant.inputs[i].storage;
  return variant.outputs[0].storage;
}

std::string attention_source(const OpRequest& request, const Variant& variant) {
  const AttentionCut cut = cut_of(request, variant);
  const std::string type = stored_type(attention_storage(request, variant));
  const std::string mask = has_mask(request) ? stored_type(variant.inputs[3].storage) : "float";
  return fmt::format(
      "#include \"{}.cuh\"\n{}extern \"C\" __global__ void __launch_bounds__({}) attend(const __grid_constant__ "
      "AttentionShape<{}, {}, {}> shape, const __grid_constant__ Tail tail) {{\n  release_next();\n  wait_for_inputs();\n"
      "  const u32 head = blockIdx.x / shape.row_blocks;\n  const StridedHead<{}, {}, {}, {}, Tail> problem(shape, tail, head);\n"
      "  {}<{}, {}, {}>(problem, (blockIdx.x - head * shape.row_blocks) * {});\n}}\n",
      cut.matrix ? "attention_tiles" : "attention", tail_of(request, variant).source(), cut.threads, type, mask, batch_axes(request),
      has_mask(request), type, mask, batch_axes(request), cut.matrix ? "matrix_attention" : "attention", cut.type,
      attention_of(request).causal, type, cut.rows);
}

void register_attention(tactics::Registry& registry) { registry.add(std::make_unique<CudaAttention>()); }

}  // namespace burnish::cuda
