// LayerNormalization and RMSNormalization over the trailing axes: one row a time, moments and result while the row is in the cache.
// bf16 and f16 rows are staged in f32.
#include <cmath>

#include "backends/cpu/kernels/rows.h"
#include "backends/cpu/simd/row_functions.h"
#include "base/parallel.h"
#include "ops/normalization.h"
#include "ops/operator.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

struct Shape2 {
  int64_t rows = 1;
  int64_t columns = 1;
};

Shape2 rows_of(const Dims& dims, int64_t axis) {
  const size_t first = static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(dims.size()) : axis);
  return {product(dims, 0, first), product(dims, first, dims.size())};
}

class RowNormalizationKernel final : public tactics::Kernel {
 public:
  RowNormalizationKernel(const OpRequest& request, const Variant& variant, int64_t axis, double epsilon, bool centered, int threads)
      : shape_(rows_of(request.dims(0), axis)), epsilon_(static_cast<float>(epsilon)), centered_(centered), threads_(threads) {
    scale_ = floats_of(*request.inputs[1].constant);
    if (request.inputs.size() > 2 and request.inputs[2].present) bias_ = floats_of(*request.inputs[2].constant);
    storage_ = variant.inputs[0].storage;
  }

  Status run(tactics::RunContext&, std::span<const BufferRef> in, std::span<const BufferRef> out, void* workspace) const noexcept override {
    const int64_t parts = std::min<int64_t>(threads_, shape_.rows);
    if (shape_.rows * shape_.columns == 0) return Status::ok();
    parallel_for(parts, shape_.rows * shape_.columns < 8192 ? parts : 1, [&](int64_t first, int64_t last) {
      for (int64_t part = first; part < last; ++part)
        run_rows(in[0].data, out[0].data, static_cast<float*>(workspace) + part * shape_.columns, shape_.rows * part / parts,
                 shape_.rows * (part + 1) / parts);
    });
    return Status::ok();
  }

 private:
  void run_rows(const std::byte* in, std::byte* out, float* staging, int64_t first, int64_t last) const {
    const auto columns = static_cast<size_t>(shape_.columns);
    const size_t row_bytes = columns * byte_size(storage_);
    for (int64_t row = first; row < last; ++row) {
      const std::byte* from = in + static_cast<size_t>(row) * row_bytes;
      std::byte* to = out + static_cast<size_t>(row) * row_bytes;
      if (storage_ == DType::f32) {
        normalize(reinterpret_cast<const float*>(from), reinterpret_cast<float*>(to), columns);
        continue;
      }
      tile_load(storage_)(from, staging, columns);
      normalize(staging, staging, columns);
      tile_store(storage_)(staging, to, columns);
    }
  }

  void normalize(const float* x, float* y, size_t columns) const {
    const RowFunctions& rows = row_functions();
    const float* bias = bias_.empty() ? nullptr : bias_.data();
    if (centered_) {
      const Moments moments = rows.moments(x, columns);
      rows.normalize(x, y, columns, moments.mean, 1 / std::sqrt(moments.variance + epsilon_), scale_.data(), bias);
    } else {
      rows.normalize(x, y, columns, 0, 1 / std::sqrt(rows.sum_of_squares(x, columns) / static_cast<float>(columns) + epsilon_),
                     scale_.data(), bias);
    }
  }

  Shape2 shape_;
  float epsilon_;
  bool centered_;
  int threads_;
  std::vector<float> scale_, bias_;
  DType storage_ = DType::f32;
};

class RowNormalizationTactic final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.simd.row_normalization"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const bool layer = request.op.is<ops::LayerNormalization>();
    if (not layer and not request.op.is<ops::RMSNormalization>()) return Verdict::no("not a layer or RMS normalization");
    if (request.has_epilogue()) return Verdict::no("takes no epilogue");
    if (request.inputs[0].type.dtype != DType::f32) return Verdict::no("only f32");
    for (size_t i = 1; i < request.outputs.size(); ++i)
      if (request.wanted[i]) return Verdict::no("the mean and the inverse deviation are asked for");
    const int64_t columns = rows_of(request.dims(0), axis_of(request)).columns;
    for (size_t i = 1; i < request.inputs.size(); ++i) {
      if (not request.inputs[i].present) continue;
      if (request.inputs[i].constant == nullptr) return Verdict::no("scale or bias is not constant");
      if (request.inputs[i].constant->size() != columns) return Verdict::no("scale or bias does not cover the normalized axes");
    }
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    for_each_storage(request, [&](DType storage) {
      Variant variant;
      for (size_t i = 0; i < request.inputs.size(); ++i) {
        variant.inputs.push_back(request.inputs[i].present ? (i == 0 ? rows_format(request.inputs[i].type, storage)
                                                                     : tactics::plain_format(request.inputs[i].type))
                                                           : tactics::Format{});
        variant.keeps_constant.push_back(i > 0 and request.inputs[i].present);
      }
      for (const TensorType& output : request.outputs) variant.outputs.push_back(rows_format(output, storage));
      variant.in_place = 0;
      const Shape2 shape = rows_of(request.dims(0), axis_of(request));
      if (storage != DType::f32) variant.workspace = shape.columns * static_cast<int64_t>(sizeof(float)) * request.target.threads;
      variant.estimate = static_cast<double>(shape.rows * shape.columns) * 0.4e-9 / request.target.threads;
      sink.offer(std::move(variant));
    });
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const auto* layer = request.op.as<ops::LayerNormalization>();
    const double epsilon = layer != nullptr ? layer->epsilon : request.op.as<ops::RMSNormalization>()->epsilon;
    return std::make_unique<RowNormalizationKernel>(request, variant, axis_of(request), epsilon, layer != nullptr, context.threads());
  }

 private:
  static int64_t axis_of(const OpRequest& request) {
    const auto* layer = request.op.as<ops::LayerNormalization>();
    return layer != nullptr ? layer->axis : request.op.as<ops::RMSNormalization>()->axis;
  }
};

}  // namespace

void register_layer_normalization(tactics::Registry& registry) { registry.add(std::make_unique<RowNormalizationTactic>()); }

}  // namespace burnish::cpu
