#include "passes/merge_strided_slices.h"

#include <algorithm>
#include <array>

#include "ir/rewriter.h"
#include "ops/axes.h"
#include "ops/concat.h"
#include "ops/slice.h"
#include "ops/transpose.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

/// Element i of an axis comes from start + i * step.
struct Range {
  int64_t start = 0, step = 1;
};
struct Strided {
  ValueId source;
  std::vector<Range> ranges;
};

std::optional<std::vector<ops::SliceRange>> ranges_of(const Graph& graph, const Node& slice) {
  std::array<std::vector<int64_t>, 4> lists;  // starts, ends, axes, steps
  for (size_t i = 1; i < slice.inputs.size() and i <= lists.size(); ++i) {
    if (not slice.inputs[i].valid()) continue;
    const auto list = integers(graph, slice.inputs[i]);
    if (not list) return {};
    lists[i - 1] = *list;
  }
  return ops::slice_ranges(graph.type(slice.inputs[0]).shape.dims(), lists[0], lists[1], lists[2], lists[3]);
}

/// Slices of slices as one.
std::optional<Strided> strided(const Graph& graph, ValueId id) {
  Strided found{id, std::vector<Range>(graph.type(id).shape.rank())};
  for (const Node* slice = made_by<ops::Slice>(graph, id); slice != nullptr; slice = made_by<ops::Slice>(graph, found.source)) {
    if (not graph.type(slice->inputs[0]).shape.is_static()) return {};
    const auto ranges = ranges_of(graph, *slice);
    if (not ranges) return {};
    for (size_t axis = 0; axis < found.ranges.size(); ++axis) {
      Range& own = found.ranges[axis];
      own = {(*ranges)[axis].start + (*ranges)[axis].step * own.start, own.step * (*ranges)[axis].step};
    }
    found.source = slice->inputs[0];
  }
  return found;
}

/// All parts take the same steps, larger than 1 along exactly two axes, which they divide.
struct Patches {
  ValueId source;
  std::array<size_t, 2> axes{};
  std::array<int64_t, 2> steps{};
};
std::optional<Patches> patches_of(const Graph& graph, const std::vector<Strided>& parts) {
  Patches found{parts.front().source, {}, {}};
  const Dims dims = graph.type(found.source).shape.dims();
  size_t count = 0;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    const int64_t step = parts.front().ranges[axis].step;
    for (const Strided& part : parts) {
      const Range& range = part.ranges[axis];
      if (part.source != found.source or range.step != step or range.start < 0 or range.start >= std::max<int64_t>(step, 1)) return {};
    }
    if (step == 1) continue;
    if (step < 1 or dims[axis] % step != 0 or count == 2) return {};
    found.axes[count] = axis;
    found.steps[count++] = step;
  }
  if (count != 2 or static_cast<int64_t>(parts.size()) != found.steps[0] * found.steps[1]) return {};
  return found;
}

/// Which axis's places vary slower over the parts.
enum class Slower : uint8_t { first, second, neither };
Slower slower_axis(const Patches& patches, const std::vector<Strided>& parts) {
  for (const bool outer : {true, false}) {
    bool fits = true;
    for (size_t i = 0; i < parts.size(); ++i) {
      const auto place = static_cast<int64_t>(i);
      const int64_t inner_step = patches.steps[outer ? 0 : 1];
      const int64_t first = outer ? place % inner_step : place / inner_step, second = outer ? place / inner_step : place % inner_step;
      fits = fits and parts[i].ranges[patches.axes[0]].start == first and parts[i].ranges[patches.axes[1]].start == second;
    }
    if (fits) return outer ? Slower::second : Slower::first;
  }
  return Slower::neither;
}

std::optional<Patch> merge(const Graph& graph, const Node& node) {
  const auto* concat = node.op.as<ops::Concat>();
  if (concat == nullptr or node.inputs.size() < 4 or not graph.type(node.outputs[0]).shape.is_static()) return {};
  std::vector<Strided> parts;
  for (const ValueId input : node.inputs) {
    auto part = strided(graph, input);
    if (not part) return {};
    parts.push_back(std::move(*part));
  }
  if (parts.front().source == node.inputs[0]) return {};
  const auto patches = patches_of(graph, parts);
  const Slower slower = patches ? slower_axis(*patches, parts) : Slower::neither;
  const Dims dims = graph.type(patches ? patches->source : node.inputs[0]).shape.dims();
  const size_t joined = ops::normalized_axis(concat->axis, dims.size());
  if (slower == Slower::neither or joined == patches->axes[0] or joined == patches->axes[1]) return {};

  Shape split;
  std::vector<int64_t> kept, offsets(2);  // where each axis, and each axis's places, stand in the split shape
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    kept.push_back(static_cast<int64_t>(split.rank()));
    const auto strided = std::ranges::find(patches->axes, axis);
    if (strided == patches->axes.end()) {
      split.push_back(dims[axis]);
      continue;
    }
    const auto which = static_cast<size_t>(strided - patches->axes.begin());
    split.push_back(dims[axis] / patches->steps[which]);
    offsets[which] = static_cast<int64_t>(split.rank());
    split.push_back(patches->steps[which]);
  }
  std::vector<int64_t> order;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (axis == joined) {
      order.push_back(offsets[slower == Slower::second ? 1 : 0]);
      order.push_back(offsets[slower == Slower::second ? 0 : 1]);
    }
    order.push_back(kept[axis]);
  }
  Patch patch(graph, MergeStridedSlices::name);
  const auto cut = add_reshape(patch, patches->source, split);
  if (not cut) return {};
  const ValueId moved = patch.add(ops::Transpose{order}, {*cut});
  const auto result = add_reshape(patch, moved, graph.type(node.outputs[0]).shape);
  return result ? replacing(std::move(patch), graph, node.outputs[0], *result) : std::nullopt;
}

}  // namespace

bool MergeStridedSlices::run(Graph& graph) const { return rewrite(graph, merge); }

}  // namespace burnish::passes
