// How far a kernel may be from the reference: by the element type it stores, and by how many terms a result sums up.
// Used by the runners of the operator suite. Integers, booleans and copies must agree exactly.
#pragma once

#include <string>

#include "burnish/tensor.h"

namespace burnish::suite {

struct Tolerance {
  int64_t accumulated = 1;
  DType storage = DType::f32;  // the narrowest type on the way
};

/// Empty where the tensors agree; else where they differ first and by how much.
std::string difference(const Tensor& expected, const Tensor& got, const Tolerance& tolerance);

}  // namespace burnish::suite
