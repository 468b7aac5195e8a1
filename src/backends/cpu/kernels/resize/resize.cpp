// Resize of the two innermost spatial axes, nearest and linear, of f32 tensors in row-major, channels-last or channel-blocked layout.
// Source positions and weights are worked out per axis when the kernel is built, by ONNX's coordinate rules.
#include <algorithm>
#include <cmath>

#include "backends/cpu/kernels/rows.h"
#include "backends/cpu/simd/strided.h"
#include "base/parallel.h"
#include "ops/operator.h"
#include "ops/resize.h"
#include "ops/resize_axis.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using ops::ResizeCoordinates;
using ops::ResizeMode;
using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

/// Where one output position reads from: two sources and the weight of the second.
struct Tap {
  int64_t first = 0;
  int64_t second = 0;
  float weight = 0;
};

std::vector<Tap> taps_of(const ops::Resize& resize, const ops::ResizeAxis& axis) {
  std::vector<Tap> taps(static_cast<size_t>(axis.output));
  const auto clamp = [&](double index) { return static_cast<int64_t>(std::clamp(index, 0.0, static_cast<double>(axis.input - 1))); };
  for (int64_t i = 0; i < axis.output; ++i) {
    Tap& tap = taps[static_cast<size_t>(i)];
    if (resize.mode == ResizeMode::nearest) {
      tap.first = tap.second = ops::nearest_source(resize, axis, i);
      continue;
    }
    const double position = ops::source_position(resize, axis, i);
    const double low = std::floor(position);
    tap.first = clamp(low);
    tap.second = clamp(low + 1);
    tap.weight = static_cast<float>(position - low);
  }
  return taps;
}

/// Every axis, from scales or sizes, whichever are given.
std::vector<ops::ResizeAxis> axes_of(const OpRequest& request) {
  const auto parameter = [&](size_t index) {
    const bool given = index < request.inputs.size() and request.inputs[index].present and request.inputs[index].constant->size() > 0;
    return given ? *request.inputs[index].constant : Tensor();
  };
  return ops::resize_axes(*request.op.as<ops::Resize>(), request.dims(0), Tensor(), parameter(2), parameter(3));
}

class ResizeKernel final : public tactics::Kernel {
 public:
  ResizeKernel(const OpRequest& request, const Variant& variant) {
    const Dims in = request.dims(0);
    const Dims out = request.output_dims();
    const auto& resize = *request.op.as<ops::Resize>();
    const size_t rank = in.size();
    height_ = in[rank - 2];
    width_ = in[rank - 1];
    const std::vector<ops::ResizeAxis> axes = axes_of(request);
    rows_ = taps_of(resize, axes[rank - 2]);
    columns_ = taps_of(resize, axes[rank - 1]);
    linear_ = resize.mode == ResizeMode::linear;
    const int64_t outside = product(in, 0, rank - 2);
    // Channels that lie innermost move as one pixel.
    const Layout& layout = variant.inputs[0].layout;
    if (not layout.blocks.empty()) pixel_ = layout.blocks[0].size;
    else if (not layout.is_row_major()) pixel_ = in[1];
    planes_ = outside / pixel_;
  }

  Status run(tactics::RunContext&, std::span<const BufferRef> in, std::span<const BufferRef> out, void*) const noexcept override {
    const auto* x = reinterpret_cast<const float*>(in[0].data);
    auto* y = reinterpret_cast<float*>(out[0].data);
    const auto out_rows = static_cast<int64_t>(rows_.size());
    const auto out_columns = static_cast<int64_t>(columns_.size());
    const int64_t grain = std::max<int64_t>(1, 8192 / std::max<int64_t>(1, out_columns * pixel_));
    parallel_for(planes_ * out_rows, grain, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        const float* plane = x + i / out_rows * height_ * width_ * pixel_;
        const Tap& row = rows_[static_cast<size_t>(i % out_rows)];
        const float* top = plane + row.first * width_ * pixel_;
        const float* bottom = plane + row.second * width_ * pixel_;
        float* line = y + i * out_columns * pixel_;
        if (linear_) interpolate(top, bottom, row.weight, line);
        else pick(top, line);
      }
    });
    return Status::ok();
  }

 private:
  void pick(const float* from, float* to) const {
    for (const Tap& tap : columns_) {
      for (int64_t c = 0; c < pixel_; ++c) to[c] = from[tap.first * pixel_ + c];
      to += pixel_;
    }
  }

  void interpolate(const float* top, const float* bottom, float down, float* to) const {
    for (const Tap& tap : columns_) {
      const float* a = top + tap.first * pixel_;
      const float* b = top + tap.second * pixel_;
      const float* c = bottom + tap.first * pixel_;
      const float* d = bottom + tap.second * pixel_;
      for (int64_t i = 0; i < pixel_; ++i) {
        const float upper = a[i] + (b[i] - a[i]) * tap.weight;
        const float lower = c[i] + (d[i] - c[i]) * tap.weight;
        to[i] = upper + (lower - upper) * down;
      }
      to += pixel_;
    }
  }

  std::vector<Tap> rows_, columns_;
  int64_t height_ = 1, width_ = 1, planes_ = 1, pixel_ = 1;
  bool linear_ = false;
};

class ResizeTactic final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.simd.resize"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* resize = request.op.as<ops::Resize>();
    if (resize == nullptr) return Verdict::no("not a Resize");
    if (request.has_epilogue()) return Verdict::no("takes no epilogue");
    if (request.inputs[0].type.dtype != DType::f32) return Verdict::no("only f32");
    if (resize->mode == ResizeMode::cubic) return Verdict::no("cubic interpolation is left to the reference");
    if (resize->antialias) return Verdict::no("antialiasing is left to the reference");
    if (resize->coordinates == ResizeCoordinates::tf_crop_and_resize) return Verdict::no("cropping is left to the reference");
    if (resize->aspect != ops::ResizeAspect::stretch) return Verdict::no("aspect policies are left to the reference");
    for (size_t i = 1; i < request.inputs.size(); ++i)
      if (request.inputs[i].present and request.inputs[i].constant == nullptr) return Verdict::no("scales or sizes are not constant");
    const Dims in = request.dims(0);
    const Dims out = request.output_dims();
    if (in.size() < 3 or element_count(in) == 0 or element_count(out) == 0) return Verdict::no("fewer than three axes, or an empty tensor");
    for (size_t axis = 0; axis + 2 < in.size(); ++axis)
      if (in[axis] != out[axis]) return Verdict::no("more than the two last axes are resized");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const Dims dims = request.dims(0);
    offer(request, Layout::row_major(dims.size()), sink);
    if (dims.size() != 4) return;
    offer(request, Layout::channels_last(4), sink);
    for (const int32_t block : {16, 8})
      if (const Layout blocked = Layout::channel_blocks(4, block); unpadded(blocked, dims)) offer(request, blocked, sink);
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext&, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<ResizeKernel>(request, variant);
  }

 private:
  static void offer(const OpRequest& request, const Layout& layout, tactics::VariantSink& sink) {
    Variant variant;
    for (size_t i = 0; i < request.inputs.size(); ++i) {
      if (i == 0) variant.inputs.push_back({DType::f32, layout});
      else variant.inputs.push_back(request.inputs[i].present ? tactics::plain_format(request.inputs[i].type) : tactics::Format{});
      variant.keeps_constant.push_back(i > 0);
    }
    variant.outputs = {{DType::f32, layout}};
    variant.estimate =
        static_cast<double>(element_count(request.output_dims())) * (layout.is_row_major() ? 0.8e-9 : 0.4e-9) / request.target.threads;
    sink.offer(std::move(variant));
  }
};

}  // namespace

void register_resize(tactics::Registry& registry) { registry.add(std::make_unique<ResizeTactic>()); }

}  // namespace burnish::cpu
