// LayerNormalization and RMSNormalization: see normalization.h. Both work on rows, the axes from `axis` on.
#include <cmath>

#include "base/error.h"
#include "ops/axes.h"
#include "ops/normalization.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

struct Rows {
  int64_t count = 1;
  int64_t size = 1;
};

Rows rows_of(const Dims& dims, size_t axis) {
  Rows rows;
  for (size_t i = 0; i < dims.size(); ++i) (i < axis ? rows.count : rows.size) *= dims[i];
  return rows;
}

/// Scale and bias broadcast to the normalized axes (trailing axes of X).
void check_parameter(const InferContext& context, size_t index, size_t axis) {
  if (not context.has_input(index)) return;
  const Shape& data = context.shape(0);
  const Shape& parameter = context.shape(index);
  if (parameter.rank() > data.rank()) fail("input {} has rank {}, the data only {}", index, parameter.rank(), data.rank());
  const size_t missing = data.rank() - parameter.rank();
  for (size_t i = 0; i < parameter.rank(); ++i) {
    const auto extent = parameter[i].constant();
    const auto wanted = data[i + missing].constant();
    if (extent and *extent != 1 and ((wanted and *extent != *wanted) or i + missing < axis))
      fail("input {} {} does not broadcast to the normalized axes of {}", index, parameter.text(), data.text());
  }
}

/// A parameter may have leading axes of extent 1 that the row does not have.
Tensor drop_leading_ones(const Tensor& tensor, size_t rank) {
  Dims dims = tensor.dims();
  while (dims.size() > rank and dims.front() == 1) dims.erase(dims.begin());
  return tensor.reshaped(dims);
}

/// The parameter's value for every position of a row.
std::vector<double> row_parameter(const Tensor& parameter, const Dims& dims, size_t axis) {
  const Dims row(dims.begin() + static_cast<std::ptrdiff_t>(axis), dims.end());
  const Tensor spread = evaluate(Expr::single(ExprCode::cast, {parameter.dtype()}, DType::f64), {drop_leading_ones(parameter, row.size())}, row).front();
  return {spread.values<double>().begin(), spread.values<double>().end()};
}

template <class RowWork>
void for_each_row(EvalContext& context, int64_t asked_axis, Tensor& out, const RowWork& work) {
  const Tensor& x = context.input(0);
  const size_t axis = normalized_axis(asked_axis, x.rank());
  const Rows rows = rows_of(x.dims(), axis);
  const std::vector<double> scale = row_parameter(context.input(1), x.dims(), axis);
  const std::vector<double> bias = context.has_input(2) ? row_parameter(context.input(2), x.dims(), axis) : std::vector<double>(scale.size(), 0.0);
  std::vector<double> row(static_cast<size_t>(rows.size));
  for (int64_t r = 0; r < rows.count; ++r) {
    for (int64_t i = 0; i < rows.size; ++i) row[static_cast<size_t>(i)] = x.number(r * rows.size + i);
    const auto [mean, inverse] = work(r, row);
    for (size_t i = 0; i < row.size(); ++i)
      out.set_number(r * rows.size + static_cast<int64_t>(i), (row[i] - mean) * inverse * scale[i] + bias[i]);
  }
}

double mean_of(const std::vector<double>& row) {
  double sum = 0;
  for (const double x : row) sum += x;
  return sum / static_cast<double>(row.size());
}

double mean_square(const std::vector<double>& row, double center) {
  double sum = 0;
  for (const double x : row) sum += (x - center) * (x - center);
  return sum / static_cast<double>(row.size());
}

void infer_layer(const LayerNormalization& op, InferContext& context) {
  context.expect_inputs(2, 3);
  const Shape& x = context.shape(0);
  if (not is_floating(context.dtype(0))) fail("LayerNormalization computes floating types, not {}", name_of(context.dtype(0)));
  const size_t axis = context.axis(op.axis, x.rank());
  check_parameter(context, 1, axis);
  check_parameter(context, 2, axis);
  context.output(0, context.dtype(0), x);
  Shape moments = x;
  for (size_t i = axis; i < x.rank(); ++i) moments[i] = Dim(1);
  for (size_t i = 1; i < context.output_count(); ++i) context.output(i, DType::f32, moments);
}

void reference_layer(const LayerNormalization& op, EvalContext& context) {
  const Tensor& x = context.input(0);
  Tensor out = context.allocate(0, x.dtype(), x.dims());
  Dims dims = x.dims();
  for (size_t i = normalized_axis(op.axis, x.rank()); i < dims.size(); ++i) dims[i] = 1;
  for (size_t i = 1; i < context.output_count(); ++i) context.allocate(i, DType::f32, dims);
  std::vector<Tensor> moments(context.outputs().begin() + 1, context.outputs().end());
  for_each_row(context, op.axis, out, [&](int64_t r, const std::vector<double>& row) {
    const double mean = mean_of(row);
    const double inverse = 1 / std::sqrt(mean_square(row, mean) + op.epsilon);
    if (not moments.empty()) moments[0].set_number(r, mean);
    if (moments.size() > 1) moments[1].set_number(r, inverse);
    return std::pair(mean, inverse);
  });
}

void infer_rms(const RMSNormalization& op, InferContext& context) {
  context.expect_inputs(2, 2);
  if (not is_floating(context.dtype(0))) fail("RMSNormalization computes floating types, not {}", name_of(context.dtype(0)));
  check_parameter(context, 1, context.axis(op.axis, context.shape(0).rank()));
  context.output(0, context.dtype(0), context.shape(0));
}

void reference_rms(const RMSNormalization& op, EvalContext& context) {
  const Tensor& x = context.input(0);
  Tensor out = context.allocate(0, x.dtype(), x.dims());
  for_each_row(context, op.axis, out, [&](int64_t, const std::vector<double>& row) { return std::pair(0.0, 1 / std::sqrt(mean_square(row, 0) + op.epsilon)); });
}

LayerNormalization import_layer(const ImportContext& context) { return {.axis = context.int_or("axis", -1), .epsilon = context.float_or("epsilon", 1e-5)}; }
RMSNormalization import_rms(const ImportContext& context) { return {.axis = context.int_or("axis", -1), .epsilon = context.float_or("epsilon", 1e-5)}; }

}  // namespace

void register_layer_normalization(Registry& registry) {
  registry.add<LayerNormalization>(
      {.name = "LayerNormalization", .infer = infer_layer, .reference = reference_layer, .onnx = {{.name = "LayerNormalization", .since = 1, .import = import_layer}}});
  registry.add<RMSNormalization>(
      {.name = "RMSNormalization", .infer = infer_rms, .reference = reference_rms, .onnx = {{.name = "RMSNormalization", .since = 23, .import = import_rms}}});
}

}  // namespace burnish::ops
