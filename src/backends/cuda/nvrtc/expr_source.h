// Prints pointwise programs as CUDA C++, in terms of kernels/expr.cuh. Every family that computes or ends in an Expr uses it.
// It knows types and operands; how operands are read and broadcast is the caller's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/expr.h"

namespace burnish::cuda {

/// The device type that holds elements of `type` in memory ("f16", "i64"), and the one they are computed in ("float"). Empty where device
/// code does not know the type.
std::string stored_type(DType type);
std::string computed_type(DType type);

/// Why an Expr cannot be printed; empty where it can.
std::string unprintable(const Expr& expr);

/// How a quotient is rounded to a byte where the divisor is known: exactly, or in fewer instructions, so that one next to the middle between two
/// whole numbers may go either way.
enum class Quotients : uint8_t { exact, near_middles_either_way };

/// Whether all that a program does with an input of bytes is to make f32 of it.
bool is_read_as_float(const Expr& expr, ExprOperand input);

/// Whether a value is a byte that was rounded and clipped, so that it can be given out as the last bits of a word.
bool is_rounded_byte(const Expr& expr, ExprOperand value);

struct FunctionStyle {
  Quotients quotients = Quotients::exact;
  std::vector<bool> as_floats;  // inputs of bytes that the caller gives as floats, see is_read_as_float; empty: none
  std::vector<bool> as_words;   // outputs of bytes that the caller takes as u32 with meaningless other bits; empty: none
};

/// A function `__device__ inline void <name>(const T0& x0, ..., U0& y0, ...)` over computed types: inputs, then outputs.
std::string print_function(const Expr& expr, const std::string& name, const FunctionStyle& style = {});

}  // namespace burnish::cuda
