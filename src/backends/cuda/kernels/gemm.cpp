// Matrix products of halves by our own kernels, with any epilogue: MatMul, and convolutions over channels last, whose windows are the rows of
// a product. Rows of both operands, and an image's channels, must be whole 16-byte pieces.
#include "backends/cuda/kernels/gemm.h"

#include <algorithm>
#include <numeric>

#include "backends/cuda/kernels/constants.h"
#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/loops.h"
#include "backends/cuda/kernels/packed_constant.h"
#include "backends/cuda/nvrtc/expr_source.h"
#include "base/error.h"
#include "ops/conv.h"
#include "tactics/registry.h"

namespace burnish::cuda {

using tactics::BufferRef;
using tactics::BuildContext;
using tactics::Format;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

namespace {

constexpr int64_t piece = 8;                                  // halves that are copied at once
constexpr size_t variants_each = 8, image_variants_each = 5;  // of a request and a storage
constexpr int64_t most_batches = 65535;

/// As kernels/gemm.cuh reads it.
struct GemmShape {
  std::array<int64_t, 2> left_batch, right_batch;
  uint32_t m, n, k, left_leading, right_leading, tiles_m, tiles_n, inner_batches;
};

FoundProduct product_of(const OpRequest& request) {
  if (not request.op.is<ops::Conv>()) return matmul_product(request);
  FoundProduct found = pointwise_conv_product(request);
  return found.verdict ? found : window_conv_product(request);
}

/// The product as the kernel sees it: a constant right operand is packed along k.
MatrixProduct packed(const OpRequest& request, MatrixProduct product) {
  if (request.inputs[product.right.input].constant != nullptr) {
    product.right.k_inner = true;
    product.right.leading = product.k;
  }
  return product;
}

std::string refusal(const OpRequest& request, const MatrixProduct& product) {
  if (request.dims(1).size() < 2) return "the right operand is a single column";
  if (not product.left.k_inner) return "the left operand is transposed";
  if (product.k % piece != 0) return fmt::format("{} terms, no multiple of 8", product.k);
  if (not product.right.k_inner and product.n % piece != 0) return fmt::format("{} columns, no multiple of 8", product.n);
  if (product.batches() > most_batches) return "more than 65535 batches";
  return tail_refusal(request);
}

bool is_half(DType type) { return type == DType::f16 or type == DType::bf16; }

std::optional<DType> half_storage(const OpRequest& request, std::optional<DType> lowered) {
  const DType type = storage_of(request.inputs[0].type.dtype, lowered);
  return is_half(type) ? std::optional(type) : std::nullopt;
}

/// The epilogue over the result's memory: rows of as few axes as its operands allow, and the column.
struct Walk {
  Tail tail;
  std::vector<size_t> inputs;     // of the request: the tail's operands
  std::vector<uint32_t> extents;  // of the axes that rows are made of
  int width = 1;
};

Walk walk_of(const OpRequest& request, const MatrixProduct& product, const Variant& variant) {
  TailProgram program = affine_tail_program(request, {}, product.bias);
  const Dims output = request.output_dims(), domain = walked(output, product.layout);
  std::vector<StridedOperand> operands;
  for (const size_t input : program.inputs) {
    StridedOperand operand{variant.inputs[input].storage, Dims(domain.size(), 0)};
    if (input == product.bias) operand.strides.back() = 1;
    else operand.strides = walked(strided(variant.inputs[input], request.dims(input), output).strides, product.layout);
    operands.push_back(std::move(operand));
  }
  for (const Format& format : variant.outputs) operands.push_back({format.storage, Layout::row_major(domain.size()).strides(domain)});
  std::vector<std::span<const int64_t>> rows;
  for (const StridedOperand& operand : operands) rows.emplace_back(operand.strides.data(), domain.size() - 1);
  const Loops loops = merged_loops({domain.data(), domain.size() - 1}, rows);
  for (size_t i = 0; i < operands.size(); ++i) {
    const int64_t along_columns = operands[i].strides.back();
    operands[i].strides = loops.strides[i];
    operands[i].strides.push_back(along_columns);
  }
  const auto outputs = operands.begin() + static_cast<std::ptrdiff_t>(program.inputs.size());
  const int width = static_cast<int>(std::gcd(product.n, piece));
  return {.tail = {std::move(program.expr), {operands.begin(), outputs}, {outputs, operands.end()}, width},
          .inputs = std::move(program.inputs),
          .extents = {loops.extents.begin(), loops.extents.end()},
          .width = width};
}

GemmTiling tiling_of(const MatrixProduct& product, const Variant& variant) {
  for (const GemmTiling& tiling : gemm_tilings(gemm_machine(), product))
    if (tiling.text() == variant.knobs) return tiling;
  fail("unknown knobs `{}`", variant.knobs);
}

/// One instruction multiplies a group's 64 rows by all columns; its operands are too many to write by hand.
std::string group_product(const GemmSource& source) {
  const int count = source.tiling.n / 2;
  const char* type = source.type == DType::f16 ? "f16" : "bf16";
  std::string places, sums;
  for (int i = 0; i < count; ++i) {
    places += fmt::format("{}%{}", i == 0 ? "" : ", ", i);
    sums += fmt::format("{}\"+f\"(sums[{}][{}])", i == 0 ? "" : ", ", i / 4, i % 4);
  }
  return fmt::format(
      "__device__ inline void multiply_add_group(float (&sums)[{}][4], u64 left, u64 right) {{\n#if __CUDA_ARCH__ == 900\n"
      "  asm volatile(\"wgmma.mma_async.sync.aligned.m64n{}k16.f32.{}.{} {{{}}}, %{}, %{}, 1, 1, 1, 0, 0;\" : {} : \"l\"(left), "
      "\"l\"(right));\n"
      "#endif\n}}\n",
      source.tiling.n / 8, source.tiling.n, type, type, places, count, count + 1, sums);
}

/// An image with as many channels as whole pieces hold, made in the workspace.
class ChannelPadding {
 public:
  ChannelPadding(BuildContext& context, const OpRequest& request, const ConvImage& image, DType type) {
    const int64_t plane = image.rows.input * image.columns.input;
    const int together = plane % 4 == 0 ? 4 : 1;
    runs_ = static_cast<uint32_t>(request.dims(0)[0] * plane / together);
    runs_of_plane_ = static_cast<uint32_t>(plane / together);
    grid_.blocks[0] = blocks_for(runs_, grid_.threads);
    grid_.may_start_early = true;
    code_ = std::make_unique<Code>(context, pad_channels_source(image, together, request.inputs[0].type.dtype, type));
    function_ = code_->function("pad");
  }
  static int64_t bytes(const OpRequest& request, const ConvImage& image) {
    return request.dims(0)[0] * image.rows.input * image.columns.input * image.channels * 2;
  }
  Status run(const std::byte* image, void* to, void* stream) const noexcept {
    std::array<void*, 4> arguments{&image, &to, const_cast<uint32_t*>(&runs_), const_cast<uint32_t*>(&runs_of_plane_)};
    return launch(function_, grid_, arguments, stream);
  }

 private:
  std::unique_ptr<Code> code_;
  CUfunction function_ = nullptr;
  uint32_t runs_ = 0, runs_of_plane_ = 0;
  Grid grid_;
};

class GemmKernel final : public tactics::Kernel {
 public:
  GemmKernel(BuildContext& context, const OpRequest& request, const MatrixProduct& product, const Variant& variant)
      : product_(packed(request, product)),
        walk_(walk_of(request, product_, variant)),
        constants_(request, without_matrices(variant)),
        left_(packed_left(context, request, product, variant)),
        right_(packed_right(context, request, product, variant)) {
    if (product_.image and product_.image->padded())
      padding_.emplace(context, request, *product_.image, variant_type(request, product_, variant));
    const GemmTiling tiling = tiling_of(product_, variant);
    GemmSource source;
    source.tiling = tiling;
    source.type = variant_type(request, product_, variant);
    source.right_k_inner = product_.right.k_inner;
    source.right_is_constant = right_.data() != nullptr;
    source.width = walk_.width;
    source.row_axes = walk_.extents.size();
    source.image = product_.image;
    code_ = std::make_unique<Code>(context, gemm_source(source, walk_.tail));
    function_ = code_->function("gemm", tiling.shared_bytes());
    set_shape(tiling);
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* workspace) const noexcept override {
    constexpr size_t most_operands = 24;
    const std::byte* left = left_.data() != nullptr ? left_.data() : in[product_.left.input].data;
    if (padding_) {
      if (Status status = padding_->run(left, workspace, context.stream); not status) return status;
      left = static_cast<const std::byte*>(workspace);
    }
    const std::byte* right = right_.data() != nullptr ? right_.data() : in[product_.right.input].data;
    std::array<const std::byte*, most_operands> operands{};
    std::array<std::byte*, most_operands> outputs{};
    for (size_t i = 0; i < walk_.inputs.size(); ++i) operands[i] = constants_.of(walk_.inputs[i], in[walk_.inputs[i]].data);
    for (size_t i = 0; i < out.size(); ++i) outputs[i] = out[i].data;
    Tail::Argument tail;
    walk_.tail.pack({operands.data(), walk_.inputs.size()}, {outputs.data(), out.size()}, tail);
    std::array<void*, 5> arguments{const_cast<GemmShape*>(&shape_), const_cast<uint32_t*>(walk_.extents.data()), &left, &right,
                                   tail.data()};
    return launch(function_, grid_, arguments, context.stream);
  }

  static DType variant_type(const OpRequest& request, const MatrixProduct& product, const Variant& variant) {
    if (product.image and product.image->padded()) return variant.outputs[0].storage;
    for (const size_t input : {size_t{0}, size_t{1}})
      if (request.inputs[input].constant == nullptr) return variant.inputs[input].storage;
    return variant.outputs[0].storage;
  }

 private:
  static Variant without_matrices(Variant variant) {
    variant.keeps_constant[0] = variant.keeps_constant[1] = false;
    return variant;
  }

  static tactics::DeviceMemory packed_left(BuildContext& context, const OpRequest& request, const MatrixProduct& product,
                                           const Variant& variant) {
    const auto& constant = request.inputs[product.left.input].constant;
    if (constant == nullptr) return {};
    return packed_constant(context, *constant, variant_type(request, product, variant));
  }

  static tactics::DeviceMemory packed_right(BuildContext& context, const OpRequest& request, const MatrixProduct& product,
                                            const Variant& variant) {
    const auto& constant = request.inputs[product.right.input].constant;
    if (constant == nullptr) return {};
    const DType type = variant_type(request, product, variant);
    if (product.image) return packed_filters(context, *constant, product, type);
    if (product.right.k_inner) return packed_constant(context, *constant, type);
    const int64_t n = product.n, k = product.k;
    return packed_constant(context, *constant, type, {constant->size() / (n * k), n, k}, {n * k, 1, n});
  }

  /// Each filter's taps one after another, channels innermost; zeros where channels or taps are added.
  static tactics::DeviceMemory packed_filters(BuildContext& context, const Tensor& filters, const MatrixProduct& product, DType type) {
    const ConvImage& image = *product.image;
    const int64_t taps = image.rows.kernel * image.columns.kernel;
    if (not image.padded() and product.k == taps * image.channels)
      return packed_constant(context, filters, type, {product.n, taps, image.channels}, {product.k, 1, taps});
    Tensor whole(filters.dtype(), {product.n, product.k});
    for (int64_t filter = 0; filter < product.n; ++filter)
      for (int64_t channel = 0; channel < image.given; ++channel)
        for (int64_t tap = 0; tap < taps; ++tap)
          whole.set_number(filter * product.k + tap * image.channels + channel,
                           filters.number((filter * image.given + channel) * taps + tap));
    return packed_constant(context, whole, type);
  }

  void set_shape(const GemmTiling& tiling) {
    const auto count = [](int64_t value) { return static_cast<uint32_t>(value); };
    const auto tiles = [&](int64_t extent, int tile) { return count((extent + tile - 1) / tile); };
    shape_ = {.left_batch = product_.left.batch_strides,
              .right_batch = product_.right.batch_strides,
              .m = count(product_.m),
              .n = count(product_.n),
              .k = count(product_.k),
              .left_leading = count(product_.left.leading),
              .right_leading = count(product_.right.leading),
              .tiles_m = tiles(product_.m, tiling.m),
              .tiles_n = tiles(product_.n, tiling.n),
              .inner_batches = count(product_.batch[1])};
    grid_.blocks = {shape_.tiles_m * shape_.tiles_n, count(tiling.splits), count(product_.batches())};
    grid_.threads = count(tiling.threads());
    grid_.shared_bytes = count(tiling.shared_bytes());
    grid_.may_start_early = true;
  }

  MatrixProduct product_;
  Walk walk_;
  DeviceConstants constants_;
  tactics::DeviceMemory left_, right_;  // empty where the plan provides it
  std::optional<ChannelPadding> padding_;
  std::unique_ptr<Code> code_;
  CUfunction function_ = nullptr;
  GemmShape shape_{};
  Grid grid_;
};

class CudaGemm final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.gemm"; }
  uint32_t revision() const override { return 3; }

  Verdict supports(const OpRequest& request) const override {
    const FoundProduct found = product_of(request);
    if (not found.verdict) return found.verdict;
    if (request.op.is<ops::Conv>() and request.inputs[0].constant != nullptr) return Verdict::no("a constant image");
    if (std::string reason = refusal(request, packed(request, found.product)); not reason.empty()) return Verdict::no(std::move(reason));
    const std::vector<std::optional<DType>> storages = usual_storages(request);
    if (std::ranges::none_of(storages, [&](std::optional<DType> lowered) { return half_storage(request, lowered).has_value(); }))
      return Verdict::no("only products of halves");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const MatrixProduct product = packed(request, product_of(request).product);
    const GemmMachine machine = gemm_machine();
    std::vector<std::pair<double, GemmTiling>> ranked;
    for (const GemmTiling& tiling : gemm_tilings(machine, product)) ranked.emplace_back(gemm_seconds(machine, product, tiling), tiling);
    std::ranges::stable_sort(ranked, {}, &std::pair<double, GemmTiling>::first);
    ranked.resize(std::min(ranked.size(), product.image ? image_variants_each : variants_each));
    for (const std::optional<DType> lowered : usual_storages(request)) {
      if (not half_storage(request, lowered)) continue;
      for (const auto& [seconds, tiling] : ranked) {
        Variant variant = plain_formats(request, product, lowered);
        if (not is_half(product.image ? variant.outputs[0].storage : *half_storage(request, lowered))) continue;
        variant.knobs = tiling.text();
        variant.estimate = std::max(seconds, memory_seconds(request, variant));
        if (product.image and product.image->padded()) {
          constexpr double padding = 2.5e-6, bytes_a_second = 3e12;
          variant.workspace = ChannelPadding::bytes(request, *product.image);
          variant.estimate += padding + 2 * static_cast<double>(variant.workspace) / bytes_a_second;
        }
        sink.offer(std::move(variant));
      }
    }
  }

  std::unique_ptr<tactics::Kernel> build(BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<GemmKernel>(context, request, product_of(request).product, variant);
  }

 private:
  static Variant plain_formats(const OpRequest& request, const MatrixProduct& product, std::optional<DType> lowered) {
    Variant variant = plain_variant(request, lowered);
    const size_t rank = product.layout.order.size();
    if (product.image and product.image->padded()) variant.inputs[0] = device_format(request.inputs[0].type);
    else if (request.op.is<ops::Conv>()) variant.inputs[0].layout = product.layout;
    for (size_t i = request.anchor_inputs; i < request.inputs.size(); ++i)
      if (request.inputs[i].constant == nullptr and request.dims(i).size() == rank) variant.inputs[i].layout = product.layout;
    for (Format& format : variant.outputs) format.layout = product.layout;
    return variant;
  }
};

std::string image_type(const ConvImage& image) {
  const auto axis = [](const ops::WindowAxis& one) {
    return fmt::format("ConvAxis<{}, {}, {}, {}, {}, {}>", one.input, one.output, one.kernel, one.stride, one.dilation, one.pad_begin);
  };
  return fmt::format("ConvImage<{}, {}, {}>", image.channels, axis(image.rows), axis(image.columns));
}

}  // namespace

std::string pad_channels_source(const ConvImage& image, int together, DType from, DType to) {
  return fmt::format(
      "#include \"pad_channels.cuh\"\nextern \"C\" __global__ void __launch_bounds__(256) pad(const {0}* from, {1}* to, u32 runs, u32 "
      "runs_of_plane) {{\n  release_next();\n  wait_for_inputs();\n  pad_channels<{2}, {3}, {4}>(from, to, runs, runs_of_plane);\n}}\n",
      stored_type(from), stored_type(to), image.given, image.channels, together);
}

std::string gemm_source(const GemmSource& source, const Tail& tail) {
  const GemmTiling& tiling = source.tiling;
  const std::string type = stored_type(source.type);
  const char* by = tiling.groups ? "groups" : "warps";
  const auto flag = [](bool value) { return value ? "true" : "false"; };
  std::string text = tail.source();
  if (tiling.groups) text += group_product(source);  // known before the header that calls it
  text += fmt::format("#include \"gemm_{}.cuh\"\n", by);
  text += fmt::format("using Tile = GemmTile<{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}>;\n", type, tiling.m, tiling.n, tiling.k,
                      tiling.warps_m, tiling.warps_n, tiling.stages, flag(source.right_k_inner), flag(source.right_is_constant),
                      tiling.splits, source.image ? image_type(*source.image) : "void");
  const std::string cluster = tiling.splits > 1 ? fmt::format("__cluster_dims__(1, {}, 1) ", tiling.splits) : "";
  return text + fmt::format(
                    "extern \"C\" __global__ void __launch_bounds__({0}, 1) {1}gemm(const __grid_constant__ GemmShape shape, const "
                    "__grid_constant__ Extents<{2}> rows, const {3}* __restrict__ left, const {3}* __restrict__ right, const "
                    "__grid_constant__ Tail tail) {{\n  gemm_by_{4}<Tile, {5}>(shape, rows, left, right, tail);\n}}\n",
                    tiling.threads(), cluster, source.row_axes, type, by, source.width);
}

void register_gemm(tactics::Registry& registry) { registry.add(std::make_unique<CudaGemm>()); }

}  // namespace burnish::cuda
