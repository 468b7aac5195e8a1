// Pool: a reduction over sliding windows. ONNX MaxPool, AveragePool, LpPool (global pools are Reduce).
// Input X [N,C,d...]. Outputs: Y [N,C,o...] and, for max only, optional Indices i64 (flat indices into X, row- or column-major).
#pragma once

#include "ops/window.h"

namespace burnish::ops {

enum class PoolKind : uint8_t { max, average, lp };
template <>
struct EnumNames<PoolKind> {
  static constexpr std::array<std::string_view, 3> names{"max", "average", "lp"};
};

struct Pool {
  PoolKind kind = PoolKind::max;
  std::vector<int64_t> kernel;
  std::vector<int64_t> strides;
  std::vector<int64_t> pads;
  std::vector<int64_t> dilations;
  AutoPad auto_pad = AutoPad::explicit_pads;
  bool ceil_mode = false;
  bool count_include_pad = false;
  bool column_major = false;  // ONNX storage_order 1
  int64_t p = 2;
  static constexpr auto fields = std::tuple{field("kind", &Pool::kind),
                                            field("kernel", &Pool::kernel),
                                            field("strides", &Pool::strides),
                                            field("pads", &Pool::pads),
                                            field("dilations", &Pool::dilations),
                                            field("auto_pad", &Pool::auto_pad),
                                            field("ceil_mode", &Pool::ceil_mode),
                                            field("count_include_pad", &Pool::count_include_pad),
                                            field("column_major", &Pool::column_major),
                                            field("p", &Pool::p)};
};

Window window_of(const Pool& pool, const Shape& input);

}  // namespace burnish::ops
