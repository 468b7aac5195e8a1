#include "backends/cpu/onednn/conv_geometry.h"

#include <algorithm>

namespace burnish::cpu::onednn {
namespace {

void lift(ConvGeometry& geometry) {
  geometry.lifted = true;
  geometry.weights.insert(geometry.weights.end() - 1, 1);
  geometry.strides.insert(geometry.strides.begin(), 1);
  for (auto* values : {&geometry.dilations, &geometry.pads_begin, &geometry.pads_end}) values->insert(values->begin(), 0);
}

}  // namespace

Dims ConvGeometry::seen(Dims dims) const {
  if (lifted) dims.insert(dims.end() - 1, 1);
  return dims;
}

std::optional<dnnl::memory::desc> ConvGeometry::memory(const Dims& dims, const Format& format) const {
  auto found = descriptor(dims, format);
  return found and lifted ? found->reshape(seen(dims)) : found;
}

bool ConvGeometry::padded() const {
  const auto some = [](int64_t pad) { return pad != 0; };
  return std::ranges::any_of(pads_begin, some) or std::ranges::any_of(pads_end, some);
}

ConvGeometry conv_geometry(const ops::Conv& conv, const OpRequest& request) {
  ConvGeometry geometry;
  geometry.source = request.dims(0);
  geometry.weights = request.dims(1);
  geometry.destination = request.output_dims();
  const ops::Window window = window_of(conv, request.inputs[0].type.shape, request.inputs[1].type.shape);
  const size_t spatial = window.strides.size();
  geometry.strides = window.strides;
  for (const int64_t dilation : window.dilations) geometry.dilations.push_back(dilation - 1);
  geometry.pads_begin.assign(window.pads.begin(), window.pads.begin() + static_cast<std::ptrdiff_t>(spatial));
  geometry.pads_end.assign(window.pads.begin() + static_cast<std::ptrdiff_t>(spatial), window.pads.end());
  geometry.flops = 2.0 * static_cast<double>(element_count(geometry.destination)) * static_cast<double>(element_count(geometry.weights)) /
                   static_cast<double>(geometry.weights[0]);
  if (conv.group > 1) {
    geometry.weights[0] /= conv.group;
    geometry.weights.insert(geometry.weights.begin(), conv.group);
  }
  if (spatial == 1 and geometry.depthwise()) lift(geometry);
  return geometry;
}

}  // namespace burnish::cpu::onednn
