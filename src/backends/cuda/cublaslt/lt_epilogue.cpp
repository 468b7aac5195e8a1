// Walks along the epilogue's chain for as long as every step is one of the library's, in its order: scale, bias and residual, activation.
#include "backends/cuda/cublaslt/lt_epilogue.h"

#include <cmath>

#include "backends/cuda/kernels/formats.h"
#include "base/error.h"
#include "tactics/split_fused.h"

namespace burnish::cuda {
namespace {

using tactics::OpRequest;

class Reader {
 public:
  Reader(const OpRequest& request, const MatrixProduct& product, std::optional<DType> lowered)
      : request_(request), product_(product), expr_(request.epilogue), lowered_(lowered) {}

  /// The states after each step that could be the library's last, the longest last.
  std::vector<LtEpilogue> read() {
    std::vector<LtEpilogue> states;
    LtEpilogue state;
    state.bias = product_.bias;
    for (size_t i = 0; i < expr_.steps.size() and state.activation == LtActivation::none; ++i) {
      const ExprStep& step = expr_.steps[i];
      if (step.code == ExprCode::constant) continue;
      if (not take(step, state)) break;
      current_ = static_cast<ExprOperand>(expr_.inputs.size() + i);
      state.steps = i + 1;
      state.result = step.dtype;
      states.push_back(state);
    }
    return states;
  }

 private:
  std::optional<double> scalar(ExprOperand operand) const {
    if (not expr_.is_input(operand)) {
      const ExprStep& step = expr_.step(operand);
      return step.code == ExprCode::constant ? std::optional(step.a) : std::nullopt;
    }
    if (operand == 0) return {};
    const auto& constant = request_.inputs.at(input_of(operand)).constant;
    return constant != nullptr and constant->size() == 1 ? std::optional(constant->number(0)) : std::nullopt;
  }

  size_t input_of(ExprOperand operand) const { return request_.anchor_inputs + operand - 1; }
  DType stored(DType model) const { return storage_of(model, lowered_); }

  bool take(const ExprStep& step, LtEpilogue& state) const {
    if (not is_floating(step.dtype)) return false;
    switch (step.code) {
      case ExprCode::cast: return step.args[0] == current_;
      case ExprCode::relu: return step.args[0] == current_ and activate(LtActivation::relu, state);
      // The library approximates tanh, well within what halves hold.
      case ExprCode::gelu_tanh:
        return step.args[0] == current_ and stored(step.dtype) != DType::f32 and activate(LtActivation::gelu, state);
      case ExprCode::max: return take_max(step, state);
      case ExprCode::add:
      case ExprCode::sub:
      case ExprCode::mul:
      case ExprCode::div: return take_binary(step, state);
      default: return false;
    }
  }

  /// For f64 the library has neither bias nor activation.
  bool is_f64() const { return request_.inputs[0].type.dtype == DType::f64; }

  bool activate(LtActivation activation, LtEpilogue& state) const {
    if (is_f64()) return false;
    state.activation = activation;
    return true;
  }

  bool take_max(const ExprStep& step, LtEpilogue& state) const {
    const size_t place = step.args[0] == current_ ? 0 : 1;
    if (step.args[place] != current_ or scalar(step.args[1 - place]) != 0.0) return false;
    return activate(LtActivation::relu, state);
  }

  bool take_binary(const ExprStep& step, LtEpilogue& state) const {
    const bool first = step.args[0] == current_;
    const ExprOperand other = step.args[first ? 1 : 0];
    if ((not first and step.args[1] != current_) or other == current_) return false;
    const bool sums = step.code == ExprCode::add or (step.code == ExprCode::sub and first);
    if (not sums) return take_scale(step, first, other, state);
    if (not expr_.is_input(other) or other == 0) return false;
    const size_t input = input_of(other);
    return (step.code == ExprCode::add and take_bias(input, state)) or take_residual(input, step.code == ExprCode::add ? 1 : -1, state);
  }

  /// Only of the product itself: what was added would be scaled too.
  bool take_scale(const ExprStep& step, bool first, ExprOperand other, LtEpilogue& state) const {
    const std::optional<double> factor = scalar(other);
    if (not factor or not std::isfinite(*factor) or state.bias or state.residual) return false;
    if (step.code == ExprCode::mul) state.alpha *= *factor;
    else if (step.code == ExprCode::div and first and *factor != 0) state.alpha /= *factor;
    else return false;
    return true;
  }

  bool take_bias(size_t input, LtEpilogue& state) const {
    if (state.bias or is_f64() or request_.inputs[input].constant == nullptr or not is_per_column(request_, product_, input)) return false;
    state.bias = input;
    return true;
  }

  bool take_residual(size_t input, double beta, LtEpilogue& state) const {
    if (state.residual or request_.dims(input) != request_.output_dims()) return false;
    state.residual = input;
    state.beta = beta;
    return true;
  }

  const OpRequest& request_;
  const MatrixProduct& product_;
  const Expr& expr_;
  std::optional<DType> lowered_;
  ExprOperand current_ = 0;
};

/// What the library stores must be a float of its own, and a residual must have that very type.
bool is_storable(const OpRequest& request, const LtEpilogue& state, std::optional<DType> lowered) {
  const DType source = storage_of(request.inputs[0].type.dtype, lowered), result = storage_of(state.result, lowered);
  if (result != source and not(result == DType::f32 and source != DType::f64)) return false;
  return not state.residual or storage_of(request.inputs[*state.residual].type.dtype, lowered) == result;
}

bool leave_rest(const OpRequest& request, LtEpilogue& state) {
  const Expr& whole = request.epilogue;
  std::vector<size_t> indices;
  if (state.steps == 0) {
    state.rest = whole;
    for (size_t i = 1; i < whole.inputs.size(); ++i) indices.push_back(i);
  } else if (whole.outputs.size() == 1 and whole.outputs[0] == whole.inputs.size() + state.steps - 1) {
    return true;
  } else {
    auto cut = tactics::cut_epilogue(whole, state.steps);
    if (not cut) return false;
    state.rest = std::move(cut->suffix);
    indices.assign(cut->suffix_inputs.begin() + 1, cut->suffix_inputs.end());
  }
  for (const size_t index : indices) state.rest_inputs.push_back(request.anchor_inputs + index - 1);
  return true;
}

}  // namespace

LtEpilogue lt_epilogue(const OpRequest& request, const MatrixProduct& product, std::optional<DType> lowered) {
  std::vector<LtEpilogue> states = Reader(request, product, lowered).read();
  for (; not states.empty(); states.pop_back())
    if (is_storable(request, states.back(), lowered) and leave_rest(request, states.back())) return states.back();
  return no_lt_epilogue(request, product);
}

LtEpilogue no_lt_epilogue(const OpRequest& request, const MatrixProduct& product) {
  LtEpilogue made;
  made.bias = product.bias;
  made.result = request.has_epilogue() ? request.epilogue.inputs[0] : request.outputs[0].dtype;
  if (request.has_epilogue()) leave_rest(request, made);
  return made;
}

}  // namespace burnish::cuda
