// Matrix products of halves or bytes by our own kernels, with any epilogue: MatMul, and convolutions over channels last, whose windows are the
// rows of a product. Rows of both operands, and an image's channels, must be whole 16-byte pieces. Products of bytes are those that
// quantized.cpp states as plain ones: their results are the sums.
#include "backends/cuda/kernels/gemm.h"

#include <algorithm>
#include <numeric>

#include "backends/cuda/kernels/constants.h"
#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/loops.h"
#include "backends/cuda/kernels/packed_constant.h"
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

constexpr int64_t piece_bytes = 16;                           // that are copied at once
constexpr int64_t widest_run = 8;                             // columns that the epilogue takes together
constexpr size_t variants_each = 8, image_variants_each = 5;  // of a request and a storage
constexpr int64_t most_batches = 65535;

/// As kernels/gemm.cuh reads it.
struct GemmShape {
  std::array<int64_t, 2> left_batch, right_batch;
  uint32_t m, n, k, left_leading, right_leading, tiles_m, tiles_n, inner_batches;
};

bool is_byte(DType type) { return byte_size(type) == 1; }
bool is_half(DType type) { return type == DType::f16 or type == DType::bf16; }

/// Elements of a piece.
int64_t piece_of(const OpRequest& request) { return is_byte(request.inputs[0].type.dtype) ? piece_bytes : piece_bytes / 2; }

FoundProduct product_of(const OpRequest& request) {
  if (not request.op.is<ops::Conv>()) return matmul_product(request);
  const int64_t piece = piece_of(request);
  FoundProduct found = pointwise_conv_product(request);
  const bool by_rows = found.verdict and (piece != piece_bytes or found.product.k % piece == 0);
  return by_rows ? found : window_conv_product(request, piece);
}

/// What the device code is told, which counts in halves: a pair of bytes is one.
MatrixProduct in_halves(MatrixProduct product, DType type) {
  if (not is_byte(type)) return product;
  for (MatrixOperand* operand : {&product.left, &product.right}) {
    operand->leading /= 2;
    for (int64_t& stride : operand->batch_strides) stride /= 2;
  }
  product.k /= 2;
  if (product.image) product.image->channels /= 2;
  return product;
}

/// The right operand of bytes is always signed.
DType right_type(DType left) { return left == DType::u8 ? DType::i8 : left; }

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
  constexpr int first_with_float8 = 89;
  if (request.inputs[0].type.dtype == DType::f8e4m3fn and gemm_machine().capability < first_with_float8)
    return "the GPU does not multiply float8";
  if (not product.left.k_inner) return "the left operand is transposed";
  const int64_t piece = piece_of(request);
  if (product.k % piece != 0) return fmt::format("{} terms, no multiple of {}", product.k, piece);
  if (not product.right.k_inner and piece == piece_bytes) return "bytes that are not constant lie across k";
  if (not product.right.k_inner and product.n % piece != 0) return fmt::format("{} columns, no multiple of 8", product.n);
  if (product.batches() > most_batches) return "more than 65535 batches";
  return tail_refusal(request);
}

/// What is multiplied where floats are stored as `lowered`; nothing where that is no half and no byte.
std::optional<DType> factor_type(const OpRequest& request, std::optional<DType> lowered) {
  const DType type = storage_of(request.inputs[0].type.dtype, lowered);
  return is_half(type) or type == DType::i8 or type == DType::u8 or type == DType::f8e4m3fn ? std::optional(type) : std::nullopt;
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
  const int width = static_cast<int>(std::gcd(product.n, widest_run));
  // Threads stay in their columns: they keep what is the same for every row.
  std::vector<bool> constants = kept_operands(program, variant);
  for (size_t i = 0; i < constants.size(); ++i)
    if (std::any_of(operands[i].strides.begin(), operands[i].strides.end() - 1, [](int64_t stride) { return stride != 0; }))
      constants[i] = false;
  return {.tail = {std::move(program.expr),
                   {operands.begin(), outputs},
                   {outputs, operands.end()},
                   width,
                   {.fixed = false, .constants = std::move(constants)}},
          .inputs = std::move(program.inputs),
          .extents = {loops.extents.begin(), loops.extents.end()},
          .width = width};
}

/// The knobs: what is multiplied, where no format tells, and the tiling.
std::string knobs_of(std::optional<DType> named, const GemmTiling& tiling) {
  return named ? fmt::format("{} {}", name_of(*named), tiling.text()) : tiling.text();
}
std::optional<DType> named_type(const Variant& variant) {
  return dtype_from_name(std::string_view(variant.knobs).substr(0, variant.knobs.find(' ')));
}

GemmTiling tiling_of(const MatrixProduct& in_halves, const Variant& variant) {
  for (const GemmTiling& tiling : gemm_tilings(gemm_machine(), in_halves))
    if (knobs_of(named_type(variant), tiling) == variant.knobs) return tiling;
  fail("unknown knobs `{}`", variant.knobs);
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
  static int64_t bytes(const OpRequest& request, const ConvImage& image, DType type) {
    return request.dims(0)[0] * image.rows.input * image.columns.input * image.channels * static_cast<int64_t>(byte_size(type));
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
    GemmSource source;
    source.type = variant_type(request, product_, variant);
    const MatrixProduct seen = in_halves(product_, source.type);
    source.tiling = tiling_of(seen, variant);
    source.right_k_inner = product_.right.k_inner;
    source.right_is_constant = right_.data() != nullptr;
    source.width = walk_.width;
    source.row_axes = walk_.extents.size();
    source.image = seen.image;
    code_ = std::make_unique<Code>(context, gemm_source(source, walk_.tail));
    function_ = code_->function("gemm", source.tiling.shared_bytes());
    set_shape(seen, source.tiling);
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
    if (const auto named = named_type(variant)) return *named;
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
    const DType type = right_type(variant_type(request, product, variant));
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

  void set_shape(const MatrixProduct& seen, const GemmTiling& tiling) {
    const auto count = [](int64_t value) { return static_cast<uint32_t>(value); };
    const auto tiles = [&](int64_t extent, int tile) { return count((extent + tile - 1) / tile); };
    shape_ = {.left_batch = seen.left.batch_strides,
              .right_batch = seen.right.batch_strides,
              .m = count(seen.m),
              .n = count(seen.n),
              .k = count(seen.k),
              .left_leading = count(seen.left.leading),
              .right_leading = count(seen.right.leading),
              .tiles_m = tiles(seen.m, tiling.m),
              .tiles_n = tiles(seen.n, tiling.n),
              .inner_batches = count(seen.batch[1])};
    grid_.blocks = {shape_.tiles_m * shape_.tiles_n, count(tiling.splits), count(seen.batches())};
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
  uint32_t revision() const override { return 6; }

  Verdict supports(const OpRequest& request) const override {
    const FoundProduct found = product_of(request);
    if (not found.verdict) return found.verdict;
    if (request.op.is<ops::Conv>() and request.inputs[0].constant != nullptr) return Verdict::no("a constant image");
    if (std::string reason = refusal(request, packed(request, found.product)); not reason.empty()) return Verdict::no(std::move(reason));
    const std::vector<std::optional<DType>> storages = usual_storages(request);
    if (std::ranges::none_of(storages, [&](std::optional<DType> lowered) { return factor_type(request, lowered).has_value(); }))
      return Verdict::no("only products of halves");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const MatrixProduct product = packed(request, product_of(request).product);
    const MatrixProduct seen = in_halves(product, request.inputs[0].type.dtype);
    const GemmMachine machine = gemm_machine();
    std::vector<std::pair<double, GemmTiling>> ranked;
    for (const GemmTiling& tiling : gemm_tilings(machine, seen)) ranked.emplace_back(gemm_seconds(machine, seen, tiling), tiling);
    std::ranges::stable_sort(ranked, {}, &std::pair<double, GemmTiling>::first);
    ranked.resize(std::min(ranked.size(), product.image ? image_variants_each : variants_each));
    for (const std::optional<DType> lowered : usual_storages(request)) {
      const std::optional<DType> type = factor_type(request, lowered);
      if (not type) continue;
      const bool pads = product.image and product.image->padded();
      for (const auto& [seconds, tiling] : ranked) {
        Variant variant = plain_formats(request, product, lowered);
        variant.knobs = knobs_of(pads and variant.outputs[0].storage != *type ? type : std::nullopt, tiling);
        variant.estimate = std::max(seconds, memory_seconds(request, variant));
        if (pads) {
          constexpr double padding = 2.5e-6, bytes_a_second = 3e12;
          variant.workspace = ChannelPadding::bytes(request, *product.image, *type);
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

}  // namespace

void register_gemm(tactics::Registry& registry) { registry.add(std::make_unique<CudaGemm>()); }

}  // namespace burnish::cuda
