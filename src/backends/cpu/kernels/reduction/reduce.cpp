// Reduce over any axes of f32 tensors in row-major, channels-last or channel-blocked layout. The tensor is seen as [outer, reduced, inner] loops:
// rows are folded in registers where the reduced loop is innermost, accumulated as whole rows where it is not.
#include <algorithm>
#include <cmath>
#include <limits>

#include "backends/cpu/kernels/rows.h"
#include "backends/cpu/simd/row_functions.h"
#include "backends/cpu/simd/strided.h"
#include "base/parallel.h"
#include "ops/operator.h"
#include "ops/reduce.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using ops::ReduceKind;
using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

/// The reduced axes as flags; nothing where they are not known.
std::optional<std::vector<bool>> reduced_axes(const OpRequest& request) {
  const auto& reduce = *request.op.as<ops::Reduce>();
  const size_t rank = request.inputs[0].type.shape.rank();
  const bool given = request.inputs.size() > 1 and request.inputs[1].present;
  if (given and request.inputs[1].constant == nullptr) return {};
  std::vector<bool> reduced(rank, false);
  const std::vector<int64_t> axes = given ? request.inputs[1].constant->integers() : std::vector<int64_t>();
  if (axes.empty() and not reduce.no_axes_is_identity) reduced.assign(rank, true);
  for (const int64_t axis : axes) reduced.at(static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis)) = true;
  return reduced;
}

class ReduceKernel final : public tactics::Kernel {
 public:
  ReduceKernel(const OpRequest& request, const Variant& variant) : kind_(request.op.as<ops::Reduce>()->kind) {
    const Dims dims = request.dims(0);
    const std::vector<bool> reduced = *reduced_axes(request);
    Dims kept = dims;
    for (size_t axis = 0; axis < dims.size(); ++axis)
      if (reduced[axis]) kept[axis] = 1;
    for (size_t axis = 0; axis < dims.size(); ++axis) count_ *= reduced[axis] ? dims[axis] : 1;
    // Operand 0 is the input, dense; operand 1 the output, which broadcasts along what is reduced.
    loops_ = strided_loops(dims, variant.inputs[0].layout, {{dims, variant.inputs[0].layout}, {kept, Layout::row_major(dims.size())}});
    outputs_ = element_count(kept);
  }

  Status run(tactics::RunContext&, std::span<const BufferRef> in, std::span<const BufferRef> out, void*) const noexcept override {
    const auto* x = reinterpret_cast<const float*>(in[0].data);
    auto* y = reinterpret_cast<float*>(out[0].data);
    if (outputs_ == 0) return Status::ok();
    std::fill(y, y + outputs_, neutral());
    // Threads may share an outer loop only where it is kept: then they write apart.
    const bool split = loops_.extents.size() > 1 and loops_.strides[1][0] != 0;
    const int64_t first_extent = loops_.extents[0];
    const int64_t inside = element_count(loops_.extents) / std::max<int64_t>(1, first_extent);
    const auto work = [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) walk(x + i * loops_.strides[0][0], y + i * loops_.strides[1][0], 1);
    };
    if (split) {
      parallel_for(first_extent, std::max<int64_t>(1, 8192 / std::max<int64_t>(1, inside)), work);
      if (count_ > 0) finish(y);
      return Status::ok();
    }
    walk(x, y, 0);
    finish(y);
    return Status::ok();
  }

 private:
  float neutral() const {
    if (kind_ == ReduceKind::max) return -std::numeric_limits<float>::infinity();
    if (kind_ == ReduceKind::min) return std::numeric_limits<float>::infinity();
    return 0;
  }

  void walk(const float* x, float* y, size_t loop) const {
    if (loop == loops_.extents.size()) return fold(x, y, 1, true);
    const int64_t step = loops_.strides[1][loop];
    if (loop + 1 == loops_.extents.size() and step <= 1) return fold(x, y, loops_.extents[loop], step == 0);
    for (int64_t i = 0; i < loops_.extents[loop]; ++i) walk(x + i * loops_.strides[0][loop], y + i * loops_.strides[1][loop], loop + 1);
  }

  /// The innermost loop: one output from a row, or one output for each element.
  void fold(const float* x, float* y, int64_t count, bool into_one) const {
    const RowFunctions& rows = row_functions();
    const auto size = static_cast<size_t>(count);
    if (kind_ == ReduceKind::max) {
      if (into_one) *y = std::max(*y, rows.max(x, size));
      else rows.accumulate_max(x, y, size);
    } else if (kind_ == ReduceKind::min) {
      if (into_one) *y = std::min(*y, rows.min(x, size));
      else rows.accumulate_min(x, y, size);
    } else if (kind_ == ReduceKind::l2 or kind_ == ReduceKind::sum_square) {
      if (into_one) *y += rows.sum_of_squares(x, size);
      else
        for (size_t i = 0; i < size; ++i) y[i] += x[i] * x[i];
    } else {
      if (into_one) *y += rows.sum(x, size);
      else rows.accumulate(x, y, size);
    }
  }

  void finish(float* y) const {
    const float factor = 1.0F / static_cast<float>(count_);
    for (int64_t i = 0; i < outputs_; ++i) {
      if (kind_ == ReduceKind::mean) y[i] *= factor;
      else if (kind_ == ReduceKind::l2) y[i] = std::sqrt(y[i]);
    }
  }

  ReduceKind kind_;
  StridedLoops loops_;
  int64_t count_ = 1;
  int64_t outputs_ = 1;
};

class ReduceTactic final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.simd.reduce"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* reduce = request.op.as<ops::Reduce>();
    if (reduce == nullptr) return Verdict::no("not a reduction");
    if (request.has_epilogue()) return Verdict::no("takes no epilogue");
    if (request.inputs[0].type.dtype != DType::f32) return Verdict::no("only f32");
    if (not reduced_axes(request)) return Verdict::no("the axes are not constant");
    if (element_count(request.dims(0)) == 0) return Verdict::no("an empty tensor");
    switch (reduce->kind) {
      case ReduceKind::sum:
      case ReduceKind::mean:
      case ReduceKind::max:
      case ReduceKind::min:
      case ReduceKind::l2:
      case ReduceKind::sum_square: return Verdict::yes();
      default: return Verdict::no("this kind is left to the reference");
    }
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const Dims dims = request.dims(0);
    offer(request, Layout::row_major(dims.size()), sink);
    if (dims.size() < 3) return;
    offer(request, Layout::channels_last(dims.size()), sink);
    for (const int32_t block : {16, 8})
      if (const Layout blocked = Layout::channel_blocks(dims.size(), block); unpadded(blocked, dims)) offer(request, blocked, sink);
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext&, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<ReduceKernel>(request, variant);
  }

 private:
  static void offer(const OpRequest& request, const Layout& layout, tactics::VariantSink& sink) {
    Variant variant;
    variant.inputs = {{DType::f32, layout}};
    for (size_t i = 1; i < request.inputs.size(); ++i) {
      variant.inputs.push_back(request.inputs[i].present ? tactics::plain_format(request.inputs[i].type) : tactics::Format{});
    }
    variant.keeps_constant.assign(request.inputs.size(), true);
    variant.keeps_constant[0] = false;
    variant.outputs = {tactics::plain_format(request.outputs[0])};
    variant.estimate = static_cast<double>(element_count(request.dims(0))) * 0.2e-9 / request.target.threads;
    sink.offer(std::move(variant));
  }
};

}  // namespace

void register_reduce(tactics::Registry& registry) { registry.add(std::make_unique<ReduceTactic>()); }

}  // namespace burnish::cpu
