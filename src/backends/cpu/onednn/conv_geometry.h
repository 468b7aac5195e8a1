// The sizes of a convolution as oneDNN states them. Shared by the tactics of floating and of integer convolutions. oneDNN has fast depthwise
// kernels for images only, so a depthwise convolution of signals is stated as one of images that are one element high.
#pragma once

#include "backends/cpu/onednn/onednn.h"
#include "ops/conv.h"

namespace burnish::cpu::onednn {

struct ConvGeometry {
  Dims source, weights, destination;  // weights with the groups as an axis of their own where there are several
  dnnl::memory::dims strides, dilations, pads_begin, pads_end;
  double flops = 0;
  bool lifted = false;  // signals as images: all but source and destination have the further axis already

  bool grouped() const { return weights.size() > source.size(); }
  bool depthwise() const { return grouped() and weights[1] == 1 and weights[2] == 1; }
  bool padded() const;
  /// A tensor of the request's rank as the primitive sees it.
  Dims seen(Dims dims) const;
  std::optional<dnnl::memory::desc> memory(const Dims& dims, const Format& format) const;
};

/// For a request whose inputs 0 and 1 are input and weight.
ConvGeometry conv_geometry(const ops::Conv& conv, const OpRequest& request);

}  // namespace burnish::cpu::onednn
