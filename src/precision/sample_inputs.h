// Inputs that a network can be tried on when nobody brings real ones: finite, reproducible, and of the kind the network expects.
// Called while an engine is built, to see what rounding does to the outputs. They tell nothing about how good a network is.
#pragma once

#include <vector>

#include "ir/graph.h"

namespace burnish {

/// One tensor for each input of a static graph. Floats have variance 1: along two or more spatial axes noise of several scales, as photographs
/// have structure of every size, else white noise. Integers that index a table lie in it; other integers are 1, booleans true.
std::vector<Tensor> sample_inputs(const Graph& graph, uint64_t seed);

}  // namespace burnish
