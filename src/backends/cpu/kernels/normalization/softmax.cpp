// Softmax and its logarithm: one line at a time, maximum, sum and result while the line is in the cache. Lines along another axis than the last
// are gathered first; bf16 and f16 lines are staged in f32. The logarithm is taken of the sum in double precision, once a line.
#include <cmath>

#include "backends/cpu/kernels/rows.h"
#include "backends/cpu/simd/row_functions.h"
#include "base/parallel.h"
#include "ops/operator.h"
#include "ops/softmax.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

/// The tensor as lines along the axis: element i of line l lies at first(l) + i * stride.
struct Lines {
  int64_t count = 1;
  int64_t extent = 1;
  int64_t stride = 1;
  int64_t first(int64_t line) const { return line / stride * extent * stride + line % stride; }
};

Lines lines_of(const OpRequest& request) {
  const Dims dims = request.dims(0);
  const int64_t axis = request.op.as<ops::Softmax>()->axis;
  const size_t at = static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(dims.size()) : axis);
  return {element_count(dims) / dims[at], dims[at], product(dims, at + 1, dims.size())};
}

/// Floats of scratch memory a thread needs: the exponentials of a logarithm, and a line that is narrow or scattered.
int64_t scratch_floats(const Lines& lines, bool log, DType storage) {
  return lines.extent * ((log ? 1 : 0) + (storage != DType::f32 or lines.stride > 1 ? 1 : 0));
}

class SoftmaxKernel final : public tactics::Kernel {
 public:
  SoftmaxKernel(const Lines& lines, DType storage, bool log, int threads)
      : lines_(lines), storage_(storage), log_(log), threads_(threads), scratch_(scratch_floats(lines, log, storage)) {}

  Status run(tactics::RunContext&, std::span<const BufferRef> in, std::span<const BufferRef> out, void* workspace) const noexcept override {
    const int64_t parts = std::min<int64_t>(threads_, lines_.count);
    parallel_for(parts, lines_.count * lines_.extent < 4096 ? parts : 1, [&](int64_t first, int64_t last) {
      for (int64_t part = first; part < last; ++part)
        run_lines(in[0].data, out[0].data, static_cast<float*>(workspace) + part * scratch_, lines_.count * part / parts,
                  lines_.count * (part + 1) / parts);
    });
    return Status::ok();
  }

 private:
  void run_lines(const std::byte* in, std::byte* out, float* scratch, int64_t first, int64_t last) const {
    float* staging = scratch + (log_ ? lines_.extent : 0);
    for (int64_t line = first; line < last; ++line) {
      const auto place = static_cast<size_t>(lines_.first(line)) * byte_size(storage_);
      const std::byte* from = in + place;
      std::byte* to = out + place;
      if (lines_.stride > 1) {
        run_scattered(reinterpret_cast<const float*>(from), reinterpret_cast<float*>(to), staging, scratch);
      } else if (storage_ == DType::f32) {
        run_row(reinterpret_cast<const float*>(from), reinterpret_cast<float*>(to), scratch);
      } else {
        const auto columns = static_cast<size_t>(lines_.extent);
        tile_load(storage_)(from, staging, columns);
        run_row(staging, staging, scratch);
        tile_store(storage_)(staging, to, columns);
      }
    }
  }

  void run_scattered(const float* from, float* to, float* staging, float* exponentials) const {
    for (int64_t i = 0; i < lines_.extent; ++i) staging[i] = from[i * lines_.stride];
    run_row(staging, staging, exponentials);
    for (int64_t i = 0; i < lines_.extent; ++i) to[i * lines_.stride] = staging[i];
  }

  void run_row(const float* x, float* y, float* exponentials) const {
    const RowFunctions& rows = row_functions();
    const auto columns = static_cast<size_t>(lines_.extent);
    const float largest = rows.max(x, columns);
    if (not log_) {
      rows.affine(y, y, columns, 1 / rows.exp_sum(x, y, columns, 1, largest), 0);
      return;
    }
    const float sum = rows.exp_sum(x, exponentials, columns, 1, largest);
    rows.normalize(x, y, columns, largest, 1, nullptr, nullptr);
    rows.affine(y, y, columns, 1, static_cast<float>(-std::log(static_cast<double>(sum))));
  }

  Lines lines_;
  DType storage_;
  bool log_;
  int threads_;
  int64_t scratch_;
};

class SoftmaxTactic final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.simd.softmax"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* softmax = request.op.as<ops::Softmax>();
    if (softmax == nullptr) return Verdict::no("not a softmax");
    if (request.has_epilogue()) return Verdict::no("takes no epilogue");
    if (request.inputs[0].type.dtype != DType::f32) return Verdict::no("only f32");
    if (request.inputs[0].constant != nullptr) return Verdict::no("the input is constant");
    if (element_count(request.dims(0)) == 0) return Verdict::no("an empty tensor");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const bool log = request.op.as<ops::Softmax>()->log;
    const Lines lines = lines_of(request);
    for_each_storage(request, [&](DType storage) {
      if (lines.stride > 1 and storage != DType::f32) return sink.refuse(std::string(name_of(storage)), "only along the last axis");
      Variant variant;
      variant.inputs = {rows_format(request.inputs[0].type, storage)};
      variant.outputs = {rows_format(request.outputs[0], storage)};
      variant.in_place = 0;
      variant.workspace = scratch_floats(lines, log, storage) * static_cast<int64_t>(sizeof(float)) * request.target.threads;
      variant.estimate = static_cast<double>(lines.count * lines.extent) * (lines.stride > 1 ? 3e-9 : 1e-9) / request.target.threads;
      sink.offer(std::move(variant));
    });
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<SoftmaxKernel>(lines_of(request), variant.inputs[0].storage, request.op.as<ops::Softmax>()->log,
                                           context.threads());
  }
};

}  // namespace

void register_softmax(tactics::Registry& registry) { registry.add(std::make_unique<SoftmaxTactic>()); }

}  // namespace burnish::cpu
