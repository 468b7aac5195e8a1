// Helpers of the operators that own bodies.
#include "ops/regions.h"

#include <algorithm>

#include "base/error.h"
#include "ops/containers.h"
#include "ops/elements.h"

namespace burnish::ops {
namespace {

bool mentions(const Shape& shape, const std::string& symbol) {
  return std::ranges::any_of(shape.axes(), [&](const Dim& dim) { return std::ranges::count(dim.symbols(), symbol) > 0; });
}

bool enters(const Graph& body, const std::string& symbol) {
  return std::ranges::any_of(body.inputs(), [&](ValueId input) { return mentions(body.type(input).shape, symbol); });
}

bool stands_in_inputs(const InferContext& context, const std::string& symbol) {
  for (size_t i = 0; i < context.input_count(); ++i)
    if (context.has_input(i) and mentions(context.shape(i), symbol)) return true;
  return false;
}

}  // namespace

const TensorType& result_type(const Graph& body, size_t output) { return body.type(body.outputs()[output]); }

bool known_outside(const InferContext& context, const Graph& body, const Dim& dim) {
  return std::ranges::all_of(dim.symbols(),
                             [&](const std::string& symbol) { return enters(body, symbol) and stands_in_inputs(context, symbol); });
}

Shape outside_shape(InferContext& context, const Graph& body, const Shape& shape) {
  Shape outside;
  for (const Dim& dim : shape) outside.push_back(known_outside(context, body, dim) ? dim : context.unknown_dim());
  return outside;
}

TensorType outside_type(InferContext& context, const Graph& body, const TensorType& type) {
  if (type.kind != ValueKind::tensor) return with_fresh_sizes(context, type);
  TensorType outside = type;
  outside.shape = outside_shape(context, body, type.shape);
  return outside;
}

void expect_regions(const InferContext& context, size_t count) {
  if (context.regions().size() != count) fail("the operator needs {} bodies, but has {}", count, context.regions().size());
}

void expect_body_inputs(const InferContext& context, const Graph& body, size_t from, size_t to, size_t first, std::string_view name) {
  for (size_t i = from; i < to; ++i) {
    const TensorType& inner = body.type(body.inputs()[i]);
    const TensorType& outer = context.input(first + i - from);
    const bool same_rank = inner.known != Known::shape or outer.known != Known::shape or inner.shape.rank() == outer.shape.rank();
    if (inner.dtype == outer.dtype and inner.kind == outer.kind and same_rank) continue;
    fail("input {} of {} is {}, but gets {}", i, name, inner.text(), outer.text());
  }
}

Tensor stacked(const std::vector<Tensor>& slices, size_t axis, bool reversed, const TensorType& empty) {
  if (axis > empty.shape.rank()) fail("slices of shape {} cannot be stacked along axis {}", empty.shape.text(), axis);
  Dims dims;
  if (slices.empty()) {
    for (const Dim& dim : empty.shape) dims.push_back(dim.constant().value_or(0));
  } else {
    dims = slices.front().dims();
  }
  const int64_t blocks = extent_product(dims, 0, axis);
  const int64_t inner = extent_product(dims, axis, dims.size());
  const auto count = static_cast<int64_t>(slices.size());
  const Dims slice_dims = dims;
  dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(axis), count);
  Tensor out = Tensor::uninitialized(empty.dtype, dims);
  for (int64_t i = 0; i < count; ++i) {
    const Tensor& slice = slices[static_cast<size_t>(i)];
    if (slice.dims() != slice_dims)
      fail("an iteration gave a slice of {}, but the first one {}", text_of(slice.dims()), text_of(slice_dims));
    const int64_t place = reversed ? count - 1 - i : i;
    for (int64_t block = 0; block < blocks; ++block) copy_run(out, (block * count + place) * inner, slice, block * inner, inner);
  }
  return out;
}

Tensor slice_at(const Tensor& tensor, size_t axis, int64_t index) {
  Dims dims = tensor.dims();
  const int64_t extent = dims[axis];
  const int64_t blocks = extent_product(dims, 0, axis);
  const int64_t inner = extent_product(dims, axis + 1, dims.size());
  dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(axis));
  Tensor out = Tensor::uninitialized(tensor.dtype(), dims);
  for (int64_t block = 0; block < blocks; ++block) copy_run(out, block * inner, tensor, (block * extent + index) * inner, inner);
  return out;
}

void add_with_bodies(ImportContext& context, Op op, std::vector<ValueId> inputs, std::vector<ImportedRegion> bodies) {
  std::vector<Graph> regions;
  for (ImportedRegion& body : bodies) {
    inputs.insert(inputs.end(), body.captured.begin(), body.captured.end());
    regions.push_back(std::move(body.graph));
  }
  const auto made = context.add(std::move(op), std::move(inputs), context.output_count(), std::move(regions));
  for (size_t i = 0; i < made.size(); ++i) context.set_output(i, made[i]);
}

std::vector<ValueId> inlined(ImportContext& context, const ImportedRegion& region, std::vector<ValueId> inputs) {
  inputs.insert(inputs.end(), region.captured.begin(), region.captured.end());
  const Graph& body = region.graph;
  if (inputs.size() != body.inputs().size()) fail("the body takes {} inputs, but gets {}", body.inputs().size(), inputs.size());
  std::vector<ValueId> here(body.value_count());
  for (size_t i = 0; i < inputs.size(); ++i) here[body.inputs()[i].index] = inputs[i];
  const auto value_of = [&](ValueId id) {
    if (not id.valid()) return id;
    ValueId& known = here[id.index];
    if (not known.valid() and body.constant(id) != nullptr) known = context.constant(*body.constant(id));
    return known;
  };
  for (const NodeId id : body.order()) {
    const Node& node = body.node(id);
    std::vector<ValueId> arguments;
    for (const ValueId input : node.inputs) arguments.push_back(value_of(input));
    const auto made = context.add(node.op, std::move(arguments), node.outputs.size(), node.regions);
    for (size_t i = 0; i < made.size(); ++i) here[node.outputs[i].index] = made[i];
  }
  std::vector<ValueId> results;
  for (const ValueId output : body.outputs()) results.push_back(value_of(output));
  return results;
}

}  // namespace burnish::ops
