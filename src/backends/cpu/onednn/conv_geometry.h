// The sizes of a convolution as oneDNN states them. Shared by the tactics of floating and of integer convolutions.
#pragma once

#include "backends/cpu/onednn/onednn.h"
#include "ops/conv.h"

namespace burnish::cpu::onednn {

struct ConvGeometry {
  Dims source, weights, destination;  // weights with the groups as an axis of their own where there are several
  dnnl::memory::dims strides, dilations, pads_begin, pads_end;
  double flops = 0;

  bool grouped() const { return weights.size() > source.size(); }
  bool depthwise() const { return grouped() and weights[1] == 1 and weights[2] == 1; }
  bool padded() const;
};

/// For a request whose inputs 0 and 1 are input and weight.
ConvGeometry conv_geometry(const ops::Conv& conv, const OpRequest& request);

}  // namespace burnish::cpu::onednn
