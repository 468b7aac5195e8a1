// Prints pointwise programs as CUDA C++, in terms of kernels/expr.cuh. Every family that computes or ends in an Expr uses it.
// It knows types and operands; how operands are read and broadcast is the caller's.
#pragma once

#include <string>

#include "ir/expr.h"

namespace burnish::cuda {

/// The device type that holds elements of `type` in memory ("f16", "i64"), and the one they are computed in ("float"). Empty where device
/// code does not know the type.
std::string stored_type(DType type);
std::string computed_type(DType type);

/// Why an Expr cannot be printed; empty where it can.
std::string unprintable(const Expr& expr);

/// A function `__device__ inline void <name>(const T0& x0, ..., U0& y0, ...)` over computed types: inputs, then outputs.
std::string print_function(const Expr& expr, const std::string& name);

}  // namespace burnish::cuda
