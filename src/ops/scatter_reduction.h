// How ScatterElements and ScatterND combine an update with the element that is there already.
// Called by their inference, import and reference evaluation.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

enum class ScatterReduction : uint8_t { none, add, mul, max, min };
template <>
struct EnumNames<ScatterReduction> {
  static constexpr std::array<std::string_view, 5> names{"none", "add", "mul", "max", "min"};
};

class ImportContext;

/// ONNX's `reduction` attribute; Error on an unknown value.
ScatterReduction import_scatter_reduction(const ImportContext& context);

/// Error where elements of this type cannot be combined so.
void check_reducible(ScatterReduction reduction, DType dtype);

/// to[to_index + i] combined with from[from_index + i] for each i below count. One type; integers wrap.
void reduce_run(ScatterReduction reduction, Tensor& to, int64_t to_index, const Tensor& from, int64_t from_index, int64_t count);

}  // namespace burnish::ops
