// An Expr made ready for the CPU: its steps as function pointers over tiles of f32, with temporaries assigned to a few buffers.
// Made when a kernel is built; run by pointwise kernels and by kernels with an epilogue, one tile at a time. It allocates nothing when run
// and knows neither shapes nor threads.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "backends/cpu/simd/tile_steps.h"
#include "tactics/tactic.h"

namespace burnish::cpu {

class TileProgram {
 public:
  /// No, with the step or type that has no f32 form.
  static tactics::Verdict supports(const Expr& expr);

  TileProgram() = default;
  explicit TileProgram(const Expr& expr);

  /// Floats of scratch memory that `run` needs.
  size_t scratch_floats() const { return buffers_ * tile_elements; }
  /// Up to tile_elements values: reads `count` floats of every input, writes them to every output. An output may be an input only where
  /// `last_step_writes_output` holds.
  void run(const float* const* inputs, float* const* outputs, size_t count, float* scratch) const;
  /// The only output is written by the last step, after everything was read.
  bool last_step_writes_output() const { return last_writes_output_; }

 private:
  enum class Where : uint8_t { none, input, buffer, output };
  struct Operand {
    Where where = Where::none;
    uint16_t index = 0;
  };
  struct Instruction {
    TileStep run = nullptr;  // nullptr: fill with p
    std::array<Operand, 3> args;
    Operand result;
    float p = 0;
    float q = 0;
  };
  /// What computes one operand of the Expr, before operands have places.
  struct Loop {
    ExprOperand operand = 0;
    std::vector<ExprOperand> args;
    TileStep run = nullptr;
    float p = 0;
    float q = 0;
  };
  static std::vector<Loop> loops_of(const Expr& expr);
  static void describe(const Expr& expr, const ExprStep& step, Loop& loop);
  void assign_buffers(const Expr& expr, const std::vector<Loop>& loops);
  const float* source(const Operand& operand, const float* const* inputs, float* const* outputs, float* scratch) const;

  std::vector<Instruction> instructions_;
  std::vector<Operand> output_places_;
  size_t buffers_ = 0;
  bool last_writes_output_ = false;
};

}  // namespace burnish::cpu
