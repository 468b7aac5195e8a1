// What the compiler knows of a value: element type, shape, and, after assignment only, its memory layout.
// Values may also be sequences and optionals: then the shape is that of every tensor in it. These, tensors of unknown rank and strings stay
// on the host; all but a few operators refuse them before they are asked. It holds no data. Public interfaces show it as dtype and dims.
#pragma once

#include <optional>
#include <string>

#include "burnish/dtype.h"
#include "tensor/layout.h"
#include "tensor/shape.h"

namespace burnish {

/// What is known of a shape: the rank and each size; not even the rank; or that there is no tensor yet (in an empty sequence or optional),
/// which fits any shape. In a sequence a size that is no constant may differ from tensor to tensor.
enum class Known : uint8_t { shape, nothing, no_tensor };

struct TensorType {
  DType dtype = DType::f32;
  Shape shape;  // empty unless known is `shape`
  std::optional<Layout> layout;
  ValueKind kind = ValueKind::tensor;
  Known known = Known::shape;

  /// A tensor of known rank: what all but a few operators take.
  bool is_plain() const { return kind == ValueKind::tensor and known == Known::shape; }
  /// True where values can only live on the host, as Tensors: no plan has memory for them.
  bool is_host_only() const { return not is_plain() or dtype == DType::string; }

  bool operator==(const TensorType&) const = default;
  /// "f32[N,3,224,224]", with layout "f32[1,64,56,56]{0123:1b16}", "sequence<f32[?0,4]>", "optional<sequence<f32[*]>>" where even the rank is
  /// unknown, "sequence<f32[!]>" where it is empty.
  std::string text() const;
  /// Reads what `text` writes; throws Error.
  static TensorType parse(std::string_view text);
};

}  // namespace burnish
