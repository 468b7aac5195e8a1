// OneHot: see the header.
#include "ops/one_hot.h"

#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

int64_t whole_number(const Tensor& tensor, int64_t index) {
  if (not is_floating(tensor.dtype())) return tensor.integer(index);
  const double number = tensor.number(index);
  constexpr double most = 9e15;
  if (not(number >= -most and number <= most)) fail("{} is no index", number);
  return static_cast<int64_t>(number);
}

int64_t depth_of(const Tensor& depth) {
  if (depth.size() != 1) fail("the depth must hold one element, but has shape {}", text_of(depth.dims()));
  const int64_t value = whole_number(depth, 0);
  if (value < 0) fail("the depth of OneHot is {}", value);
  return value;
}

Dim known_depth(InferContext& context) {
  if (const Tensor* depth = context.constant(1)) return depth_of(*depth);
  const auto values = context.values(1);
  return values and values->size() == 1 ? values->front() : context.unknown_dim();
}

void expect_numbers(const InferContext& context, size_t index, std::string_view name) {
  const DType dtype = context.dtype(index);
  if (not is_floating(dtype) and not is_integer(dtype)) fail("{} must be numbers, but input {} is {}", name, index, name_of(dtype));
}

void infer(const OneHot& op, InferContext& context) {
  context.expect_inputs(3, 3);
  expect_numbers(context, 0, "the indices");
  expect_numbers(context, 1, "the depth");
  expect_one_element(context, 1, "the depth");
  context.expect_rank(2, 1);
  if (context.shape(2)[0].constant().value_or(2) != 2)
    fail("the values must be two, off and on, but input 2 has shape {}", context.shape(2).text());
  const Shape& indices = context.shape(0);
  const size_t axis = context.axis(op.axis, indices.rank() + 1);
  const Shape shape = indices.replaced(axis, 0, Shape{known_depth(context)});
  check_extents(shape);
  context.output(0, context.dtype(2), shape);
}

void reference(const OneHot& op, EvalContext& context) {
  const Tensor& indices = context.input(0);
  const Tensor& values = context.input(2);
  if (values.size() != 2) fail("the values must be two, off and on");
  const size_t axis = normalized_axis(op.axis, indices.rank() + 1);
  const int64_t depth = depth_of(context.input(1));
  const Dims dims = Shape(indices.dims()).replaced(axis, 0, Shape{Dim(depth)}).dims();
  const int64_t inner = extent_product(indices.dims(), axis, indices.rank());
  Tensor& out = context.allocate(0, values.dtype(), dims);
  fill_run(out, 0, out.size(), values, 0);
  for (int64_t i = 0; i < indices.size(); ++i) {
    int64_t index = whole_number(indices, i);
    index += index < 0 ? depth : 0;
    if (index >= 0 and index < depth) copy_run(out, (i / inner * depth + index) * inner + i % inner, values, 1, 1);
  }
}

OneHot import(const ImportContext& context) { return {.axis = context.int_or("axis", -1)}; }

}  // namespace

void register_one_hot(Registry& registry) {
  registry.add<OneHot>(
      {.name = "OneHot", .infer = infer, .reference = reference, .onnx = {{.name = "OneHot", .since = 9, .import = import}}});
}

}  // namespace burnish::ops
