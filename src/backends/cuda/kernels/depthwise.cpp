// Depthwise convolution of one or two spatial axes with constant weights: a filter for each channel. See depthwise.cuh.
#include "backends/cuda/kernels/depthwise.h"

#include <algorithm>

#include "backends/cuda/kernels/constants.h"
#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/kernel_sources.h"
#include "backends/cuda/kernels/packed_constant.h"
#include "backends/cuda/kernels/windows.h"
#include "backends/cuda/nvrtc/expr_source.h"
#include "base/error.h"
#include "ops/conv.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

ops::WindowBox box_of(const OpRequest& request) {
  const Shape &input = request.inputs[0].type.shape, &weight = request.inputs[1].type.shape;
  const Dims from = request.dims(0), to = request.output_dims();
  return ops::window_box(std::span(from).subspan(2), std::span(to).subspan(2), window_of(*request.op.as<ops::Conv>(), input, weight));
}

DepthwiseTile tile_of(const Variant& variant) {
  const auto tile = DepthwiseTile::parse(variant.knobs);
  if (not tile) fail("`{}` is no tile of a depthwise convolution", variant.knobs);
  return *tile;
}

/// Weights of bytes are signed, whatever they are multiplied with.
DType weight_type(const Variant& variant) { return variant.inputs[0].storage == DType::u8 ? DType::i8 : variant.inputs[0].storage; }

TailProgram program_of(const OpRequest& request) { return affine_tail_program(request, {}, input_at(request, 2)); }

Tail tail_of(const OpRequest& request, const Variant& variant, int channels) {
  const std::vector<size_t> by_channel = input_at(request, 2) ? std::vector<size_t>{0} : std::vector<size_t>{};
  return image_tail(request, variant, program_of(request), by_channel, is_channels_last(variant.outputs[0].layout) ? channels : 1, true);
}

DepthwiseProblem problem_of(const OpRequest& request, const Variant& variant) {
  const ops::WindowBox box = box_of(request);
  return {.batch = request.dims(0)[0],
          .channels = request.dims(0)[1],
          .height = box[1],
          .width = box[2],
          .element_bytes = static_cast<int>(byte_size(variant.inputs[0].storage)),
          .channels_last = is_channels_last(variant.outputs[0].layout)};
}

class DepthwiseKernel final : public tactics::Kernel {
 public:
  DepthwiseKernel(tactics::BuildContext& context, const OpRequest& request, const Variant& variant, const DepthwiseTile& tile)
      : constants_(without_weights(request, variant)), arguments_(tail_of(request, variant, tile.channels), program_of(request).inputs) {
    const DepthwiseProblem problem = problem_of(request, variant);
    const int64_t window = problem.height.kernel * problem.width.kernel;
    weight_ = packed_constant(context, *request.inputs[1].constant, weight_type(variant), {window, problem.channels}, {1, window});
    const auto blocks = [](int64_t extent, int64_t each) { return static_cast<unsigned>((extent + each - 1) / each); };
    const unsigned wide = blocks(problem.width.output, int64_t{tile.wide} * tile.columns);
    grid_.blocks = {wide * blocks(problem.height.output, int64_t{tile.high} * tile.rows),
                    blocks(problem.channels, int64_t{tile.across} * tile.channels), static_cast<unsigned>(problem.batch)};
    grid_.threads = static_cast<unsigned>(tile.threads());
    grid_.may_start_early = true;
    code_ = std::make_unique<Code>(context, depthwise_source(request, variant));
    function_ = code_->function("convolve");
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* /*workspace*/) const noexcept override {
    const std::byte* data = constants_.of(0, in[0].data);
    const std::byte* weight = weight_.data();
    Tail::Argument tail;
    arguments_.pack(constants_, in, out, tail);
    std::array<void*, 3> arguments{&data, &weight, tail.data()};
    return launch(function_, grid_, arguments, context.stream);
  }

 private:
  /// The weights are uploaded packed, and not once more as they are.
  static DeviceConstants without_weights(const OpRequest& request, Variant variant) {
    variant.keeps_constant[1] = false;
    return {request, variant};
  }

  DeviceConstants constants_;
  ImageArguments arguments_;
  tactics::DeviceMemory weight_;
  std::unique_ptr<Code> code_;
  CUfunction function_ = nullptr;
  Grid grid_;
};

class CudaDepthwise final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.depthwise"; }
  uint32_t revision() const override { return 3; }

  Verdict supports(const OpRequest& request) const override {
    const auto* conv = request.op.as<ops::Conv>();
    if (conv == nullptr) return Verdict::no("not a convolution");
    if (request.dims(0).size() != 3 and request.dims(0).size() != 4) return Verdict::no("not one or two spatial axes");
    if (conv->group != request.dims(0)[1] or request.dims(1)[0] != conv->group) return Verdict::no("not one filter for each channel");
    if (request.inputs[1].constant == nullptr) return Verdict::no("the weights are not constant");
    const DType type = request.inputs[0].type.dtype;
    const bool bytes = type == DType::i8 or type == DType::u8 or type == DType::f8e4m3fn;
    if (type != DType::f32 and type != DType::f16 and type != DType::bf16 and not bytes)
      return Verdict::no("not of f32, f16, bf16 or bytes");
    if (std::string reason = tail_refusal(request); not reason.empty()) return Verdict::no(std::move(reason));
    if (element_count(request.output_dims()) == 0 or element_count(request.dims(0)) == 0) return Verdict::no("empty tensors");
    constexpr int64_t most_of_grid = 65535, most_window = 121;
    const ops::WindowBox box = box_of(request);
    if (request.dims(0)[0] > most_of_grid or request.dims(0)[1] > most_of_grid) return Verdict::no("a batch or channels above 65535");
    if (box[1].kernel * box[2].kernel > most_window) return Verdict::no("a window of more than 121 elements");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    constexpr size_t tiles_offered = 4;
    for (const std::optional<DType> lowered : usual_storages(request))
      for (const Layout& layout : usual_layouts(request.dims(0).size())) {
        const Variant plain = anchored_variant(request, lowered, layout, layout);
        for (const DepthwiseTile& tile : depthwise_tiles(problem_of(request, plain), tiles_offered)) {
          Variant variant = plain;
          variant.knobs = tile.text();
          variant.estimate = std::max(tile.estimate, memory_seconds(request, variant));
          sink.offer(std::move(variant));
        }
      }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<DepthwiseKernel>(context, request, variant, tile_of(variant));
  }
};

}  // namespace

std::string depthwise_source(const OpRequest& request, const Variant& variant) {
  const DepthwiseTile tile = tile_of(variant);
  const DepthwiseProblem problem = problem_of(request, variant);
  const auto axis = [](const ops::WindowAxis& one) {
    return fmt::format("ImageAxis<{}, {}, {}, Window<{}, {}, {}>>", one.input, one.output, one.pad_begin, one.kernel, one.stride,
                       one.dilation);
  };
  return fmt::format(
      "#include \"depthwise.cuh\"\n{0}using Tile = DepthwiseTile<{1}, {2}, {3}, {4}, {5}, {6}>;\n"
      "using Image = DepthwiseImage<{7}, {8}, {9}, {10}>;\n"
      "extern \"C\" __global__ void __launch_bounds__({11}) convolve(const {12}* x, const {13}* weights, const __grid_constant__ Tail "
      "tail) {{\n"
      "  depthwise<Tile, Image>(x, weights, tail);\n}}\n",
      tail_of(request, variant, tile.channels).source(), tile.channels, tile.rows, tile.columns, tile.across, tile.wide, tile.high,
      problem.channels, axis(problem.height), axis(problem.width), problem.channels_last, tile.threads(),
      stored_type(variant.inputs[0].storage), stored_type(weight_type(variant)));
}

void register_depthwise(tactics::Registry& registry) { registry.add(std::make_unique<CudaDepthwise>()); }

}  // namespace burnish::cuda
