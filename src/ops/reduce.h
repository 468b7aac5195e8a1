// Reduce: a reduction over whole axes. ONNX ReduceSum, ReduceMean, ReduceMax, ..., GlobalAveragePool, GlobalMaxPool, all opsets.
// Inputs: data, optional axes (i64, rank 1; a constant in nearly all networks). Without axes, or with none: all axes, unless
// no_axes_is_identity. Kinds over logarithms and norms follow ONNX's formulas; an empty reduction gives the neutral element.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

enum class ReduceKind : uint8_t { sum, mean, max, min, prod, l1, l2, log_sum, log_sum_exp, sum_square };
template <>
struct EnumNames<ReduceKind> {
  static constexpr std::array<std::string_view, 10> names{"sum", "mean", "max",     "min",         "prod",
                                                          "l1",  "l2",   "log_sum", "log_sum_exp", "sum_square"};
};

struct Reduce {
  ReduceKind kind = ReduceKind::sum;
  bool keep_dims = true;
  bool no_axes_is_identity = false;
  static constexpr auto fields = std::tuple{field("kind", &Reduce::kind), field("keep_dims", &Reduce::keep_dims),
                                            field("no_axes_is_identity", &Reduce::no_axes_is_identity)};
};

}  // namespace burnish::ops
