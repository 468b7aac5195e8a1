// Slice, Expand, Tile, DepthToSpace and SpaceToDepth on the GPU: each is one copy between strided views. Row-major and channels last.
#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/moves.h"
#include "ops/axes.h"
#include "ops/depth_to_space.h"
#include "ops/expand.h"
#include "ops/slice.h"
#include "ops/space_to_depth.h"
#include "ops/tile.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

/// What is read and written over a common domain.
struct Views {
  Dims domain;
  StridedOperand from, to;
};

Views views_of_slice(const OpRequest& request, const Dims& from, const Dims& to) {
  const Dims dims = request.dims(0);
  const std::vector<ops::SliceRange> ranges =
      ops::slice_ranges(dims, parameter(request, 1), parameter(request, 2), parameter(request, 3), parameter(request, 4));
  Views views{request.output_dims(), {.strides = from}, {.strides = to}};
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    views.from.offset += ranges[axis].start * from[axis];
    views.from.strides[axis] *= ranges[axis].step;
  }
  return views;
}

Views views_of_expand(const OpRequest& request, const Dims& from, const Dims& to) {
  const Dims dims = request.dims(0);
  Views views{request.output_dims(), {}, {.strides = to}};
  views.from.strides.assign(views.domain.size(), 0);
  const size_t added = views.domain.size() - dims.size();
  for (size_t axis = 0; axis < dims.size(); ++axis)
    if (dims[axis] != 1) views.from.strides[added + axis] = from[axis];
  return views;
}

Views views_of_tile(const OpRequest& request, const Dims& from, const Dims& to) {
  const Dims dims = request.dims(0), result = request.output_dims();
  Views views;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    const int64_t repeats = dims[axis] == 0 ? 0 : result[axis] / dims[axis];
    views.domain.insert(views.domain.end(), {repeats, dims[axis]});
    views.from.strides.insert(views.from.strides.end(), {0, from[axis]});
    views.to.strides.insert(views.to.strides.end(), {to[axis] * dims[axis], to[axis]});
  }
  return views;
}

Views views_of_depth_to_space(const OpRequest& request, const Dims& from, const Dims& to) {
  const auto& op = *request.op.as<ops::DepthToSpace>();
  const Dims dims = request.dims(0), result = request.output_dims();
  const int64_t b = op.block, channels = result[1];
  const int64_t row = op.columns_first ? b : b * channels, column = op.columns_first ? 1 : channels, channel = op.columns_first ? b * b : 1;
  return {{result[0], channels, dims[2], b, dims[3], b},
          {.strides = {from[0], channel * from[1], from[2], row * from[1], from[3], column * from[1]}},
          {.strides = {to[0], to[1], b * to[2], to[2], b * to[3], to[3]}}};
}

Views views_of_space_to_depth(const OpRequest& request, const Dims& from, const Dims& to) {
  const int64_t b = request.op.as<ops::SpaceToDepth>()->block;
  const Dims dims = request.dims(0), result = request.output_dims();
  const int64_t channels = dims[1];
  return {{dims[0], b, b, channels, result[2], result[3]},
          {.strides = {from[0], from[2], from[3], from[1], b * from[2], b * from[3]}},
          {.strides = {to[0], b * channels * to[1], channels * to[1], to[1], to[2], to[3]}}};
}

Views views_of(const OpRequest& request, const Variant& variant) {
  const Dims from = variant.inputs[0].layout.strides(request.dims(0)), to = variant.outputs[0].layout.strides(request.output_dims());
  Views views = request.op.is<ops::Slice>()          ? views_of_slice(request, from, to)
                : request.op.is<ops::Expand>()       ? views_of_expand(request, from, to)
                : request.op.is<ops::Tile>()         ? views_of_tile(request, from, to)
                : request.op.is<ops::DepthToSpace>() ? views_of_depth_to_space(request, from, to)
                                                     : views_of_space_to_depth(request, from, to);
  views.from.storage = variant.inputs[0].storage;
  views.to.storage = variant.outputs[0].storage;
  return views;
}

class CudaStridedCopy final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.strided_copy"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const Op& op = request.op;
    if (not op.is<ops::Slice>() and not op.is<ops::Expand>() and not op.is<ops::Tile>() and not op.is<ops::DepthToSpace>() and
        not op.is<ops::SpaceToDepth>())
      return Verdict::no("neither Slice, Expand, Tile, DepthToSpace nor SpaceToDepth");
    if (request.inputs[0].constant != nullptr) return Verdict::no("the input is constant");
    if (std::string reason = move_refusal(request, std::array{size_t{0}}); not reason.empty()) return Verdict::no(std::move(reason));
    // What Expand and Tile are told is in the output's shape already.
    const bool told_by_shape = op.is<ops::Expand>() or op.is<ops::Tile>();
    if (std::string reason = told_by_shape ? "" : parameter_refusal(request, 1); not reason.empty()) return Verdict::no(std::move(reason));
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const size_t rank = request.dims(0).size();
    const std::vector<Layout> layouts = rank == request.output_dims().size() ? usual_layouts(rank) : std::vector{Layout::row_major(rank)};
    for (const std::optional<DType> lowered : usual_storages(request))
      for (const Layout& layout : layouts) {
        Variant variant = plain_variant(request, lowered);
        variant.inputs[0].layout = layout;
        variant.outputs[0].layout = layouts.size() > 1 ? layout : Layout::row_major(request.output_dims().size());
        variant.estimate = move_seconds(2 * stored_bytes_of(request.outputs[0], lowered));
        sink.offer(std::move(variant));
      }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    Views views = views_of(request, variant);
    return std::make_unique<MoveKernel<StridedMove>>(StridedMove(context, views.domain, std::move(views.from), std::move(views.to)));
  }
};

}  // namespace

void register_strided_copy(tactics::Registry& registry) { registry.add(std::make_unique<CudaStridedCopy>()); }

}  // namespace burnish::cuda
