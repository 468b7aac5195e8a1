// Reduce: see the header.
#include "ops/reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"

namespace burnish::ops {
namespace {

/// Which axes go; nothing where they are not known yet.
std::optional<std::vector<bool>> known_axes(const Reduce& op, const InferContext& context) {
  const size_t rank = context.shape(0).rank();
  if (not context.has_input(1)) return std::vector<bool>(rank, not op.no_axes_is_identity);
  const auto axes = context.integers(1);
  if (not axes) return {};
  if (axes->empty()) return std::vector<bool>(rank, not op.no_axes_is_identity);
  return marked_axes(*axes, rank);
}

Shape reduced_shape(const Shape& shape, const std::vector<bool>& reduced, bool keep_dims) {
  Shape output;
  for (size_t axis = 0; axis < shape.rank(); ++axis) {
    if (not reduced[axis]) output.push_back(shape[axis]);
    if (reduced[axis] and keep_dims) output.push_back(1);
  }
  return output;
}

/// The rank is all that can be said where the axes come from the data.
Shape unknown_result(const Reduce& op, InferContext& context) {
  const size_t rank = context.shape(0).rank();
  if (op.keep_dims) return unknown_shape(context, rank);
  const auto count = known_length(context, 1);
  if (not count) fail_unsupported("the number of reduced axes is not known, so the result has no known rank; make the axes a constant");
  if (*count > rank) fail("{} axes are reduced, but the data has shape {}", *count, context.shape(0).text());
  return unknown_shape(context, *count == 0 and not op.no_axes_is_identity ? 0 : rank - *count);
}

std::optional<Dim> reduced_value(ReduceKind kind, const DimValues& values) {
  if (values.empty()) return {};
  Dim result = values.front();
  for (size_t i = 1; i < values.size(); ++i) switch (kind) {
      case ReduceKind::sum: result = result + values[i]; break;
      case ReduceKind::prod: result = result * values[i]; break;
      case ReduceKind::max: result = max(result, values[i]); break;
      case ReduceKind::min: result = min(result, values[i]); break;
      default: return {};
    }
  return kind > ReduceKind::prod or kind == ReduceKind::mean ? std::optional<Dim>() : result;
}

void check_type(const Reduce& op, DType dtype) {
  const bool orders = op.kind == ReduceKind::max or op.kind == ReduceKind::min;
  if (is_floating(dtype) or is_integer(dtype) or (orders and dtype == DType::boolean)) return;
  fail("this reduction does not compute {}", name_of(dtype));
}

void infer(const Reduce& op, InferContext& context) {
  context.expect_inputs(1, 2);
  check_type(op, context.dtype(0));
  if (context.has_input(1)) expect_index_vector(context, 1, "the axes", true);
  const auto reduced = known_axes(op, context);
  context.output(0, context.dtype(0), reduced ? reduced_shape(context.shape(0), *reduced, op.keep_dims) : unknown_result(op, context));
  const auto values = context.values(0);
  if (not values or not reduced or *reduced != std::vector<bool>{true}) return;
  if (const auto value = reduced_value(op.kind, *values)) propagate(context, 0, context.dtype(0), {*value});
}

/// The reduced axes as nested strides, visited from any first element.
struct ReducedBox {
  std::vector<int64_t> extents;
  std::vector<int64_t> strides;

  template <class Visit>
  void each(int64_t first, const Visit& visit, size_t depth = 0) const {
    if (depth == extents.size()) return visit(first);
    const int64_t stride = strides[depth];
    if (depth + 1 == extents.size()) {
      for (int64_t i = 0; i < extents[depth]; ++i) visit(first + i * stride);
      return;
    }
    for (int64_t i = 0; i < extents[depth]; ++i) each(first + i * stride, visit, depth + 1);
  }
};

template <class T>
double reduced_number(ReduceKind kind, const T* x, const ReducedBox& box, int64_t first, int64_t count) {
  double result = 0;
  const auto sum = [&](const auto& term) { box.each(first, [&](int64_t i) { result += term(static_cast<double>(x[i])); }); };
  const auto extreme = [&](double start, const auto& better) {
    result = start;
    box.each(first, [&](int64_t i) {
      const auto value = static_cast<double>(x[i]);
      if (better(value, result) or std::isnan(value)) result = value;
    });
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  switch (kind) {
    case ReduceKind::sum:
    case ReduceKind::mean:
    case ReduceKind::log_sum: sum([](double value) { return value; }); break;
    case ReduceKind::max: extreme(-infinity, std::greater<>()); break;
    case ReduceKind::min: extreme(infinity, std::less<>()); break;
    case ReduceKind::l1: sum([](double value) { return std::fabs(value); }); break;
    case ReduceKind::l2:
    case ReduceKind::sum_square: sum([](double value) { return value * value; }); break;
    case ReduceKind::prod:
      result = 1;
      box.each(first, [&](int64_t i) { result *= static_cast<double>(x[i]); });
      break;
    case ReduceKind::log_sum_exp: {
      extreme(-infinity, std::greater<>());
      const double largest = std::isinf(result) ? 0 : result;
      result = 0;
      sum([&](double value) { return std::exp(value - largest); });
      return std::log(result) + largest;
    }
  }
  if (kind == ReduceKind::mean) return result / static_cast<double>(count);
  if (kind == ReduceKind::log_sum) return std::log(result);
  return kind == ReduceKind::l2 ? std::sqrt(result) : result;
}

/// Exact, wrapping integers for the kinds that stay within them.
template <class T>
T reduced_integer(ReduceKind kind, const T* x, const ReducedBox& box, int64_t first, int64_t count, bool boolean) {
  uint64_t wrapping = kind == ReduceKind::prod ? 1 : 0;
  T best = kind == ReduceKind::max ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
  if (boolean) best = kind == ReduceKind::max ? 0 : 1;
  box.each(first, [&](int64_t i) {
    const auto bits = static_cast<uint64_t>(x[i]);
    switch (kind) {
      case ReduceKind::max: best = std::max(best, x[i]); break;
      case ReduceKind::min: best = std::min(best, x[i]); break;
      case ReduceKind::prod: wrapping *= bits; break;
      case ReduceKind::sum_square: wrapping += bits * bits; break;
      case ReduceKind::l1: wrapping += std::is_signed_v<T> and x[i] < 0 ? uint64_t{0} - bits : bits; break;
      default: wrapping += bits;
    }
  });
  if (kind == ReduceKind::max or kind == ReduceKind::min) return best;
  const T sum = static_cast<T>(wrapping);
  return kind == ReduceKind::mean ? (count == 0 ? T{0} : static_cast<T>(sum / static_cast<T>(count))) : sum;
}

std::vector<bool> axes_of(const Reduce& op, const EvalContext& context) {
  const size_t rank = context.input(0).rank();
  if (not context.has_input(1) or context.input(1).size() == 0) return std::vector<bool>(rank, not op.no_axes_is_identity);
  return marked_axes(context.input(1).integers(), rank);
}

/// The largest and smallest values of an integer type, where an empty reduction asks for them.
int64_t empty_extreme(DType dtype, bool largest) {
  Tensor one(dtype, {1});
  one.set_number(0, largest ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity());
  return one.integer(0);
}

template <class T>
void reduce_all(const Reduce& op, DType dtype, const T* x, T* y, const std::vector<int64_t>& firsts, const ReducedBox& box, int64_t count) {
  const bool in_integers =
      std::is_integral_v<T> and op.kind != ReduceKind::l2 and op.kind != ReduceKind::log_sum and op.kind != ReduceKind::log_sum_exp;
  parallel_for(static_cast<int64_t>(firsts.size()), grain_for(count * 2), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = firsts[static_cast<size_t>(i)];
      if constexpr (std::is_integral_v<T>) {
        if (in_integers) {
          y[i] = reduced_integer(op.kind, x, box, first, count, dtype == DType::boolean);
          continue;
        }
      }
      y[i] = static_cast<T>(reduced_number(op.kind, x, box, first, count));
    }
  });
}

void reference(const Reduce& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const std::vector<bool> reduced = axes_of(op, context);
  if (std::ranges::find(reduced, true) == reduced.end() and op.no_axes_is_identity) return context.set_output(0, data);
  const Dims strides = row_major_strides(data.dims());
  ReducedBox box;
  ReducedBox kept;
  for (size_t axis = 0; axis < reduced.size(); ++axis) {
    ReducedBox& to = reduced[axis] ? box : kept;
    to.extents.push_back(data.dim(axis));
    to.strides.push_back(strides[axis]);
  }
  std::vector<int64_t> firsts;
  kept.each(0, [&](int64_t first) { firsts.push_back(first); });
  const int64_t count = element_count(box.extents);
  Tensor& out = context.allocate(0, data.dtype(), reduced_shape(Shape(data.dims()), reduced, op.keep_dims).dims());
  const bool extreme = op.kind == ReduceKind::max or op.kind == ReduceKind::min;
  if (count == 0 and extreme and is_integer(data.dtype())) {
    for (int64_t i = 0; i < out.size(); ++i) out.set_integer(i, empty_extreme(data.dtype(), op.kind == ReduceKind::min));
    return;
  }
  with_numbers(data.dtype(), [&](auto type) {
    using T = decltype(type);
    const Numbers<T> x(data);
    NumbersOut<T> y(out);
    reduce_all(op, data.dtype(), x.data(), y.data(), firsts, box, count);
    y.store();
  });
}

struct OnnxName {
  std::string_view name;
  ReduceKind kind;
};
constexpr OnnxName onnx_names[] = {{"ReduceSum", ReduceKind::sum},
                                   {"ReduceMean", ReduceKind::mean},
                                   {"ReduceMax", ReduceKind::max},
                                   {"ReduceMin", ReduceKind::min},
                                   {"ReduceProd", ReduceKind::prod},
                                   {"ReduceL1", ReduceKind::l1},
                                   {"ReduceL2", ReduceKind::l2},
                                   {"ReduceLogSum", ReduceKind::log_sum},
                                   {"ReduceLogSumExp", ReduceKind::log_sum_exp},
                                   {"ReduceSumSquare", ReduceKind::sum_square}};

/// The axes are an attribute in old opsets and an input later; one look serves both.
void import(ReduceKind kind, ImportContext& context) {
  const Reduce reduce{
      .kind = kind, .keep_dims = context.flag_or("keepdims", true), .no_axes_is_identity = context.flag_or("noop_with_empty_axes", false)};
  required_inputs(context, 1, 2);
  context.set_output(0, context.add(reduce, inputs_with_ints(context, "axes", 1)));
}

/// All spatial axes, of which there must be one at least.
ValueId spatial_axes(ImportContext& context) {
  const Shape& shape = context.type(required_inputs(context, 1, 1).front()).shape;
  if (shape.rank() < 3) fail("the input has shape {}; a global pool needs batch, channels and at least one spatial axis", shape.text());
  std::vector<int64_t> axes(shape.rank() - 2);
  std::iota(axes.begin(), axes.end(), int64_t{2});
  return context.constant_i64(std::move(axes));
}

void import_global(ReduceKind kind, ImportContext& context) {
  const ValueId axes = spatial_axes(context);
  context.set_output(0, context.add(Reduce{.kind = kind}, {context.input(0), axes}));
}

void import_global_lp(ImportContext& context) {
  const double p = context.opset() < 2 ? context.float_or("p", 2) : static_cast<double>(context.int_or("p", 2));
  if (p == 1 or p == 2) return import_global(p == 1 ? ReduceKind::l1 : ReduceKind::l2, context);
  if (not(p > 0)) fail("p is {}; it must be positive", p);
  const ValueId axes = spatial_axes(context);
  const ValueId powers = add_pointwise(context, ExprCode::pow, add_pointwise(context, ExprCode::abs, {context.input(0)}), p);
  context.set_output(0, add_pointwise(context, ExprCode::pow, context.add(Reduce{.kind = ReduceKind::sum}, {powers, axes}), 1 / p));
}

}  // namespace

void register_reduce(Registry& registry) {
  registry.add<Reduce>({.name = "Reduce", .infer = infer, .reference = reference, .onnx = {}});
  for (const OnnxName& one : onnx_names)
    registry.add_import(one.name, 1, [kind = one.kind](ImportContext& context) { import(kind, context); });
  registry.add_import("GlobalAveragePool", 1, [](ImportContext& context) { import_global(ReduceKind::mean, context); });
  registry.add_import("GlobalMaxPool", 1, [](ImportContext& context) { import_global(ReduceKind::max, context); });
  registry.add_import("GlobalLpPool", 1, import_global_lp);
}

}  // namespace burnish::ops
