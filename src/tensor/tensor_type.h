// What the compiler knows of a value: element type, shape, and, after assignment only, its memory layout.
// It holds no data. Public interfaces show it as dtype and dims.
#pragma once

#include <optional>
#include <string>

#include "burnish/dtype.h"
#include "tensor/layout.h"
#include "tensor/shape.h"

namespace burnish {

struct TensorType {
  DType dtype = DType::f32;
  Shape shape;
  std::optional<Layout> layout;

  bool operator==(const TensorType&) const = default;
  std::string text() const;  // "f32[N,3,224,224]", with layout "f32[1,64,56,56]{0123:1b16}"
  /// Reads what `text` writes; throws Error.
  static TensorType parse(std::string_view text);
};

}  // namespace burnish
