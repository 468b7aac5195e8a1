// ArgReduce: the index of the largest or smallest element along an axis. ONNX ArgMax, ArgMin, opsets 1 to 13.
// Input: data. Output: i64 indices.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct ArgReduce {
  bool smallest = false;
  int64_t axis = 0;
  bool keep_dims = true;
  bool last_on_tie = false;
  static constexpr auto fields = std::tuple{field("smallest", &ArgReduce::smallest), field("axis", &ArgReduce::axis),
                                            field("keep_dims", &ArgReduce::keep_dims), field("last_on_tie", &ArgReduce::last_on_tie)};
};

}  // namespace burnish::ops
