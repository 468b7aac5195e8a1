// How far a kernel may be from the reference: by the types it computes in and stores, and by the terms that a result sums up.
// Used by the runners of the operator suite. Integers, booleans and copies must agree exactly, quantized
// numbers within one step.
#pragma once

#include <string>

#include "burnish/tensor.h"

namespace burnish::suite {

struct Tolerance {
  int64_t accumulated = 1;       // terms of a sum
  double terms = 0;              // how large they are, where results may be much smaller; 0: as the largest result
  DType computing = DType::f32;  // sums and functions are worked out in this type
  DType storage = DType::f32;    // the result is rounded to this type once
  bool between_steps = false;    // integers are quantized numbers: off by one step at most
};

/// Empty where the tensors agree; else where they differ first and by how much.
std::string difference(const Tensor& expected, const Tensor& got, const Tolerance& tolerance);

}  // namespace burnish::suite
