// Unique: the different elements of a tensor, or the different slices along an axis. ONNX Unique, opset 11.
// Outputs: the elements or slices (in rising order, or in order of appearance), where each stood first, for each input slice which output
// it is, and how often each occurs.
#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/operator.h"
#include "ops/ordering.h"

namespace burnish::ops {

struct Unique {
  bool flat = true;
  int64_t axis = 0;  // unless flat
  bool sorted = true;
  static constexpr auto fields = std::tuple{field("flat", &Unique::flat), field("axis", &Unique::axis), field("sorted", &Unique::sorted)};
};

namespace {

void infer(const Unique& op, InferContext& context) {
  context.expect_inputs(1, 1);
  Shape shape = op.flat ? Shape{context.shape(0).size()} : context.shape(0);
  const size_t axis = op.flat ? 0 : context.axis(op.axis, shape.rank());
  const Dim extent = shape[axis];
  const Dim count = context.unknown_dim();
  shape[axis] = count;
  context.output(0, context.dtype(0), shape);
  for (size_t i = 1; i < context.output_count(); ++i) context.output(i, DType::i64, {i == 2 ? extent : count});
}

/// The slices along one axis of a tensor, as blocks of `inner` neighbouring elements.
struct Slices {
  const Tensor& data;
  int64_t blocks;
  int64_t extent;
  int64_t inner;

  int compare(int64_t a, int64_t b) const {
    for (int64_t block = 0; block < blocks; ++block)
      for (int64_t i = 0; i < inner; ++i) {
        const int64_t base = block * extent * inner + i;
        if (const int sign = compare_elements(data, base + a * inner, base + b * inner); sign != 0) return sign;
      }
    return 0;
  }
};

/// Slices that are equal, one list each with the first occurrence in front.
std::vector<std::vector<int64_t>> groups_of(const Slices& slices, bool sorted) {
  std::vector<int64_t> order(static_cast<size_t>(slices.extent));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::ranges::stable_sort(order, [&](int64_t a, int64_t b) { return slices.compare(a, b) < 0; });
  std::vector<std::vector<int64_t>> groups;
  for (const int64_t slice : order) {
    if (groups.empty() or slices.compare(groups.back().front(), slice) != 0) groups.emplace_back();
    groups.back().push_back(slice);
  }
  if (not sorted) std::ranges::sort(groups, {}, [](const std::vector<int64_t>& group) { return group.front(); });
  return groups;
}

void reference(const Unique& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  Dims dims = op.flat ? Dims{data.size()} : data.dims();
  const size_t axis = op.flat ? 0 : normalized_axis(op.axis, dims.size());
  const Slices slices{data, extent_product(dims, 0, axis), dims[axis], extent_product(dims, axis + 1, dims.size())};
  const auto groups = groups_of(slices, op.sorted);
  const auto count = static_cast<int64_t>(groups.size());
  dims[axis] = count;
  Tensor& out = context.allocate(0, data.dtype(), dims);
  std::vector<int64_t> firsts;
  std::vector<int64_t> inverse(static_cast<size_t>(slices.extent));
  std::vector<int64_t> counts;
  for (int64_t i = 0; i < count; ++i) {
    const std::vector<int64_t>& group = groups[static_cast<size_t>(i)];
    for (int64_t block = 0; block < slices.blocks; ++block)
      copy_run(out, (block * count + i) * slices.inner, data, (block * slices.extent + group.front()) * slices.inner, slices.inner);
    firsts.push_back(group.front());
    counts.push_back(static_cast<int64_t>(group.size()));
    for (const int64_t slice : group) inverse[static_cast<size_t>(slice)] = i;
  }
  const std::vector<int64_t>* lists[] = {&firsts, &inverse, &counts};
  for (size_t i = 1; i < context.output_count(); ++i)
    context.set_output(i, Tensor::of<int64_t>({static_cast<int64_t>(lists[i - 1]->size())}, std::span<const int64_t>(*lists[i - 1])));
}

Unique import(const ImportContext& context) {
  return {.flat = not context.has_attribute("axis"), .axis = context.int_or("axis", 0), .sorted = context.flag_or("sorted", true)};
}

}  // namespace

void register_unique(Registry& registry) {
  registry.add<Unique>({.name = "Unique",
                        .infer = infer,
                        .reference = reference,
                        .onnx = {{.name = "Unique", .since = 11, .import = import}},
                        .traits = Trait::data_dependent});
}

}  // namespace burnish::ops
