// Sliding windows, shared by convolution and pooling: automatic padding, output extents, and their validation.
// Called by inference, reference evaluation and tactics. Pads are listed as in ONNX: all begins, then all ends.
#pragma once

#include "ops/fields.h"
#include "tensor/shape.h"

namespace burnish::ops {

enum class AutoPad : uint8_t { explicit_pads, same_upper, same_lower, valid };
template <>
struct EnumNames<AutoPad> {
  static constexpr std::array<std::string_view, 4> names{"explicit", "same_upper", "same_lower", "valid"};
};

class ImportContext;

/// ONNX's `auto_pad` attribute; throws Error on an unknown value.
AutoPad import_auto_pad(const ImportContext& context);

/// One window per spatial axis, all vectors of that length except `pads` (twice).
struct Window {
  std::vector<int64_t> kernel;
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
  std::vector<int64_t> pads;
};

/// Fills in defaults, resolves automatic padding for static `spatial` extents (Error where it needs a symbolic one), validates signs and
/// lengths. `spatial` holds the input's spatial dimensions.
Window resolved_window(std::span<const Dim> spatial, std::vector<int64_t> kernel, std::vector<int64_t> strides,
                       std::vector<int64_t> dilations, std::vector<int64_t> pads, AutoPad auto_pad, bool ceil_mode = false);

/// The output extents; Error where a window does not fit. With `ceil_mode` the last window must start inside input or begin padding.
std::vector<Dim> window_outputs(std::span<const Dim> spatial, const Window& window, bool ceil_mode);

/// The output extents where automatic padding may also meet symbolic ones: what inference uses.
std::vector<Dim> inferred_outputs(std::span<const Dim> spatial, std::vector<int64_t> kernel, std::vector<int64_t> strides,
                                  std::vector<int64_t> dilations, std::vector<int64_t> pads, AutoPad auto_pad, bool ceil_mode);

/// One spatial axis as loops over it see it: output o reads inputs o * stride - pad_begin + k * dilation for k < kernel.
struct WindowAxis {
  int64_t input = 1;
  int64_t output = 1;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t pad_begin = 0;
  int64_t pad_end = 0;
};
/// Always three axes, so that one nest of loops serves all ranks; the missing leading ones have extent 1.
using WindowBox = std::array<WindowAxis, 3>;
/// Error on more than three spatial axes.
WindowBox window_box(std::span<const int64_t> spatial, std::span<const int64_t> outputs, const Window& window);

}  // namespace burnish::ops
