#include "backends/cpu/simd/tile_program.h"

#include <algorithm>
#include <cstring>

#include "backends/cpu/simd/tile_bytes.h"

namespace burnish::cpu {
namespace {

bool computes_as_f32(DType dtype) { return dtype == DType::f32 or dtype == DType::f16 or dtype == DType::bf16 or dtype == DType::boolean; }
bool is_byte(DType dtype) { return dtype == DType::u8 or dtype == DType::i8; }
bool moves_as_f32(DType dtype) { return computes_as_f32(dtype) or is_byte(dtype); }

/// The value of a constant operand, where it is one.
std::optional<double> constant_value(const Expr& expr, ExprOperand operand) {
  if (expr.is_input(operand) or expr.step(operand).code != ExprCode::constant) return {};
  const ExprStep& step = expr.step(operand);
  return is_floating(step.dtype) ? step.a : static_cast<double>(step.integer);
}

/// Steps that one loop does together, in place of the last of them.
struct Joined {
  TileStep run = nullptr;
  ExprOperand source = 0;
  float p = 0;
  float q = 0;
};

/// Operand of a step with this code, nobody else reading it.
const ExprStep* sole(const Expr& expr, ExprOperand operand, ExprCode code, const std::vector<size_t>& uses) {
  if (expr.is_input(operand) or uses[operand] != 1 or expr.step(operand).code != code) return nullptr;
  return &expr.step(operand);
}

/// Quantizing: div, round, add, clip and cast with numbers.
std::optional<Joined> quantizing(const Expr& expr, const ExprStep& cast, const std::vector<size_t>& uses) {
  if (cast.code != ExprCode::cast or not is_byte(cast.dtype)) return {};
  const ExprStep* clip = sole(expr, cast.args[0], ExprCode::clip, uses);
  if (clip == nullptr) return {};
  const double least = cast.dtype == DType::u8 ? 0 : -128;
  if (constant_value(expr, clip->args[1]) != least or constant_value(expr, clip->args[2]) != least + 255) return {};
  double zero = 0;
  ExprOperand rounded = clip->args[0];
  if (const ExprStep* add = sole(expr, rounded, ExprCode::add, uses)) {
    const auto number = constant_value(expr, add->args[1]);
    if (not number) return {};
    zero = *number;
    rounded = add->args[0];
  }
  const ExprStep* round = sole(expr, rounded, ExprCode::round, uses);
  const ExprStep* div = round != nullptr ? sole(expr, round->args[0], ExprCode::div, uses) : nullptr;
  const auto scale = div != nullptr ? constant_value(expr, div->args[1]) : std::nullopt;
  if (not scale) return {};
  return Joined{cast.dtype == DType::u8 ? tile_quantize_u8() : tile_quantize_i8(), div->args[0], static_cast<float>(*scale),
                static_cast<float>(zero)};
}

/// Dequantizing: cast from bytes, sub and mul with numbers.
std::optional<Joined> dequantizing(const Expr& expr, const ExprStep& mul, const std::vector<size_t>& uses) {
  if (mul.code != ExprCode::mul or mul.dtype != DType::f32) return {};
  const auto scale = constant_value(expr, mul.args[1]);
  double zero = 0;
  ExprOperand centered = mul.args[0];
  if (const ExprStep* sub = sole(expr, centered, ExprCode::sub, uses)) {
    const auto number = constant_value(expr, sub->args[1]);
    if (not number) return {};
    zero = *number;
    centered = sub->args[0];
  }
  const ExprStep* cast = sole(expr, centered, ExprCode::cast, uses);
  if (not scale or cast == nullptr or not is_byte(expr.dtype(cast->args[0]))) return {};
  return Joined{tile_dequantize(), cast->args[0], static_cast<float>(*scale), static_cast<float>(zero)};
}

std::vector<size_t> count_uses(const Expr& expr) {
  std::vector<size_t> uses(expr.operand_count(), 0);
  for (const ExprStep& step : expr.steps)
    for (size_t k = 0; k < info_of(step.code).arity; ++k) ++uses[step.args[k]];
  for (const ExprOperand output : expr.outputs) ++uses[output];
  return uses;
}

/// A cast of whole numbers within the type's range: what quantizing ends with. It changes nothing in f32.
bool casts_within_range(const Expr& expr, const ExprStep& step) {
  if (step.code != ExprCode::cast or not is_byte(step.dtype) or expr.is_input(step.args[0])) return false;
  const ExprStep& clip = expr.step(step.args[0]);
  if (clip.code != ExprCode::clip) return false;
  const auto low = constant_value(expr, clip.args[1]);
  const auto high = constant_value(expr, clip.args[2]);
  const double least = step.dtype == DType::u8 ? 0 : -128;
  return low and high and *low >= least and *low <= *high and *high <= least + 255;
}

}  // namespace

tactics::Verdict TileProgram::supports(const Expr& expr) {
  for (const DType dtype : expr.inputs)
    if (not moves_as_f32(dtype))
      return tactics::Verdict::no(fmt::format("the tile evaluator computes in f32 and cannot read {}", name_of(dtype)));
  for (const ExprStep& step : expr.steps) {
    if (not computes_as_f32(step.dtype) and not casts_within_range(expr, step))
      return tactics::Verdict::no(fmt::format("the tile evaluator computes in f32, not in {}", name_of(step.dtype)));
    if (step.code != ExprCode::constant and tile_step(step.code) == nullptr)
      return tactics::Verdict::no(fmt::format("no f32 form of {}", info_of(step.code).name));
  }
  for (const ExprOperand output : expr.outputs)
    if (not moves_as_f32(expr.dtype(output)))
      return tactics::Verdict::no(fmt::format("the tile evaluator cannot write {}", name_of(expr.dtype(output))));
  return tactics::Verdict::yes();
}

TileProgram::TileProgram(const Expr& expr) { assign_buffers(expr, loops_of(expr)); }

/// The loops to run, in order: one for each step that another does not do along with its own.
std::vector<TileProgram::Loop> TileProgram::loops_of(const Expr& expr) {
  const std::vector<size_t> uses = count_uses(expr);
  std::vector<Loop> loops;
  for (size_t s = 0; s < expr.steps.size(); ++s) {
    const ExprStep& step = expr.steps[s];
    Loop loop{.operand = static_cast<ExprOperand>(expr.inputs.size() + s), .args = {}, .run = nullptr, .p = 0, .q = 0};
    auto joined = quantizing(expr, step, uses);
    if (not joined) joined = dequantizing(expr, step, uses);
    if (joined) {
      loop.args = {joined->source};
      loop.run = joined->run;
      loop.p = joined->p;
      loop.q = joined->q;
    } else {
      describe(expr, step, loop);
    }
    loops.push_back(std::move(loop));
  }
  std::vector<bool> needed(expr.operand_count(), false);
  for (const ExprOperand output : expr.outputs) needed[output] = true;
  for (size_t i = loops.size(); i-- > 0;)
    if (needed[loops[i].operand])
      for (const ExprOperand arg : loops[i].args) needed[arg] = true;
  std::erase_if(loops, [&](const Loop& loop) { return not needed[loop.operand]; });
  return loops;
}

void TileProgram::describe(const Expr& expr, const ExprStep& step, Loop& loop) {
  loop.p = static_cast<float>(step.a);
  loop.q = static_cast<float>(step.b);
  if (step.code == ExprCode::constant) {
    loop.p = static_cast<float>(is_floating(step.dtype) ? step.a : static_cast<double>(step.integer));
    return;
  }
  ExprCode code = step.code;
  loop.args.assign(step.args.begin(), step.args.begin() + info_of(code).arity);
  if (code == ExprCode::pow) {
    const std::optional<double> exponent = constant_value(expr, step.args[1]);
    if (exponent == 2.0) {
      code = ExprCode::mul;
      loop.args[1] = loop.args[0];
    } else if (exponent == 0.5) {
      code = ExprCode::sqrt;
      loop.args.resize(1);
    }
  }
  loop.run = tile_step(code);
}

/// Every temporary gets a buffer from its loop to its last use; results that are outputs are written there at once.
void TileProgram::assign_buffers(const Expr& expr, const std::vector<Loop>& loops) {
  const size_t first = expr.inputs.size();
  std::vector<size_t> last_use(expr.operand_count(), 0);
  for (size_t i = 0; i < loops.size(); ++i)
    for (const ExprOperand arg : loops[i].args) last_use[arg] = i;
  std::vector<Operand> places(expr.operand_count());
  for (size_t i = 0; i < first; ++i) places[i] = {Where::input, static_cast<uint16_t>(i)};
  for (size_t i = expr.outputs.size(); i-- > 0;)
    if (not expr.is_input(expr.outputs[i])) places[expr.outputs[i]] = {Where::output, static_cast<uint16_t>(i)};
  std::vector<uint16_t> free;
  for (size_t i = 0; i < loops.size(); ++i) {
    const Loop& loop = loops[i];
    Operand& place = places[loop.operand];
    if (place.where == Where::none) {
      if (free.empty()) free.push_back(static_cast<uint16_t>(buffers_++));
      place = {Where::buffer, free.back()};
      free.pop_back();
    }
    Instruction instruction{.run = loop.run, .args = {}, .result = place, .p = loop.p, .q = loop.q};
    for (size_t k = 0; k < loop.args.size(); ++k) instruction.args[k] = places[loop.args[k]];
    instructions_.push_back(instruction);
    for (size_t k = 0; k < loop.args.size(); ++k) {
      const ExprOperand arg = loop.args[k];
      const bool counted = std::find(loop.args.begin(), loop.args.begin() + static_cast<std::ptrdiff_t>(k), arg) !=
                           loop.args.begin() + static_cast<std::ptrdiff_t>(k);
      if (not counted and places[arg].where == Where::buffer and last_use[arg] == i) free.push_back(places[arg].index);
    }
  }
  for (const ExprOperand output : expr.outputs) output_places_.push_back(places[output]);
  last_writes_output_ = expr.outputs.size() == 1 and expr.outputs[0] + size_t{1} == expr.operand_count() and not expr.steps.empty();
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
