// What the convolutions share: Conv, and its integer and quantized forms, which carry a Conv with the same attributes.
// Called by their inference, reference evaluation and import; everything about an untrusted shape is checked here.
#pragma once

#include "ops/conv.h"
#include "ops/convolve.h"
#include "ops/import.h"

namespace burnish::ops {

/// ONNX's attributes; without `kernel_shape`, which the weight repeats (checked here where the weight's shape is known).
Conv import_convolution(const ImportContext& context);

/// The output's shape; Error where input, weight and attributes do not fit.
Shape convolution_output(const Conv& conv, const Shape& input, const Shape& weight);

/// Error unless the bias is [filters].
void check_convolution_bias(const Shape& bias, const Dim& filters);

/// The loops for static dims; Error where they do not fit.
Convolution convolution_of(const Conv& conv, const Dims& input, const Dims& weight);

}  // namespace burnish::ops
