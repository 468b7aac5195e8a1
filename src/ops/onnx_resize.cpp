// The ONNX forms of Resize: Resize 10 (scales only), 11 and later, Upsample 1, 7 and 9.
#include "base/error.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"
#include "ops/resize.h"

namespace burnish::ops {
namespace {

template <class E>
E named(std::string_view attribute, const std::string& name) {
  for (size_t i = 0; i < EnumNames<E>::names.size(); ++i)
    if (EnumNames<E>::names[i] == name) return static_cast<E>(i);
  fail("the attribute `{}` has the unknown value `{}`", attribute, name);
}

ResizeMode mode_of(const ImportContext& context) {
  const std::string mode = context.string_or("mode", "nearest");
  return mode == "bilinear" ? ResizeMode::linear : named<ResizeMode>("mode", mode);
}

/// Before opset 11 there is one rule: output o reads o / scale, rounded down for nearest.
Resize old_rule(const ImportContext& context) {
  Resize op;
  op.mode = mode_of(context);
  op.coordinates = ResizeCoordinates::asymmetric;
  op.nearest = ResizeNearest::floor;
  return op;
}

void import_with_scales(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 2, 2);
  context.set_output(0, context.add(old_rule(context), {inputs[0], ValueId{}, inputs[1]}));
}

void add_upsample(ImportContext& context, const std::vector<double>& scales) {
  const std::vector<float> values(scales.begin(), scales.end());
  const ValueId constant = context.constant(Tensor::of<float>({static_cast<int64_t>(values.size())}, std::span<const float>(values)));
  context.set_output(0, context.add(old_rule(context), {required_inputs(context, 1, 1).front(), ValueId{}, constant}));
}

void import_upsample(ImportContext& context) {
  const auto scales = context.find_floats("scales");
  if (not scales) fail("the attribute `scales` is missing, but the operator needs it");
  add_upsample(context, *scales);
}

void import_oldest_upsample(ImportContext& context) {
  add_upsample(context, {1, 1, context.float_or("height_scale", 1), context.float_or("width_scale", 1)});
}

/// An empty tensor stands for an omitted input.
ValueId unless_empty(const ImportContext& context, size_t index) {
  if (not context.has_input(index)) return {};
  const ValueId input = context.input(index);
  return context.type(input).shape == Shape{0} ? ValueId{} : input;
}

void import_resize(ImportContext& context) {
  const Resize op{.mode = mode_of(context),
                  .coordinates = named<ResizeCoordinates>("coordinate_transformation_mode",
                                                          context.string_or("coordinate_transformation_mode", "half_pixel")),
                  .nearest = named<ResizeNearest>("nearest_mode", context.string_or("nearest_mode", "round_prefer_floor")),
                  .aspect = named<ResizeAspect>("keep_aspect_ratio_policy", context.string_or("keep_aspect_ratio_policy", "stretch")),
                  .cubic_a = context.float_or("cubic_coeff_a", -0.75),
                  .exclude_outside = context.flag_or("exclude_outside", false),
                  .antialias = context.flag_or("antialias", false),
                  .extrapolation = context.float_or("extrapolation_value", 0),
                  .axes = context.ints_or("axes", {})};
  std::vector<ValueId> inputs{required_inputs(context, 1, 4).front(), {}, unless_empty(context, 2), unless_empty(context, 3)};
  // Only cropping reads the region.
  if (op.coordinates == ResizeCoordinates::tf_crop_and_resize) inputs[1] = unless_empty(context, 1);
  // Some exporters fill in both; the sizes are the exact ones.
  if (inputs[3].valid()) inputs[2] = {};
  else inputs.pop_back();
  context.set_output(0, context.add(op, std::move(inputs)));
}

}  // namespace

void register_onnx_resize(Registry& registry) {
  registry.add_import("Upsample", 1, import_oldest_upsample);
  registry.add_import("Upsample", 7, import_upsample);
  registry.add_import("Upsample", 9, import_with_scales);
  registry.add_import("Resize", 10, import_with_scales);
  registry.add_import("Resize", 11, import_resize);
}

}  // namespace burnish::ops
