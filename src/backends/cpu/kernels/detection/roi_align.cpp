// RoiAlign by means, of f32 tensors whose channels lie innermost. A mean of bilinear samples is a weighted sum whose weights are products
// of those along the two axes; samples that share neighbours share their weights, so that a bin reads each element once for all channels.
#include <algorithm>
#include <cstring>

#include "backends/cpu/kernels/indices.h"
#include "backends/cpu/simd/strided.h"
#include "base/isa.h"
#include "base/parallel.h"
#include "ops/operator.h"
#include "ops/roi_align.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

constexpr int64_t most_channels = 64;  // at a time: a tile of all bins stays in the first cache

/// sum[c] += weight of the element * x[element, c], over the columns of one row.
BURNISH_FOR_EACH_ISA void add_row(float* sum, const float* x, float down, const float* across, int64_t columns, int64_t channels,
                                  int64_t count) {
  for (int64_t i = 0; i < columns; ++i) {
    const float weight = down * across[i];
    for (int64_t c = 0; c < count; ++c) sum[c] += weight * x[i * channels + c];
  }
}

/// to[c, bin] = from[bin, c]
BURNISH_FOR_EACH_ISA void turn(float* to, const float* from, int64_t bins, int64_t stride, int64_t count) {
  for (int64_t c = 0; c < count; ++c)
    for (int64_t i = 0; i < bins; ++i) to[c * bins + i] = from[i * stride + c];
}

/// The weights of one bin along one axis: those of the elements [first, first + count).
struct Band {
  int64_t first = 0;
  int64_t count = 0;
};

/// What one thread works with, cut from the workspace.
struct Scratch {
  float* tile;    // [bins, most_channels]
  float* down;    // [height, extent]
  float* across;  // [width, extent]
  Band* rows;     // [height]
  Band* columns;  // [width]
};

class RoiAlignKernel final : public tactics::Kernel {
 public:
  RoiAlignKernel(const OpRequest& request, const Variant& variant)
      : op_(*request.op.as<ops::RoiAlign>()),
        channels_last_(not variant.outputs[0].layout.is_row_major()),
        pictures_of_regions_(request.inputs[2].type.dtype),
        threads_(request.target.threads) {
    const Dims x = request.dims(0);
    pictures_ = x[0];
    channels_ = x[1];
    height_ = x[2];
    width_ = x[3];
    regions_ = request.dims(1)[0];
    each_ = scratch_bytes(op_, x);
  }

  static int64_t scratch_bytes(const ops::RoiAlign& op, const Dims& x) {
    const int64_t floats = op.height * op.width * most_channels + op.height * x[2] + op.width * x[3];
    const int64_t bytes = floats * static_cast<int64_t>(sizeof(float)) + (op.height + op.width) * static_cast<int64_t>(sizeof(Band));
    return (bytes + 127) / 64 * 64;
  }

  Status run(tactics::RunContext&, std::span<const BufferRef> in, std::span<const BufferRef> out, void* workspace) const noexcept override {
    const auto* x = reinterpret_cast<const float*>(in[0].data);
    const auto* corners = reinterpret_cast<const float*>(in[1].data);
    auto* y = reinterpret_cast<float*>(out[0].data);
    for (int64_t r = 0; r < regions_; ++r)
      if (const int64_t picture = pictures_of_regions_.read(in[2].data, r); picture < 0 or picture >= pictures_)
        return {StatusCode::out_of_range, "batch index " + std::to_string(picture) + " is out of range"};
    const int64_t parts = std::min<int64_t>(threads_, regions_);
    parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part) {
        const Scratch scratch = scratch_at(static_cast<std::byte*>(workspace) + part * each_);
        for (int64_t r = regions_ * part / parts; r < regions_ * (part + 1) / parts; ++r) {
          const float* picture = x + pictures_of_regions_.read(in[2].data, r) * height_ * width_ * channels_;
          align(picture, corners + r * 4, y + r * channels_ * op_.height * op_.width, scratch);
        }
      }
    });
    return Status::ok();
  }

 private:
  Scratch scratch_at(std::byte* memory) const {
    auto* floats = reinterpret_cast<float*>(memory);
    Scratch scratch{};
    scratch.tile = floats;
    scratch.down = scratch.tile + op_.height * op_.width * most_channels;
    scratch.across = scratch.down + op_.height * height_;
    const auto end = reinterpret_cast<uintptr_t>(scratch.across + op_.width * width_);
    scratch.rows = reinterpret_cast<Band*>((end + alignof(Band) - 1) / alignof(Band) * alignof(Band));
    scratch.columns = scratch.rows + op_.height;
    return scratch;
  }

  /// Sums the samples' weights by element, divided by the number of samples.
  static void weigh(const ops::RoiAxis& axis, int64_t bins, int64_t extent, float* weights, Band* bands) {
    const double share = axis.count > 0 ? 1.0 / static_cast<double>(axis.count) : 0;
    for (int64_t bin = 0; bin < bins; ++bin, weights += extent) {
      int64_t low = extent, high = -1;
      for (int64_t i = 0; i < axis.count; ++i) {
        const ops::RoiSample sample = ops::roi_sample(axis, bin, i, extent);
        if (not sample.inside) continue;
        // What lies between the first and the last sample is cleared when the band grows over it.
        if (high < low) {
          low = high = sample.low;
          weights[low] = 0;
        }
        while (low > sample.low) weights[--low] = 0;
        while (high < sample.high) weights[++high] = 0;
        weights[sample.low] += static_cast<float>((1 - sample.weight) * share);
        weights[sample.high] += static_cast<float>(sample.weight * share);
      }
      bands[bin] = high < low ? Band{} : Band{low, high - low + 1};
    }
  }

  void align(const float* x, const float* corners, float* y, const Scratch& scratch) const {
    weigh(ops::roi_axis(op_, corners[1], corners[3], op_.height), op_.height, height_, scratch.down, scratch.rows);
    weigh(ops::roi_axis(op_, corners[0], corners[2], op_.width), op_.width, width_, scratch.across, scratch.columns);
    const int64_t bins = op_.height * op_.width;
    for (int64_t first = 0; first < channels_; first += most_channels) {
      const int64_t count = std::min(most_channels, channels_ - first);
      std::memset(scratch.tile, 0, static_cast<size_t>(bins * most_channels) * sizeof(float));
      for (int64_t i = 0; i < bins; ++i) sum_bin(x + first, i / op_.width, i % op_.width, scratch, count);
      if (channels_last_) {
        for (int64_t i = 0; i < bins; ++i)
          std::memcpy(y + i * channels_ + first, scratch.tile + i * most_channels, static_cast<size_t>(count) * sizeof(float));
      } else {
        turn(y + first * bins, scratch.tile, bins, most_channels, count);
      }
    }
  }

  void sum_bin(const float* x, int64_t row, int64_t column, const Scratch& scratch, int64_t count) const {
    const Band& rows = scratch.rows[row];
    const Band& columns = scratch.columns[column];
    float* sum = scratch.tile + (row * op_.width + column) * most_channels;
    for (int64_t r = rows.first; r < rows.first + rows.count; ++r) {
      const float down = scratch.down[row * height_ + r];
      if (down == 0) continue;
      add_row(sum, x + (r * width_ + columns.first) * channels_, down, scratch.across + column * width_ + columns.first, columns.count,
              channels_, count);
    }
  }

  ops::RoiAlign op_;
  bool channels_last_;
  IndexReader pictures_of_regions_;
  int64_t threads_;
  int64_t pictures_ = 0, channels_ = 0, height_ = 0, width_ = 0, regions_ = 0;
  int64_t each_ = 0;  // bytes of one scratch
};

class RoiAlignTactic final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.simd.roi_align"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* op = request.op.as<ops::RoiAlign>();
    if (op == nullptr) return Verdict::no("not a RoiAlign");
    if (request.has_epilogue()) return Verdict::no("takes no epilogue");
    if (op->maximum) return Verdict::no("maxima are left to the reference");
    if (request.inputs[0].type.dtype != DType::f32 or request.inputs[1].type.dtype != DType::f32) return Verdict::no("only f32");
    if (element_count(request.dims(0)) == 0 or element_count(request.output_dims()) == 0) return Verdict::no("an empty tensor");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const auto& op = *request.op.as<ops::RoiAlign>();
    for (const Layout& layout : {Layout::row_major(4), Layout::channels_last(4)}) {
      Variant variant;
      variant.inputs = {{DType::f32, Layout::channels_last(4)},
                        tactics::plain_format(request.inputs[1].type),
                        tactics::plain_format(request.inputs[2].type)};
      variant.outputs = {{DType::f32, layout}};
      variant.workspace = RoiAlignKernel::scratch_bytes(op, request.dims(0)) * request.target.threads;
      variant.estimate =
          static_cast<double>(element_count(request.output_dims())) * (layout.is_row_major() ? 2e-9 : 1.8e-9) / request.target.threads;
      sink.offer(std::move(variant));
    }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext&, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<RoiAlignKernel>(request, variant);
  }
};

}  // namespace

void register_roi_align(tactics::Registry& registry) { registry.add(std::make_unique<RoiAlignTactic>()); }

}  // namespace burnish::cpu
