// Scan: a body run over the slices of sequences, carrying states. ONNX Scan, opsets 9 to 25, and 8 (`batched`: every input and output
// has a batch axis before all others, and the body is run for each batch entry on its own).
// Inputs: `states` initial values, `sequences` tensors that are sliced, then the values that the body captures.
// The body: (states.., slices.., captures..) -> (states.., slices..). Outputs: final states, then the stacked slices.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Scan {
  int64_t states = 0;
  int64_t sequences = 0;
  std::vector<int64_t> input_axes;      // one per sequence; empty: 0
  std::vector<int64_t> input_reversed;  // one per sequence, 0 or 1; empty: 0
  std::vector<int64_t> output_axes;     // one per stacked output; empty: 0
  std::vector<int64_t> output_reversed;
  bool batched = false;
  static constexpr auto fields = std::tuple{field("states", &Scan::states),           field("sequences", &Scan::sequences),
                                            field("input_axes", &Scan::input_axes),   field("input_reversed", &Scan::input_reversed),
                                            field("output_axes", &Scan::output_axes), field("output_reversed", &Scan::output_reversed),
                                            field("batched", &Scan::batched)};
};

}  // namespace burnish::ops
