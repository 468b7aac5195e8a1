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
Window resolved_window(std::span<const Dim> spatial, std::vector<int64_t> kernel, std::vector<int64_t> strides, std::vector<int64_t> dilations,
                       std::vector<int64_t> pads, AutoPad auto_pad, bool ceil_mode = false);

/// The output extents; Error where a window does not fit. With `ceil_mode` the last window must start inside input or begin padding.
std::vector<Dim> window_outputs(std::span<const Dim> spatial, const Window& window, bool ceil_mode);

}  // namespace burnish::ops
