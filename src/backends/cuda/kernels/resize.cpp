// Resize on the GPU: where each output position reads, and with which weights, is worked out when the kernel is built, so that one kernel
// does all coordinate rules. Nearest neighbours are plain copies of any type. Row-major and channels last; sums are in f32.
#include "backends/cuda/kernels/resize.h"

#include <algorithm>
#include <map>

#include "backends/cuda/kernels/constants.h"
#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/mapped_copy.h"
#include "backends/cuda/kernels/parameter_bytes.h"
#include "backends/cuda/nvrtc/expr_source.h"
#include "ops/resize_axis.h"
#include "tactics/registry.h"
#include "tensor/number.h"

namespace burnish::cuda {

std::string resize_source(const ResizeShape& shape) {
  const std::string type = stored_type(shape.storage);
  return fmt::format(
      "#include \"interpolate.cuh\"\n"
      "extern \"C\" __global__ void __launch_bounds__(256) resize(const {0}* from, {0}* to, const i32* places, const float* weights, const "
      "Interpolation<{1}> all) {{\n  release_next();\n  wait_for_inputs();\n  interpolate<{2}u, {3}, {4}, {5}, {6}>(from, to, places, "
      "weights, all);\n}}\n",
      type, shape.rank, shape.tapped, shape.taps[0], shape.taps[1], shape.taps[2], shape.run);
}

namespace {

using ops::ResizeCoordinates;
using ops::ResizeMode;
using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

constexpr size_t most_taps = 64;  // of one axis

std::vector<ops::ResizeAxis> axes_of(const OpRequest& request) {
  const auto given = [&](size_t index) {
    const bool there = index < request.inputs.size() and request.inputs[index].present and request.inputs[index].constant->size() > 0;
    return there ? *request.inputs[index].constant : Tensor();
  };
  return ops::resize_axes(*request.op.as<ops::Resize>(), request.dims(0), given(1), given(2), given(3));
}

/// What one output axis reads: for each position `width` places with weights; no places where positions stay.
struct AxisReads {
  int64_t extent = 1;
  int64_t stride = 0;
  size_t width = 1;
  std::vector<int64_t> places;  // -1: outside
  std::vector<float> weights;
  bool stays() const { return places.empty(); }
};

AxisReads reads_of(const ops::Resize& op, const ops::ResizeAxis& axis, int64_t stride) {
  AxisReads made{.extent = axis.output, .stride = stride, .places = {}, .weights = {}};
  const bool crops = op.coordinates == ResizeCoordinates::tf_crop_and_resize;
  if (axis.unchanged() and not crops) return made;
  std::vector<std::map<int64_t, double>> taps;
  for (int64_t i = 0; i < axis.output; ++i) {
    std::map<int64_t, double>& at = taps.emplace_back();
    const double position = ops::source_position(op, axis, i);
    if (crops and not(position >= 0 and position <= static_cast<double>(axis.input - 1))) continue;
    if (op.mode == ResizeMode::nearest) at[axis.unchanged() ? i : ops::nearest_source(op, axis, i)] = 1;
    else
      for (const ops::ResizeTap& tap : ops::interpolation_taps(op, axis, i)) at[tap.source] += tap.weight;
    std::erase_if(at, [&](const auto& tap) { return tap.second == 0 and at.size() > 1; });
    made.width = std::max(made.width, at.size());
  }
  for (const std::map<int64_t, double>& at : taps) {
    for (const auto& [source, weight] : at) {
      made.places.push_back(source);
      made.weights.push_back(static_cast<float>(weight));
    }
    for (size_t i = at.size(); i < made.width; ++i) {
      made.places.push_back(at.empty() ? -1 : at.begin()->first);
      made.weights.push_back(0);
    }
  }
  return made;
}

std::vector<AxisReads> all_reads(const OpRequest& request, const Layout& layout) {
  const std::vector<ops::ResizeAxis> axes = axes_of(request);
  const Dims strides = layout.strides(request.dims(0));
  std::vector<AxisReads> made;
  for (const uint8_t axis : layout.order) made.push_back(reads_of(*request.op.as<ops::Resize>(), axes[axis], strides[axis]));
  return made;
}

/// Every position is one element: a copy.
bool copies(std::span<const AxisReads> reads) {
  return std::ranges::all_of(reads, [](const AxisReads& axis) {
    return axis.width == 1 and std::ranges::all_of(axis.weights, [](float weight) { return weight == 1 or weight == 0; });
  });
}

MappedCopy copy_of(tactics::BuildContext& context, std::vector<AxisReads> reads, double outside, DType storage) {
  std::vector<AxisMap> axes;
  for (AxisReads& axis : reads) axes.push_back({axis.extent, axis.stride, std::move(axis.places)});
  Tensor fill(storage, {});
  fill.set_number(0, outside);
  return MappedCopy(context, std::move(axes), byte_size(storage), {fill.data(), fill.bytes()});
}

/// Neighbouring axes that stay are one.
std::vector<AxisReads> merged(std::vector<AxisReads> reads) {
  std::vector<AxisReads> made;
  for (AxisReads& axis : reads) {
    if (axis.stays() and axis.extent == 1) continue;
    if (not made.empty() and axis.stays() and made.back().stays() and made.back().stride == axis.stride * axis.extent) {
      made.back().extent *= axis.extent;
      made.back().stride = axis.stride;
    } else {
      made.push_back(std::move(axis));
    }
  }
  if (made.empty()) made.push_back({.places = {}, .weights = {}});
  return made;
}

class ResizeKernel final : public tactics::Kernel {
 public:
  ResizeKernel(tactics::BuildContext& context, std::vector<AxisReads> reads, double outside, DType storage) {
    reads = merged(std::move(reads));
    ResizeShape shape{.storage = storage, .rank = reads.size()};
    shape.run = run_of(reads, storage);
    reads.back().extent /= shape.run;
    std::vector<int32_t> places;
    std::vector<float> weights;
    std::vector<uint32_t> begin;
    ParameterBytes all;
    int64_t count = 1;
    size_t tapped = 0;
    for (size_t i = 0; i < reads.size(); ++i) {
      const AxisReads& axis = reads[i];
      count *= axis.extent;
      all.add(static_cast<uint32_t>(axis.extent));
      begin.push_back(static_cast<uint32_t>(places.size()));
      if (axis.stays()) continue;
      shape.tapped |= 1U << i;
      shape.taps.at(tapped++) = static_cast<int>(axis.width);
      for (const int64_t place : axis.places) places.push_back(place < 0 ? -1 : static_cast<int32_t>(place * axis.stride));
      weights.insert(weights.end(), axis.weights.begin(), axis.weights.end());
    }
    for (const AxisReads& axis : reads) all.add(axis.stride);
    for (const uint32_t first : begin) all.add(first);
    all.add(static_cast<uint32_t>(count));
    all.add(static_cast<float>(outside));
    all_ = all.finish();
    places_ = upload(reinterpret_cast<const std::byte*>(places.data()), static_cast<int64_t>(places.size() * sizeof(int32_t)));
    weights_ = upload(reinterpret_cast<const std::byte*>(weights.data()), static_cast<int64_t>(weights.size() * sizeof(float)));
    grid_.blocks[0] = blocks_for(count, grid_.threads);
    grid_.may_start_early = true;
    code_ = std::make_unique<Code>(context, resize_source(shape));
    function_ = code_->function("resize");
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* /*workspace*/) const noexcept override {
    const std::byte *places = places_.data(), *weights = weights_.data();
    std::array<const void*, 5> arguments{&in[0].data, &out[0].data, &places, &weights, all_.data()};
    return launch(function_, grid_, {const_cast<void**>(arguments.data()), arguments.size()}, context.stream);
  }

 private:
  static int run_of(std::span<const AxisReads> reads, DType storage) {
    if (not reads.back().stays() or reads.back().stride != 1) return 1;
    int run = 16 / static_cast<int>(byte_size(storage));
    const auto divides = [&](int64_t value) { return value % run == 0; };
    const auto fits = [&] {
      return divides(reads.back().extent) and
             std::ranges::all_of(reads.first(reads.size() - 1), [&](const AxisReads& axis) { return divides(axis.stride); });
    };
    while (run > 1 and not fits()) run /= 2;
    return run;
  }

  std::unique_ptr<Code> code_;
  CUfunction function_ = nullptr;
  Grid grid_;
  tactics::DeviceMemory places_, weights_;
  std::vector<std::byte> all_;
};

class CudaResize final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.resize"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* op = request.op.as<ops::Resize>();
    if (op == nullptr) return Verdict::no("not a Resize");
    if (request.inputs[0].constant != nullptr) return Verdict::no("the input is constant");
    if (std::string reason = move_refusal(request, std::array{size_t{0}}); not reason.empty()) return Verdict::no(std::move(reason));
    if (std::string reason = parameter_refusal(request, 1); not reason.empty()) return Verdict::no(std::move(reason));
    if (element_count(request.output_dims()) > 0 and element_count(request.dims(0)) == 0) return Verdict::no("the input is empty");
    const DType type = request.inputs[0].type.dtype;
    if (op->mode == ResizeMode::nearest) return Verdict::yes();
    if (type != DType::f32 and type != DType::f16 and type != DType::bf16)
      return Verdict::no(fmt::format("elements of type {} are not interpolated", name_of(type)));
    size_t changed = 0;
    for (const AxisReads& axis : all_reads(request, Layout::row_major(request.dims(0).size()))) {
      changed += axis.stays() ? 0 : 1;
      if (axis.width > most_taps) return Verdict::no(fmt::format("an output position reads {} elements of an axis", axis.width));
    }
    return changed > 3 ? Verdict::no("more than three axes are interpolated") : Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    for (const std::optional<DType> lowered : usual_storages(request))
      for (const Layout& layout : usual_layouts(request.dims(0).size())) {
        Variant variant = plain_variant(request, lowered);
        variant.inputs[0].layout = variant.outputs[0].layout = layout;
        variant.estimate =
            move_seconds(stored_bytes_of(request.inputs[0].type, lowered) + stored_bytes_of(request.outputs[0], lowered), 1, 0.5);
        sink.offer(std::move(variant));
      }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    std::vector<AxisReads> reads = all_reads(request, variant.inputs[0].layout);
    const DType storage = variant.outputs[0].storage;
    const double outside = request.op.as<ops::Resize>()->extrapolation;
    if (copies(reads) or element_count(request.output_dims()) == 0)
      return std::make_unique<MoveKernel<MappedCopy>>(copy_of(context, std::move(reads), outside, storage));
    return std::make_unique<ResizeKernel>(context, std::move(reads), outside, storage);
  }
};

}  // namespace

void register_resize(tactics::Registry& registry) { registry.add(std::make_unique<CudaResize>()); }

}  // namespace burnish::cuda
