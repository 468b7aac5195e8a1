#include "backends/cpu/simd/tile_program.h"

#include <algorithm>
#include <cstring>

namespace burnish::cpu {
namespace {

bool computes_as_f32(DType dtype) { return dtype == DType::f32 or dtype == DType::f16 or dtype == DType::bf16 or dtype == DType::boolean; }
bool loads_as_f32(DType dtype) { return computes_as_f32(dtype) or dtype == DType::u8 or dtype == DType::i8; }

/// The value of a constant operand, where it is one.
std::optional<double> constant_value(const Expr& expr, ExprOperand operand) {
  if (expr.is_input(operand) or expr.step(operand).code != ExprCode::constant) return {};
  const ExprStep& step = expr.step(operand);
  return is_floating(step.dtype) ? step.a : static_cast<double>(step.integer);
}

}  // namespace

tactics::Verdict TileProgram::supports(const Expr& expr) {
  for (const DType dtype : expr.inputs)
    if (not loads_as_f32(dtype))
      return tactics::Verdict::no(fmt::format("the tile evaluator computes in f32 and cannot read {}", name_of(dtype)));
  for (const ExprStep& step : expr.steps) {
    if (not computes_as_f32(step.dtype))
      return tactics::Verdict::no(fmt::format("the tile evaluator computes in f32, not in {}", name_of(step.dtype)));
    if (step.code != ExprCode::constant and tile_step(step.code) == nullptr)
      return tactics::Verdict::no(fmt::format("no f32 form of {}", info_of(step.code).name));
  }
  for (const ExprOperand output : expr.outputs)
    if (not computes_as_f32(expr.dtype(output)))
      return tactics::Verdict::no(fmt::format("the tile evaluator cannot write {}", name_of(expr.dtype(output))));
  return tactics::Verdict::yes();
}

TileProgram::TileProgram(const Expr& expr) { assign_buffers(expr); }

/// Every temporary gets a buffer from its step to its last use; results that are outputs are written there at once.
void TileProgram::assign_buffers(const Expr& expr) {
  const size_t first = expr.inputs.size();
  std::vector<size_t> last_use(expr.operand_count(), 0);
  for (size_t s = 0; s < expr.steps.size(); ++s)
    for (size_t k = 0; k < info_of(expr.steps[s].code).arity; ++k) last_use[expr.steps[s].args[k]] = s;
  std::vector<Operand> places(expr.operand_count());
  for (size_t i = 0; i < first; ++i) places[i] = {Where::input, static_cast<uint16_t>(i)};
  for (size_t i = expr.outputs.size(); i-- > 0;)
    if (not expr.is_input(expr.outputs[i])) places[expr.outputs[i]] = {Where::output, static_cast<uint16_t>(i)};
  std::vector<uint16_t> free;
  for (size_t s = 0; s < expr.steps.size(); ++s) {
    Operand& place = places[first + s];
    if (place.where == Where::none) {
      if (free.empty()) free.push_back(static_cast<uint16_t>(buffers_++));
      place = {Where::buffer, free.back()};
      free.pop_back();
    }
    add_step(expr, s, places);
    for (size_t k = 0; k < info_of(expr.steps[s].code).arity; ++k) {
      const ExprOperand arg = expr.steps[s].args[k];
      const bool counted = std::find(expr.steps[s].args.begin(), expr.steps[s].args.begin() + static_cast<std::ptrdiff_t>(k), arg) !=
                           expr.steps[s].args.begin() + static_cast<std::ptrdiff_t>(k);
      if (not counted and places[arg].where == Where::buffer and last_use[arg] == s) free.push_back(places[arg].index);
    }
  }
  for (const ExprOperand output : expr.outputs) output_places_.push_back(places[output]);
  last_writes_output_ = expr.outputs.size() == 1 and expr.outputs[0] + size_t{1} == expr.operand_count() and not expr.steps.empty();
}

void TileProgram::add_step(const Expr& expr, size_t index, const std::vector<Operand>& places) {
  const ExprStep& step = expr.steps[index];
  Instruction instruction;
  instruction.result = places[expr.inputs.size() + index];
  instruction.p = static_cast<float>(step.a);
  instruction.q = static_cast<float>(step.b);
  if (step.code == ExprCode::constant) {
    instruction.p = static_cast<float>(is_floating(step.dtype) ? step.a : static_cast<double>(step.integer));
    instructions_.push_back(instruction);
    return;
  }
  ExprCode code = step.code;
  size_t arity = info_of(code).arity;
  for (size_t k = 0; k < arity; ++k) instruction.args[k] = places[step.args[k]];
  if (code == ExprCode::pow) {
    const std::optional<double> exponent = constant_value(expr, step.args[1]);
    if (exponent == 2.0) {
      code = ExprCode::mul;
      instruction.args[1] = instruction.args[0];
    } else if (exponent == 0.5) {
      code = ExprCode::sqrt;
      instruction.args[1] = {};
    }
  }
  instruction.run = tile_step(code);
  instructions_.push_back(instruction);
}

const float* TileProgram::source(const Operand& operand, const float* const* inputs, float* const* outputs, float* scratch) const {
  switch (operand.where) {
    case Where::input: return inputs[operand.index];
    case Where::buffer: return scratch + operand.index * tile_elements;
    case Where::output: return outputs[operand.index];
    case Where::none: break;
  }
  return nullptr;
}

void TileProgram::run(const float* const* inputs, float* const* outputs, size_t count, float* scratch) const {
  for (const Instruction& one : instructions_) {
    float* result = one.result.where == Where::output ? outputs[one.result.index] : scratch + one.result.index * tile_elements;
    if (one.run == nullptr) {
      tile_fill(result, one.p, count);
      continue;
    }
    one.run(source(one.args[0], inputs, outputs, scratch), source(one.args[1], inputs, outputs, scratch),
            source(one.args[2], inputs, outputs, scratch), result, count, one.p, one.q);
  }
  for (size_t i = 0; i < output_places_.size(); ++i) {
    const Operand& place = output_places_[i];
    if (place.where == Where::output and place.index == i) continue;
    std::memcpy(outputs[i], source(place, inputs, outputs, scratch), count * sizeof(float));
  }
}

}  // namespace burnish::cpu
