// Pool: see the header.
#include "ops/pool.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

std::span<const Dim> spatial_of(const Pool& pool, const Shape& input) {
  if (input.rank() < 3) fail("the input has shape {}; pooling needs batch, channels and at least one spatial axis", input.text());
  if (pool.kernel.size() != input.rank() - 2)
    fail("the kernel has {} extents, but the input has shape {}", pool.kernel.size(), input.text());
  return input.axes().subspan(2);
}

Shape output_shape(const Pool& pool, const Shape& input) {
  Shape output{input[0], input[1]};
  for (Dim& dim :
       inferred_outputs(spatial_of(pool, input), pool.kernel, pool.strides, pool.dilations, pool.pads, pool.auto_pad, pool.ceil_mode))
    output.push_back(std::move(dim));
  return output;
}

void infer(const Pool& op, InferContext& context) {
  context.expect_inputs(1, 1);
  const DType dtype = context.dtype(0);
  const bool small_integer = dtype == DType::i8 or dtype == DType::u8;
  if (not is_floating(dtype) and not(op.kind == PoolKind::max and small_integer)) fail("this pooling does not compute {}", name_of(dtype));
  if (op.kind == PoolKind::lp and op.p < 1) fail("p is {}; it must be 1 or more", op.p);
  if (context.shape(0).rank() < 3)
    fail("the input has shape {}; pooling needs batch, channels and at least one spatial axis", context.shape(0).text());
  const Shape shape = output_shape(op, context.shape(0));
  context.output(0, dtype, shape);
  if (context.output_count() < 2) return;
  if (op.kind != PoolKind::max) fail("only a max pool has a second output");
  context.output(1, DType::i64, shape);
}

/// The kernel elements [first, last) of one window that lie inside [0, extent), where the window begins at `begin`.
struct KernelRange {
  int64_t begin;
  int64_t first;
  int64_t last;
};
KernelRange kernel_range(const WindowAxis& axis, int64_t output, int64_t low, int64_t high) {
  const int64_t begin = output * axis.stride - axis.pad_begin;
  const int64_t first = begin >= low ? 0 : (low - begin + axis.dilation - 1) / axis.dilation;
  const int64_t past = high - begin;
  const int64_t last = past <= 0 ? 0 : std::min(axis.kernel, (past + axis.dilation - 1) / axis.dilation);
  return {begin, std::min(first, last), last};
}

template <class T>
struct Plane {
  const WindowBox& box;
  const T* x;

  /// Calls visit(value, offset in the plane) for every element of output (d, h, w)'s window that lies inside.
  template <class Visit>
  void window(const std::array<int64_t, 3>& output, const Visit& visit) const {
    const auto& [depth, height, width] = box;
    const KernelRange planes = kernel_range(depth, output[0], 0, depth.input);
    const KernelRange rows = kernel_range(height, output[1], 0, height.input);
    const KernelRange columns = kernel_range(width, output[2], 0, width.input);
    for (int64_t d = planes.first; d < planes.last; ++d)
      for (int64_t h = rows.first; h < rows.last; ++h)
        for (int64_t w = columns.first; w < columns.last; ++w) {
          const int64_t offset = ((planes.begin + d * depth.dilation) * height.input + rows.begin + h * height.dilation) * width.input +
                                 columns.begin + w * width.dilation;
          visit(x[offset], offset);
        }
  }
};

/// What an average divides by: the elements inside, or also those on the padding.
int64_t divisor(const Pool& op, const WindowBox& box, const std::array<int64_t, 3>& output) {
  int64_t count = 1;
  for (size_t axis = 0; axis < 3; ++axis) {
    const WindowAxis& one = box[axis];
    const KernelRange range = op.count_include_pad ? kernel_range(one, output[axis], -one.pad_begin, one.input + one.pad_end)
                                                   : kernel_range(one, output[axis], 0, one.input);
    count *= range.last - range.first;
  }
  return count;
}

struct Largest {
  double value = 0;
  int64_t offset = -1;
};

template <class T>
Largest largest(const Plane<T>& plane, const std::array<int64_t, 3>& output) {
  Largest best;
  plane.window(output, [&](T value, int64_t offset) {
    if (best.offset < 0 or static_cast<double>(value) > best.value or (value != value)) best = {static_cast<double>(value), offset};
  });
  if (best.offset < 0) best = {static_cast<double>(std::numeric_limits<T>::lowest()), 0};
  return best;
}

template <class T>
double pooled(const Pool& op, const Plane<T>& plane, const std::array<int64_t, 3>& output) {
  double sum = 0;
  if (op.kind == PoolKind::average) {
    plane.window(output, [&](T value, int64_t) { sum += static_cast<double>(value); });
    const int64_t count = divisor(op, plane.box, output);
    return count == 0 ? 0 : sum / static_cast<double>(count);
  }
  const auto p = static_cast<double>(op.p);
  plane.window(output, [&](T value, int64_t) { sum += std::pow(std::fabs(static_cast<double>(value)), p); });
  return std::pow(sum, 1 / p);
}

/// The same element's offset with the first spatial axis running fastest.
int64_t column_major_offset(const WindowBox& box, int64_t offset) {
  const int64_t w = offset % box[2].input;
  const int64_t h = offset / box[2].input % box[1].input;
  const int64_t d = offset / box[2].input / box[1].input;
  return (w * box[1].input + h) * box[0].input + d;
}

template <class Visit>
void for_each_output(const WindowBox& box, const Visit& visit) {
  int64_t index = 0;
  for (int64_t d = 0; d < box[0].output; ++d)
    for (int64_t h = 0; h < box[1].output; ++h)
      for (int64_t w = 0; w < box[2].output; ++w) visit(std::array<int64_t, 3>{d, h, w}, index++);
}

template <class T>
void pool_planes(const Pool& op, const WindowBox& box, int64_t planes, const T* x, T* y, int64_t* indices) {
  const int64_t inputs = box[0].input * box[1].input * box[2].input;
  const int64_t outputs = box[0].output * box[1].output * box[2].output;
  parallel_for(planes, grain_for(outputs * box[0].kernel * box[1].kernel * box[2].kernel), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Plane<T> plane{box, x + i * inputs};
      for_each_output(box, [&](const std::array<int64_t, 3>& output, int64_t index) {
        if (op.kind != PoolKind::max) {
          y[i * outputs + index] = static_cast<T>(pooled(op, plane, output));
          return;
        }
        const Largest best = largest(plane, output);
        y[i * outputs + index] = static_cast<T>(best.value);
        if (indices != nullptr)
          indices[i * outputs + index] = i * inputs + (op.column_major ? column_major_offset(box, best.offset) : best.offset);
      });
    }
  });
}

void reference(const Pool& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const Shape shape(input.dims());
  const Dims dims = output_shape(op, shape).dims();
  const WindowBox box = window_box(std::span(input.dims()).subspan(2), std::span(dims).subspan(2), window_of(op, shape));
  Tensor& out = context.allocate(0, input.dtype(), dims);
  Tensor indices = context.output_count() > 1 ? Tensor(DType::i64, dims) : Tensor();
  with_numbers(input.dtype(), [&](auto type) {
    using T = decltype(type);
    const Numbers<T> x(input);
    NumbersOut<T> y(out);
    pool_planes(op, box, dims[0] * dims[1], x.data(), y.data(), indices.defined() ? indices.mutable_values<int64_t>().data() : nullptr);
    y.store();
  });
  if (indices.defined()) context.set_output(1, std::move(indices));
}

Pool import(const ImportContext& context, PoolKind kind) {
  return {.kind = kind,
          .kernel = context.require_ints("kernel_shape"),
          .strides = context.ints_or("strides", {}),
          .pads = context.ints_or("pads", {}),
          .dilations = context.ints_or("dilations", {}),
          .auto_pad = import_auto_pad(context),
          .ceil_mode = context.flag_or("ceil_mode", false)};
}

Pool import_max(const ImportContext& context) {
  Pool pool = import(context, PoolKind::max);
  pool.column_major = context.flag_or("storage_order", false);
  return pool;
}

Pool import_average(const ImportContext& context) {
  Pool pool = import(context, PoolKind::average);
  pool.count_include_pad = context.flag_or("count_include_pad", false);
  return pool;
}

Pool import_lp(const ImportContext& context) {
  Pool pool = import(context, PoolKind::lp);
  pool.p = context.int_or("p", 2);
  return pool;
}

/// Opset 1 has a fractional p.
Pool import_old_lp(const ImportContext& context) {
  Pool pool = import(context, PoolKind::lp);
  const double p = context.float_or("p", 2);
  if (p != std::floor(p) or p < 1 or p > 1000) fail_unsupported("LpPool with p = {}; it must be a whole number", p);
  pool.p = static_cast<int64_t>(p);
  return pool;
}

}  // namespace

Window window_of(const Pool& pool, const Shape& input) {
  return resolved_window(spatial_of(pool, input), pool.kernel, pool.strides, pool.dilations, pool.pads, pool.auto_pad, pool.ceil_mode);
}

void register_pool(Registry& registry) {
  registry.add<Pool>({.name = "Pool",
                      .infer = infer,
                      .reference = reference,
                      .onnx = {{.name = "MaxPool", .since = 1, .import = import_max},
                               {.name = "AveragePool", .since = 1, .import = import_average},
                               {.name = "LpPool", .since = 1, .import = import_old_lp},
                               {.name = "LpPool", .since = 2, .import = import_lp}}});
}

}  // namespace burnish::ops
