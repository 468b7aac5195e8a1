// Resize by oneDNN's resampling, where its rule for coordinates gives what ONNX asks for: checked element by element along each axis.
#include "ops/resize.h"

#include <algorithm>
#include <cmath>

#include "backends/cpu/onednn/one_input.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using namespace onednn;

/// The scale of every axis; nothing where it is not known when building.
std::optional<std::vector<double>> scales_of(const OpRequest& request) {
  const auto& resize = *request.op.as<ops::Resize>();
  const Dims in = request.dims(0);
  const Dims out = request.output_dims();
  std::vector<double> scales;
  for (size_t i = 0; i < in.size(); ++i) scales.push_back(static_cast<double>(out[i]) / static_cast<double>(in[i]));
  if (request.anchor_inputs < 3 or not request.inputs[2].present or element_count(request.dims(2)) == 0) return scales;
  const auto& given = request.inputs[2].constant;
  if (given == nullptr) return {};
  for (int64_t i = 0; i < given->size(); ++i) {
    const int64_t named = resize.axes.empty() ? i : resize.axes.at(static_cast<size_t>(i));
    scales.at(static_cast<size_t>(named < 0 ? named + static_cast<int64_t>(in.size()) : named)) = given->number(i);
  }
  return scales;
}

struct Axis {
  int64_t in = 1, out = 1;
  double scale = 1;
};

/// Where output element `o` lies in the input; NaN for rules that are not about extents alone.
double onnx_coordinate(ops::ResizeCoordinates rule, const Axis& axis, int64_t o) {
  using ops::ResizeCoordinates;
  const auto at = static_cast<double>(o);
  switch (rule) {
    case ResizeCoordinates::half_pixel: return (at + 0.5) / axis.scale - 0.5;
    case ResizeCoordinates::pytorch_half_pixel: return axis.out > 1 ? (at + 0.5) / axis.scale - 0.5 : 0;
    case ResizeCoordinates::asymmetric: return at / axis.scale;
    case ResizeCoordinates::align_corners:  // ONNX does not round the size here
      return axis.out > 1 ? at * static_cast<double>(axis.in - 1) / (static_cast<double>(axis.in) * axis.scale - 1) : 0;
    case ResizeCoordinates::tf_half_pixel_for_nn: return (at + 0.5) / axis.scale;
    default: return std::nan("");
  }
}

double onnx_nearest(ops::ResizeNearest rule, double coordinate) {
  switch (rule) {
    case ops::ResizeNearest::floor: return std::floor(coordinate);
    case ops::ResizeNearest::ceil: return std::ceil(coordinate);
    case ops::ResizeNearest::round_prefer_floor: return std::ceil(coordinate - 0.5);
    case ops::ResizeNearest::round_prefer_ceil: return std::floor(coordinate + 0.5);
  }
  return coordinate;
}

constexpr double tolerance = 1e-4;

double onednn_coordinate(const Axis& axis, int64_t o) {
  return (static_cast<double>(o) + 0.5) * static_cast<double>(axis.in) / static_cast<double>(axis.out) - 0.5;
}

bool same_nearest(const ops::Resize& resize, const Axis& axis) {
  for (int64_t o = 0; o < axis.out; ++o) {
    const double theirs = onednn_coordinate(axis, o);
    if (std::abs(std::abs(theirs - std::floor(theirs)) - 0.5) < tolerance)
      return false;  // a tie, which its implementations break differently
    const double ours = onnx_coordinate(resize.coordinates, axis, o);
    const double limit = static_cast<double>(axis.in - 1);
    if (std::isnan(ours) or std::clamp(onnx_nearest(resize.nearest, ours), 0.0, limit) != std::clamp(std::round(theirs), 0.0, limit))
      return false;
  }
  return true;
}

bool same_linear(const ops::Resize& resize, const Axis& axis) {
  for (int64_t o = 0; o < axis.out; ++o) {
    const double limit = static_cast<double>(axis.in - 1);
    const double ours = onnx_coordinate(resize.coordinates, axis, o);
    if (std::isnan(ours) or std::abs(std::clamp(ours, 0.0, limit) - std::clamp(onednn_coordinate(axis, o), 0.0, limit)) > tolerance)
      return false;
  }
  return true;
}

class OnednnResize final : public OneInputTactic {
 public:
  std::string_view id() const override { return "cpu.onednn.resize"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* resize = request.op.as<ops::Resize>();
    if (resize == nullptr) return Verdict::no("not a resize");
    if (resize->mode == ops::ResizeMode::cubic) return Verdict::no("oneDNN has no cubic interpolation");
    if (resize->antialias) return Verdict::no("oneDNN has no antialiasing");
    const Dims in = request.dims(0);
    const Dims out = request.output_dims();
    if (in.size() < 3 or in.size() > 5) return Verdict::no("not one to three spatial axes");
    if (in[0] != out[0] or in[1] != out[1]) return Verdict::no("batch or channels change");
    const auto scales = scales_of(request);
    if (not scales) return Verdict::no("the scales are not constant");
    for (size_t i = 2; i < in.size(); ++i) {
      const Axis axis{in[i], out[i], scales->at(i)};
      if (resize->mode == ops::ResizeMode::nearest ? not same_nearest(*resize, axis) : not same_linear(*resize, axis))
        return Verdict::no("oneDNN takes other coordinates");
    }
    return supports_data(request);
  }

 protected:
  std::optional<OneInputPlan> plan(const OpRequest& request, const Format& source, const Format& destination) const override {
    OneInputPlan plan;
    const auto attributes = with_epilogue(plan, request, destination);
    const auto source_memory = descriptor(request.dims(0), source);
    const auto destination_memory = descriptor(request.output_dims(), destination);
    if (not attributes or not source_memory or not destination_memory) return {};
    const bool nearest = request.op.as<ops::Resize>()->mode == ops::ResizeMode::nearest;
    const auto algorithm = nearest ? dnnl::algorithm::resampling_nearest : dnnl::algorithm::resampling_linear;
    const dnnl::resampling_forward::primitive_desc found(engine(), dnnl::prop_kind::forward_inference, algorithm, *source_memory,
                                                         *destination_memory, *attributes, true);
    if (not found) return {};
    plan.descriptor = found;
    plan.flops = (nearest ? 10.0 : 100.0) * static_cast<double>(element_count(request.output_dims()));
    return plan;
  }
};

}  // namespace

void register_onednn_resize(tactics::Registry& registry) { registry.add(std::make_unique<OnednnResize>()); }

}  // namespace burnish::cpu
