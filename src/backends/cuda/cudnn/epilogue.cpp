#include "backends/cuda/cudnn/epilogue.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace burnish::cuda::cudnn {
namespace {

using tactics::OpRequest;
using tactics::Verdict;

Value node(size_t index) { return {Value::Kind::node, index, 0}; }
Value scalar(double number) { return {Value::Kind::scalar, 0, static_cast<float>(number)}; }

std::optional<Function> plain_function(ExprCode code) {
  switch (code) {
    case ExprCode::add: return Function::add;
    case ExprCode::sub: return Function::sub;
    case ExprCode::mul: return Function::mul;
    case ExprCode::div: return Function::div;
    case ExprCode::min: return Function::min;
    case ExprCode::max: return Function::max;
    case ExprCode::relu: return Function::relu;
    case ExprCode::sigmoid: return Function::sigmoid;
    case ExprCode::tanh: return Function::tanh;
    case ExprCode::gelu_erf: return Function::gelu;
    case ExprCode::gelu_tanh: return Function::gelu_tanh;
    case ExprCode::erf: return Function::erf;
    case ExprCode::exp: return Function::exp;
    case ExprCode::log: return Function::log;
    case ExprCode::sqrt: return Function::sqrt;
    case ExprCode::reciprocal: return Function::reciprocal;
    case ExprCode::abs: return Function::abs;
    case ExprCode::neg: return Function::neg;
    case ExprCode::floor: return Function::floor;
    case ExprCode::ceil: return Function::ceil;
    case ExprCode::sin: return Function::sin;
    case ExprCode::cos: return Function::cos;
    case ExprCode::tan: return Function::tan;
    default: return {};
  }
}

/// Follows the Expr step by step; `values_` says what each of its operands has become.
class Reader {
 public:
  Reader(const OpRequest& request, std::optional<size_t> bias) : request_(request), expr_(request.epilogue) {
    current_ = node(0);
    if (not bias) return;
    Dims dims(request.output_dims().size() - 1, 1);  // without the batch
    dims[0] = request.output_dims()[1];
    append({Function::add, current_, operand(*bias, dims), 0, {}});
  }

  Epilogue read() {
    if (not request_.has_epilogue() or not made_.verdict) return std::move(made_);
    if (expr_.outputs.size() != 1) return refused("the epilogue has several outputs");
    for (size_t i = 0; i < expr_.inputs.size(); ++i) values_.push_back(i == 0 ? current_ : input(i));
    for (const ExprStep& step : expr_.steps) {
      if (not made_.verdict) break;
      values_.push_back(read_step(step));
    }
    if (not made_.verdict) return std::move(made_);
    const Value output = values_[expr_.outputs[0]];
    if (output.kind != Value::Kind::node or output.index != made_.nodes.size())
      return refused("the epilogue's result is not its last step");
    return std::move(made_);
  }

 private:
  Epilogue refused(std::string reason) const { return {Verdict::no(std::move(reason)), {}, {}}; }
  Value refuse(std::string reason) {
    if (made_.verdict) made_.verdict = Verdict::no(std::move(reason));
    return node(0);
  }

  Value append(PointwiseNode made) {
    made_.nodes.push_back(made);
    return current_ = node(made_.nodes.size());
  }
  Value binary(Function function, Value first, Value second) { return append({function, first, second, 0, {}}); }
  Value unary(Function function, Value first, double parameter = 0, std::optional<double> upper = {}) {
    return append({function, first, {}, parameter, upper});
  }

  /// Something else the epilogue reads. `dims` broadcast to the output.
  Value operand(size_t index, const Dims& dims) {
    const Dims output = request_.output_dims();
    Dims full(output.size() - std::min(dims.size(), output.size()), 1);
    full.insert(full.end(), dims.begin(), dims.end());
    const int64_t count = element_count(full);
    // Of one position in one image, a bias is as large as the output; its own dims are still those of a bias.
    const bool bias_of_one_position = full == output and count == output[1] and request_.inputs.at(index).constant != nullptr;
    EpilogueOperand::Shape shape = bias_of_one_position ? EpilogueOperand::Shape::channels : EpilogueOperand::Shape::whole;
    if (full != output) {
      if (full.size() != output.size() or (count != 1 and (count != output[1] or full[1] != output[1])))
        return refuse(fmt::format("the epilogue reads an operand of shape {}", text_of(dims)));
      shape = full[1] == output[1] ? EpilogueOperand::Shape::channels : EpilogueOperand::Shape::single;
    }
    made_.operands.push_back({index, shape});
    return {Value::Kind::operand, made_.operands.size() - 1, 0};
  }

  Value input(size_t of_expr) {
    const size_t index = request_.anchor_inputs + of_expr - 1;
    const auto& given = request_.inputs.at(index);
    if (not is_floating(given.type.dtype)) return refuse(fmt::format("the epilogue reads {}", name_of(given.type.dtype)));
    if (given.constant != nullptr and given.constant->size() == 1) return scalar(given.constant->number(0));
    return operand(index, request_.dims(index));
  }

  static bool is_scalar(const Value& value) { return value.kind == Value::Kind::scalar; }

  Value read_step(const ExprStep& step) {
    if (not is_floating(step.dtype) or step.dtype == DType::f64)
      return refuse(fmt::format("cuDNN's epilogues do not compute in {}", name_of(step.dtype)));
    if (step.code == ExprCode::constant) return scalar(step.a);
    const size_t arity = info_of(step.code).arity;
    std::array<Value, 3> x;
    for (size_t i = 0; i < arity; ++i) x[i] = values_.at(step.args[i]);
    if (step.code == ExprCode::cast) return x[0];
    if (std::all_of(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(arity), is_scalar))
      return refuse("the epilogue computes with constants alone");
    if (const auto function = plain_function(step.code)) {
      if (arity == 2) return binary(*function, x[0], x[1]);
      return unary(*function, x[0]);
    }
    return read_composed(step, x);
  }

  Value read_composed(const ExprStep& step, const std::array<Value, 3>& x) {
    switch (step.code) {
      case ExprCode::leaky_relu: return unary(Function::relu, x[0], step.a);
      case ExprCode::elu: return unary(Function::elu, x[0], step.a);
      case ExprCode::swish: return unary(Function::swish, x[0], step.a);
      case ExprCode::softplus: return unary(Function::softplus, x[0], 1);
      case ExprCode::selu: return binary(Function::mul, unary(Function::elu, x[0], step.a), scalar(step.b));
      case ExprCode::mish: return binary(Function::mul, x[0], unary(Function::tanh, unary(Function::softplus, x[0], 1)));
      case ExprCode::hard_sigmoid: return hard_sigmoid(x[0], step.a, step.b);
      case ExprCode::hard_swish: return binary(Function::mul, x[0], hard_sigmoid(x[0], 1.0 / 6, 0.5));
      case ExprCode::clip: return clip(x);
      case ExprCode::pow:
        if (x[1] == scalar(2)) return binary(Function::mul, x[0], x[0]);
        break;
      case ExprCode::prelu:
        if (is_scalar(x[1])) return unary(Function::relu, x[0], static_cast<double>(x[1].number));
        return prelu(x[0], x[1]);
      default: break;
    }
    return refuse(fmt::format("cuDNN has no pointwise node for `{}`", info_of(step.code).name));
  }

  Value hard_sigmoid(Value x, double a, double b) {
    return unary(Function::relu, binary(Function::add, binary(Function::mul, x, scalar(a)), scalar(b)), 0, 1);
  }

  Value prelu(Value x, Value slope) {
    const Value above = unary(Function::relu, x);
    return binary(Function::add, above, binary(Function::mul, binary(Function::sub, x, above), slope));
  }

  Value clip(const std::array<Value, 3>& x) {
    if (not is_scalar(x[1]) or not is_scalar(x[2])) return refuse("the bounds of clip are not constant");
    const float low = x[1].number, high = x[2].number;
    if (not(low <= high)) return refuse("the bounds of clip are reversed");
    if (low == 0) return std::isinf(high) ? unary(Function::relu, x[0]) : unary(Function::relu, x[0], 0, static_cast<double>(high));
    Value clipped = x[0];
    if (not std::isinf(low)) clipped = binary(Function::max, clipped, x[1]);
    if (not std::isinf(high)) clipped = binary(Function::min, clipped, x[2]);
    return clipped;
  }

  const OpRequest& request_;
  const Expr& expr_;
  Epilogue made_;
  Value current_;
  std::vector<Value> values_;
};

}  // namespace

bool is_binary(Function function) { return function <= Function::max; }

Epilogue epilogue_of(const OpRequest& request, std::optional<size_t> bias) { return Reader(request, bias).read(); }

std::optional<BiasActivation> bias_activation_of(const Epilogue& epilogue) {
  if (not epilogue.verdict) return {};
  BiasActivation found;
  for (size_t i = 0; i < epilogue.nodes.size(); ++i) {
    const PointwiseNode& step = epilogue.nodes[i];
    if (found.relu) return {};
    if (step.function == Function::relu) {
      if (step.first != node(i) or step.parameter != 0 or step.upper) return {};
      found.relu = true;
      continue;
    }
    if (step.function != Function::add) return {};
    const bool result_first = step.first == node(i);
    const Value other = result_first ? step.second : step.first;
    if ((not result_first and step.second != node(i)) or other.kind != Value::Kind::operand) return {};
    std::optional<size_t>* place = nullptr;
    switch (epilogue.operands[other.index].shape) {
      case EpilogueOperand::Shape::whole: place = &found.residual; break;
      case EpilogueOperand::Shape::channels: place = &found.bias; break;
      case EpilogueOperand::Shape::single: return {};
    }
    if (*place) return {};
    *place = other.index;
  }
  return found;
}

}  // namespace burnish::cuda::cudnn
