// Tail: what kernels do with the values they computed: a pointwise program over them and further operands, and the stores of its results.
// Kernels that can carry an epilogue make one over axes of their own; generated code calls Tail::store with runs along the last of these axes.
// It prints code and packs arguments; where values come from is the kernel's.
#pragma once

#include <array>
#include <string>

#include "backends/cuda/kernels/elementwise.h"
#include "ir/expr.h"
#include "tactics/tactic.h"

namespace burnish::cuda {

/// Program input 0 is the kernel's value; `inputs` names the request's inputs that the further ones are.
struct TailProgram {
  Expr expr;
  std::vector<size_t> inputs;
};

/// The request's epilogue, or nothing but the value.
TailProgram tail_program(const tactics::OpRequest& request);
/// The same behind value * scale + bias, both inputs of the request that may be absent.
TailProgram affine_tail_program(const tactics::OpRequest& request, std::optional<size_t> scale, std::optional<size_t> bias);
/// The request's input where it has one there.
std::optional<size_t> input_at(const tactics::OpRequest& request, size_t index);

/// What generated code cannot do with a request's epilogue and types; empty where it can.
std::string tail_refusal(const tactics::OpRequest& request);

/// A variant of an anchor whose data lies in the given layouts: constants kept row-major, epilogue operands in the output's layout.
tactics::Variant anchored_variant(const tactics::OpRequest& request, std::optional<DType> lowered, const Layout& input,
                                  const Layout& output);

/// How a tail's code is printed.
struct TailStyle {
  /// Strides are numbers in the source and not parameters: for kernels that are compiled for one shape anyway.
  bool fixed = false;
  /// Operands that never change, so that a value once read may be kept; empty: none.
  std::vector<bool> constants;
};
/// For a kernel of the variant: which of the program's operands the kernel keeps.
std::vector<bool> kept_operands(const TailProgram& program, const tactics::Variant& variant);

class Tail {
 public:
  static constexpr size_t most_words = 256;
  using Argument = std::array<uint64_t, most_words>;

  /// Strides are those over the kernel's axes, outermost first; `width` neighbours along the last one are stored together.
  Tail(Expr expr, std::vector<StridedOperand> operands, std::vector<StridedOperand> outputs, int width, TailStyle style = {});

  /// The program and `struct Tail`: `keep(at)` reads the constants of a run, also before the kernels before this one have ended, and
  /// `store(at, values, kept)` does the rest. The constants' values are those of every run with the same coordinates along their axes.
  std::string source() const;
  /// The kernel's argument of type Tail. Data pointers of operands, then of outputs.
  void pack(std::span<const std::byte* const> operands, std::span<std::byte* const> outputs, Argument& to) const noexcept;

 private:
  size_t rank() const;
  std::string access(const StridedOperand& operand) const;
  std::string place(const StridedOperand& operand, const std::string& name) const;
  std::string last_stride(const StridedOperand& operand, const std::string& name) const;

  Expr expr_;
  std::vector<StridedOperand> operands_, outputs_;
  int width_;
  TailStyle style_;
};

}  // namespace burnish::cuda
