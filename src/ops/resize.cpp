// Resize: see the header. The reference interpolates one axis after another; nearest, linear and cubic weights come from one function each.
#include "ops/resize.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "ops/axes.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

/// One resized axis: how long it was and becomes, and the scale between.
struct AxisPlan {
  size_t axis = 0;
  int64_t in = 1, out = 1;
  double scale = 1;
  double roi_start = 0, roi_end = 1;
};

std::vector<size_t> axes_of(const Resize& op, size_t rank) {
  std::vector<size_t> axes;
  for (const int64_t axis : op.axes) axes.push_back(normalized_axis(axis, rank));
  for (size_t i = 0; op.axes.empty() and i < rank; ++i) axes.push_back(i);
  return axes;
}

/// Sizes as asked, adapted to the aspect policy. `scales` receives the scale of each axis.
std::vector<int64_t> sizes_by_policy(const Resize& op, const std::vector<int64_t>& in, std::vector<int64_t> sizes, std::vector<double>& scales) {
  scales.clear();
  for (size_t i = 0; i < sizes.size(); ++i) scales.push_back(static_cast<double>(sizes[i]) / static_cast<double>(std::max<int64_t>(1, in[i])));
  if (op.aspect == ResizeAspect::stretch or scales.empty()) return sizes;
  const double scale = op.aspect == ResizeAspect::not_larger ? *std::min_element(scales.begin(), scales.end()) : *std::max_element(scales.begin(), scales.end());
  for (size_t i = 0; i < sizes.size(); ++i) sizes[i] = static_cast<int64_t>(std::floor(scale * static_cast<double>(in[i]) + 0.5));
  scales.assign(sizes.size(), scale);
  return sizes;
}

std::vector<AxisPlan> plans_of(const Resize& op, const Dims& dims, const Tensor* roi, const Tensor* scales, const Tensor* sizes) {
  const std::vector<size_t> axes = axes_of(op, dims.size());
  std::vector<int64_t> in;
  for (const size_t axis : axes) in.push_back(dims[axis]);
  std::vector<double> factor;
  std::vector<int64_t> out;
  if (sizes != nullptr and sizes->size() > 0) {
    if (sizes->size() != static_cast<int64_t>(axes.size())) fail("Resize: {} sizes for {} axes", sizes->size(), axes.size());
    out = sizes_by_policy(op, in, sizes->integers(), factor);
  } else {
    if (scales == nullptr or scales->size() != static_cast<int64_t>(axes.size())) fail("Resize: {} scales for {} axes", scales == nullptr ? 0 : scales->size(), axes.size());
    for (size_t i = 0; i < axes.size(); ++i) {
      factor.push_back(scales->number(static_cast<int64_t>(i)));
      if (not(factor[i] > 0) or not std::isfinite(factor[i])) fail("Resize: scale {} of axis {} is not positive", factor[i], axes[i]);
      const bool crop = op.coordinates == ResizeCoordinates::tf_crop_and_resize and roi != nullptr;
      const double length = crop ? roi->number(static_cast<int64_t>(i + axes.size())) - roi->number(static_cast<int64_t>(i)) : 1;
      out.push_back(static_cast<int64_t>(std::floor(static_cast<double>(in[i]) * length * factor[i])));
    }
  }
  std::vector<AxisPlan> plans;
  for (size_t i = 0; i < axes.size(); ++i) {
    if (out[i] < 0 or out[i] > (int64_t{1} << 40)) fail("Resize: axis {} would have {} elements", axes[i], out[i]);
    AxisPlan plan{axes[i], in[i], out[i], factor[i], 0, 1};
    if (roi != nullptr and roi->size() == static_cast<int64_t>(2 * axes.size())) {
      plan.roi_start = roi->number(static_cast<int64_t>(i));
      plan.roi_end = roi->number(static_cast<int64_t>(i + axes.size()));
    }
    plans.push_back(plan);
  }
  return plans;
}

double position_of(const Resize& op, const AxisPlan& plan, int64_t at) {
  const auto x = static_cast<double>(at);
  const auto in = static_cast<double>(plan.in);
  const auto out = static_cast<double>(plan.out);
  switch (op.coordinates) {
    case ResizeCoordinates::half_pixel: return (x + 0.5) / plan.scale - 0.5;
    case ResizeCoordinates::half_pixel_symmetric: {
      const double adjustment = out / (plan.scale * in);
      return in / 2 * (1 - adjustment) + (x + 0.5) / plan.scale - 0.5;
    }
    case ResizeCoordinates::pytorch_half_pixel: return plan.out > 1 ? (x + 0.5) / plan.scale - 0.5 : 0;
    case ResizeCoordinates::align_corners: return plan.out > 1 ? x * (in - 1) / (out - 1) : 0;
    case ResizeCoordinates::asymmetric: return x / plan.scale;
    case ResizeCoordinates::tf_crop_and_resize:
      if (plan.out > 1) return plan.roi_start * (in - 1) + x * (plan.roi_end - plan.roi_start) * (in - 1) / (out - 1);
      return 0.5 * (plan.roi_start + plan.roi_end) * (in - 1);
    case ResizeCoordinates::tf_half_pixel_for_nn: return (x + 0.5) / plan.scale;
  }
  return x;
}

/// Weighted source positions of one output position; an empty list means the extrapolation value.
struct Taps {
  std::vector<int64_t> sources;
  std::vector<double> weights;
  bool outside = false;
};

double linear_weight(double distance) { return std::max(0.0, 1 - std::abs(distance)); }
double cubic_weight(double distance, double a) {
  const double d = std::abs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return 0;
}

int64_t nearest_source(ResizeNearest rule, double position) {
  switch (rule) {
    case ResizeNearest::round_prefer_floor: return static_cast<int64_t>(std::ceil(position - 0.5));
    case ResizeNearest::round_prefer_ceil: return static_cast<int64_t>(std::floor(position + 0.5));
    case ResizeNearest::floor: return static_cast<int64_t>(std::floor(position));
    case ResizeNearest::ceil: return static_cast<int64_t>(std::ceil(position));
  }
  return 0;
}

Taps taps_of(const Resize& op, const AxisPlan& plan, int64_t at) {
  Taps taps;
  const double position = position_of(op, plan, at);
  if (op.coordinates == ResizeCoordinates::tf_crop_and_resize and (position < 0 or position > static_cast<double>(plan.in - 1))) taps.outside = true;
  if (op.mode == ResizeMode::nearest) {
    taps.sources = {std::clamp<int64_t>(nearest_source(op.nearest, position), 0, plan.in - 1)};
    taps.weights = {1};
    return taps;
  }
  // Antialiasing widens the filter when the axis shrinks.
  const double shrink = op.antialias ? std::min(plan.scale, 1.0) : 1.0;
  const double reach = (op.mode == ResizeMode::cubic ? 2.0 : 1.0) / shrink;
  const auto first = static_cast<int64_t>(std::floor(position - reach)) + (op.antialias ? 0 : 1);
  const auto last = op.antialias ? static_cast<int64_t>(std::ceil(position + reach)) : static_cast<int64_t>(std::floor(position)) + static_cast<int64_t>(reach);
  double total = 0;
  for (int64_t source = first; source <= last; ++source) {
    const double distance = (static_cast<double>(source) - position) * shrink;
    double weight = op.mode == ResizeMode::cubic ? cubic_weight(distance, op.cubic_a) : linear_weight(distance);
    if (op.exclude_outside and (source < 0 or source >= plan.in)) weight = 0;
    if (weight == 0) continue;
    total += weight;
    taps.sources.push_back(std::clamp<int64_t>(source, 0, plan.in - 1));
    taps.weights.push_back(weight);
  }
  const bool normalizes = op.exclude_outside or op.antialias;
  for (double& weight : taps.weights)
    if (normalizes and total != 0) weight /= total;
  return taps;
}

/// Resizes one axis of a row-major array. Elements that read outside the region become `extrapolation`.
std::vector<double> resize_axis(const Resize& op, const AxisPlan& plan, const std::vector<double>& from, Dims& dims) {
  int64_t outer = 1, inner = 1;
  for (size_t i = 0; i < plan.axis; ++i) outer *= dims[i];
  for (size_t i = plan.axis + 1; i < dims.size(); ++i) inner *= dims[i];
  std::vector<double> to(static_cast<size_t>(outer * plan.out * inner));
  for (int64_t at = 0; at < plan.out; ++at) {
    const Taps taps = taps_of(op, plan, at);
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i) {
        double sum = 0;
        for (size_t t = 0; t < taps.sources.size(); ++t) sum += taps.weights[t] * from[static_cast<size_t>((o * plan.in + taps.sources[t]) * inner + i)];
        to[static_cast<size_t>((o * plan.out + at) * inner + i)] = sum;
      }
  }
  dims[plan.axis] = plan.out;
  return to;
}

/// Marks what tf_crop_and_resize reads outside of the input on any axis.
void extrapolate(const Resize& op, const std::vector<AxisPlan>& plans, const Dims& dims, std::vector<double>& values) {
  for (const AxisPlan& plan : plans) {
    int64_t inner = 1;
    for (size_t i = plan.axis + 1; i < dims.size(); ++i) inner *= dims[i];
    for (size_t i = 0; i < values.size(); ++i)
      if (taps_of(op, plan, static_cast<int64_t>(i) / inner % plan.out).outside) values[i] = op.extrapolation;
  }
}

const Tensor* tensor_or_null(const EvalContext& context, size_t index) { return context.has_input(index) ? &context.input(index) : nullptr; }

void reference(const Resize& op, EvalContext& context) {
  const Tensor& x = context.input(0);
  const std::vector<AxisPlan> plans = plans_of(op, x.dims(), tensor_or_null(context, 1), tensor_or_null(context, 2), tensor_or_null(context, 3));
  Dims dims = x.dims();
  for (const AxisPlan& plan : plans) dims[plan.axis] = plan.out;
  Tensor& out = context.allocate(0, x.dtype(), dims);
  if (out.size() == 0) return;
  if (x.size() == 0) fail("Resize of an empty tensor to {}", text_of(dims));
  std::vector<double> values(static_cast<size_t>(x.size()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = x.number(static_cast<int64_t>(i));
  Dims now = x.dims();
  for (const AxisPlan& plan : plans)
    if (plan.in != plan.out or plan.scale != 1 or op.coordinates == ResizeCoordinates::tf_crop_and_resize) values = resize_axis(op, plan, values, now);
  if (op.coordinates == ResizeCoordinates::tf_crop_and_resize) extrapolate(op, plans, dims, values);
  for (size_t i = 0; i < values.size(); ++i) out.set_number(static_cast<int64_t>(i), values[i]);
}

void infer(const Resize& op, InferContext& context) {
  context.expect_inputs(1, 4);
  const Shape& x = context.shape(0);
  const std::vector<size_t> axes = axes_of(op, x.rank());
  const bool by_sizes = context.has_input(3) and not(context.constant(3) != nullptr and context.constant(3)->size() == 0);
  Shape out = x;
  const bool known_input = x.is_static() and (by_sizes ? context.constant(3) : context.has_input(2) ? context.constant(2) : nullptr) != nullptr and
                           (not context.has_input(1) or context.constant(1) != nullptr);
  if (known_input) {
    for (const AxisPlan& plan : plans_of(op, x.dims(), context.constant(1), context.has_input(2) ? context.constant(2) : nullptr, by_sizes ? context.constant(3) : nullptr))
      out[plan.axis] = Dim(plan.out);
  } else if (const auto sizes = by_sizes ? context.values(3) : std::nullopt; sizes and op.aspect == ResizeAspect::stretch) {
    if (sizes->size() != axes.size()) fail("Resize: {} sizes for {} axes", sizes->size(), axes.size());
    for (size_t i = 0; i < axes.size(); ++i) out[axes[i]] = (*sizes)[i];
  } else {
    for (const size_t axis : axes) out[axis] = context.unknown_dim();
  }
  context.output(0, context.dtype(0), out);
}

template <class E>
E named(const ImportContext& context, std::string_view attribute, std::string_view otherwise, std::initializer_list<std::string_view> names) {
  const std::string value = context.string_or(attribute, std::string(otherwise));
  const auto found = std::find(names.begin(), names.end(), value);
  if (found == names.end()) fail("attribute `{}` has the unknown value `{}`", attribute, value);
  return static_cast<E>(found - names.begin());
}

Resize import_attributes(const ImportContext& context) {
  Resize op;
  op.mode = named<ResizeMode>(context, "mode", "nearest", {"nearest", "linear", "cubic"});
  op.coordinates = named<ResizeCoordinates>(context, "coordinate_transformation_mode", "half_pixel",
                                            {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize", "tf_half_pixel_for_nn"});
  op.nearest = named<ResizeNearest>(context, "nearest_mode", "round_prefer_floor", {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
  op.aspect = named<ResizeAspect>(context, "keep_aspect_ratio_policy", "stretch", {"stretch", "not_larger", "not_smaller"});
  op.cubic_a = context.float_or("cubic_coeff_a", -0.75);
  op.exclude_outside = context.flag_or("exclude_outside", false);
  op.antialias = context.flag_or("antialias", false);
  op.extrapolation = context.float_or("extrapolation_value", 0);
  op.axes = context.ints_or("axes", {});
  return op;
}

/// Opset 10 and Upsample: coordinates are at/scale, nearest rounds down, scales are the second input (or an attribute).
Resize old_attributes(const ImportContext& context) {
  Resize op;
  const std::string mode = context.string_or("mode", "nearest");
  if (mode != "nearest" and mode != "linear" and mode != "bilinear") fail("attribute `mode` has the unknown value `{}`", mode);
  op.mode = mode == "nearest" ? ResizeMode::nearest : ResizeMode::linear;
  op.coordinates = ResizeCoordinates::asymmetric;
  op.nearest = ResizeNearest::floor;
  return op;
}

void expand_10(ImportContext& context) { context.set_output(0, context.add(old_attributes(context), {context.input(0), ValueId{}, context.input(1)})); }

void expand_upsample_7(ImportContext& context) {
  const std::vector<double> scales = context.find_floats("scales").value_or(std::vector<double>());
  Tensor tensor(DType::f32, {static_cast<int64_t>(scales.size())});
  for (size_t i = 0; i < scales.size(); ++i) tensor.set_number(static_cast<int64_t>(i), scales[i]);
  context.set_output(0, context.add(old_attributes(context), {context.input(0), ValueId{}, context.constant(tensor)}));
}

}  // namespace

void register_resize(Registry& registry) {
  registry.add<Resize>({.name = "Resize",
                        .infer = infer,
                        .reference = reference,
                        .onnx = {{.name = "Resize", .since = 10, .expand = expand_10},
                                 {.name = "Resize", .since = 11, .import = import_attributes},
                                 {.name = "Upsample", .since = 7, .expand = expand_upsample_7},
                                 {.name = "Upsample", .since = 9, .expand = expand_10}}});
}

}  // namespace burnish::ops
