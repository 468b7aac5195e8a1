// Loop: a body run again and again, carrying values from one iteration to the next. ONNX Loop, opsets 1 to 25.
// Inputs: optional trip count (i64), optional condition (boolean), `states` initial values, then the values that the body captures.
// The body: (iteration, condition, states.., captures..) -> (condition, states.., scans..). Outputs: final states, then the scans of all
// iterations, stacked along a new first axis.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Loop {
  int64_t states = 0;
  static constexpr auto fields = std::tuple{field("states", &Loop::states)};
};

}  // namespace burnish::ops
