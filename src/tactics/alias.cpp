// Which layouts let outputs be the memory of inputs. Layouts considered: row-major, channels last, and channels in blocks of 16 and 8.
#include "tactics/alias.h"

#include <algorithm>

#include "base/error.h"
#include "ops/concat.h"
#include "ops/slice.h"
#include "ops/split.h"
#include "ops/transpose.h"
#include "tactics/reformat.h"

namespace burnish::tactics {
namespace {

/// The plan places parts at multiples of this, as kernels expect of what they write.
constexpr int64_t part_alignment = 64;

/// Blocks are the host's: devices take channels last instead.
std::vector<Layout> usual_layouts(size_t rank, Space space) {
  std::vector<Layout> layouts = {Layout::row_major(rank)};
  if (rank < 3) return layouts;
  layouts.push_back(Layout::channels_last(rank));
  if (space == Space::host)
    for (const int32_t block : {16, 8}) layouts.push_back(Layout::channel_blocks(rank, block));
  return layouts;
}

std::vector<DType> storage_types(const OpRequest& request, DType model) {
  std::vector<DType> types = {model};
  if (model == DType::f32)
    for (const DType permitted : request.target.permitted)
      if (permitted != model) types.push_back(permitted);
  return types;
}

/// The formats an alias over tensors like `type` is offered in.
std::vector<Format> usual_formats(const OpRequest& request, const TensorType& type, bool row_major_only) {
  std::vector<Format> formats;
  for (const DType storage : storage_types(request, type.dtype))
    for (const Layout& layout : usual_layouts(type.shape.rank(), request.target.space))
      if (not row_major_only or layout.is_row_major()) formats.push_back({storage, layout, request.target.space});
  return formats;
}

Variant plain_variant(const OpRequest& request, Alias alias) {
  Variant variant;
  variant.alias = alias;
  for (const Operand& operand : request.inputs) {
    variant.inputs.push_back(plain_format(operand.type, request.target.space));
    variant.keeps_constant.push_back(false);
  }
  for (const TensorType& type : request.outputs) variant.outputs.push_back(plain_format(type, request.target.space));
  return variant;
}

Candidate candidate_of(Variant variant) {
  Candidate candidate;
  candidate.variant = std::move(variant);
  return candidate;
}

/// Shape operands are not needed at run time.
void ignore_inputs_after_first(Variant& variant) {
  for (size_t i = 1; i < variant.keeps_constant.size(); ++i) variant.keeps_constant[i] = true;
}

std::vector<Candidate> views(const OpRequest& request) {
  std::vector<Candidate> found;
  const TensorType& from = request.inputs.at(0).type;
  const TensorType& to = request.outputs.at(0);
  if (from.dtype != to.dtype) return found;
  for (const DType storage : storage_types(request, from.dtype)) {
    const bool same_shape = from.shape == to.shape;
    for (const Layout& layout :
         same_shape ? usual_layouts(from.shape.rank(), request.target.space) : std::vector{Layout::row_major(from.shape.rank())}) {
      Variant variant = plain_variant(request, Alias::view);
      variant.inputs[0] = {storage, layout, request.target.space};
      variant.outputs[0] = {storage, same_shape ? layout : Layout::row_major(to.shape.rank()), request.target.space};
      ignore_inputs_after_first(variant);
      found.push_back(candidate_of(std::move(variant)));
    }
  }
  return found;
}

/// A transpose is free where the output's layout walks its axes as the input's walks them: the bytes stay, the names of the axes change.
std::vector<Candidate> transposed_views(const OpRequest& request, const ops::Transpose& op) {
  const size_t rank = request.inputs[0].type.shape.rank();
  const std::vector<size_t> order = ops::permutation(op, rank);
  const auto seen_from_output = [&](const Layout& layout) {
    Layout seen;
    for (const uint8_t axis : layout.order) seen.order.push_back(static_cast<uint8_t>(std::ranges::find(order, axis) - order.begin()));
    return seen;
  };
  std::vector<Layout> layouts = {Layout::row_major(rank), Layout{}};
  for (const size_t axis : order) layouts[1].order.push_back(static_cast<uint8_t>(axis));  // makes the output row-major
  if (const Layout images = Layout::channels_last(rank); rank >= 3 and images != layouts[1]) layouts.push_back(images);
  std::vector<Candidate> found;
  for (const DType storage : storage_types(request, request.inputs[0].type.dtype))
    for (const Layout& layout : layouts) {
      Variant variant = plain_variant(request, Alias::view);
      variant.inputs[0] = {storage, layout, request.target.space};
      variant.outputs[0] = {storage, seen_from_output(layout), request.target.space};
      found.push_back(candidate_of(std::move(variant)));
    }
  return found;
}

size_t normalized(int64_t axis, size_t rank) { return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis); }

/// Whether the plan must copy this part although the layout would let it share: its memory is somebody else's.
bool must_copy(const Graph& graph, const Node& node, size_t input) {
  const Value& value = graph.value(node.inputs[input]);
  if (value.is_input or value.constant != nullptr or graph.is_output(node.inputs[input])) return true;
  size_t concats = 0;
  for (const NodeId user : value.users) concats += graph.node(user).op.is<ops::Concat>() ? 1 : 0;
  return concats > 1;
}

double copy_seconds(const Backend& backend, const Format& format, const TensorType& type, int threads) {
  return backend.step_overhead() + reformat_variant(backend, type, format, format, threads).estimate;
}

std::vector<Candidate> concats(const Graph& graph, const Node& node, const OpRequest& request, size_t axis, const Backend& backend) {
  std::vector<Candidate> found;
  std::vector<int64_t> extents;
  for (size_t i = 0; i < request.inputs.size(); ++i) extents.push_back(request.dims(i).at(axis));
  const Dims dims = request.output_dims();
  for (const Format& format : usual_formats(request, request.outputs[0], false)) {
    if (not parts_are_contiguous(format.layout, dims, axis, extents)) continue;
    Variant variant = plain_variant(request, Alias::concat);
    variant.outputs[0] = format;
    int64_t offset = 0;
    for (size_t i = 0; i < request.inputs.size(); ++i) {
      variant.inputs[i] = format;
      if (offset % part_alignment != 0 or must_copy(graph, node, i))
        variant.estimate += copy_seconds(backend, format, request.inputs[i].type, request.target.threads);
      offset += stored_bytes(format, request.dims(i));
    }
    found.push_back(candidate_of(std::move(variant)));
  }
  return found;
}

/// Outputs that begin at `starts` along the axis; `extents` are all parts of the axis, those that nobody asked for included.
std::vector<Candidate> parts(const OpRequest& request, size_t axis, std::span<const int64_t> extents, std::span<const int64_t> starts) {
  std::vector<Candidate> found;
  const Dims dims = request.dims(0);
  for (const Format& format : usual_formats(request, request.inputs[0].type, false)) {
    if (not parts_are_contiguous(format.layout, dims, axis, extents)) continue;
    Variant variant = plain_variant(request, Alias::split);
    variant.inputs[0] = format;
    for (size_t i = 0; i < request.outputs.size(); ++i) {
      variant.outputs[i] = format;
      Dims before = dims;
      before[axis] = starts[i];
      variant.part_offsets.push_back(stored_bytes(format, before));
    }
    ignore_inputs_after_first(variant);
    found.push_back(candidate_of(std::move(variant)));
  }
  return found;
}

std::vector<Candidate> splits(const OpRequest& request, size_t axis) {
  std::vector<int64_t> extents;
  std::vector<int64_t> starts;
  int64_t start = 0;
  for (size_t i = 0; i < request.outputs.size(); ++i) {
    starts.push_back(start);
    extents.push_back(request.output_dims(i).at(axis));
    start += extents.back();
  }
  return parts(request, axis, extents, starts);
}

/// The elements of input `index` where it is present; nothing where they are only known when running.
std::optional<std::vector<int64_t>> integers_of(const OpRequest& request, size_t index) {
  if (index >= request.inputs.size() or not request.inputs[index].present) return std::vector<int64_t>{};
  if (request.inputs[index].constant == nullptr) return std::nullopt;
  return request.inputs[index].constant->integers();
}

std::vector<Candidate> slices(const OpRequest& request) {
  const auto starts = integers_of(request, 1), ends = integers_of(request, 2), axes = integers_of(request, 3),
             steps = integers_of(request, 4);
  if (not starts or not ends or not axes or not steps) return {};
  const Dims dims = request.dims(0);
  const std::vector<ops::SliceRange> ranges = ops::slice_ranges(dims, *starts, *ends, *axes, *steps);
  std::optional<size_t> cut;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (ranges[axis].count == dims[axis] and (ranges[axis].step == 1 or dims[axis] == 1)) continue;
    if (cut or (ranges[axis].step != 1 and ranges[axis].count > 1)) return {};
    cut = axis;
  }
  const size_t axis = cut.value_or(0);
  if (dims.empty() or ranges[axis].count == 0) return {};
  const int64_t start = ranges[axis].start;
  const int64_t rest = dims[axis] - start - ranges[axis].count;
  const std::vector<int64_t> extents = {start, ranges[axis].count, rest};
  return parts(request, axis, extents, std::vector{start});
}

bool all_present(const OpRequest& request) {
  return std::ranges::all_of(request.inputs, [](const Operand& operand) { return operand.present; });
}

}  // namespace

bool parts_are_contiguous(const Layout& layout, std::span<const int64_t> dims, size_t axis, std::span<const int64_t> extents) {
  int64_t block = 1;
  for (const Layout::Block& one : layout.blocks)
    if (one.axis == axis) block *= one.size;
  if (std::ranges::any_of(extents, [&](int64_t extent) { return extent % block != 0; })) return false;
  for (const uint8_t outer : layout.order) {
    if (outer == axis) return true;
    int64_t outer_block = 1;
    for (const Layout::Block& one : layout.blocks)
      if (one.axis == outer) outer_block *= one.size;
    if (dims[outer] > outer_block) return false;
  }
  return true;
}

std::vector<Candidate> alias_candidates(const Graph& graph, const Node& node, const OpRequest& request, const Backend& backend) {
  if (request.has_epilogue() or request.inputs.empty() or not request.inputs[0].present or request.outputs.empty()) return {};
  const size_t rank = request.inputs[0].type.shape.rank();
  if (node.op.has(Trait::view)) return views(request);
  if (const auto* transpose = node.op.as<ops::Transpose>(); transpose != nullptr and rank > 0) return transposed_views(request, *transpose);
  if (const auto* concat = node.op.as<ops::Concat>(); concat != nullptr and all_present(request))
    return concats(graph, node, request, normalized(concat->axis, rank), backend);
  if (const auto* split = node.op.as<ops::Split>()) return splits(request, normalized(split->axis, rank));
  if (node.op.is<ops::Slice>()) return slices(request);
  return {};
}

}  // namespace burnish::tactics
