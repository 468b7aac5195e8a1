// Reads an epilogue step by step and keeps the chain normal while it grows.
#include "backends/cpu/onednn/integer_chain.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/quantized.h"

namespace burnish::cpu::onednn {
namespace {

using Index = ops::QuantizedOperand::Index;
using Kind = IntegerStep::Kind;

constexpr double infinity = std::numeric_limits<double>::infinity();

bool is_byte(DType dtype) { return dtype == DType::u8 or dtype == DType::i8; }
bool is_whole(double value) { return std::isinf(value) or value == std::nearbyint(value); }
double least_of(DType dtype) { return dtype == DType::u8 ? 0 : -128; }

std::vector<double> numbers_of(const Tensor& tensor) {
  std::vector<double> values(static_cast<size_t>(tensor.size()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = tensor.number(static_cast<int64_t>(i));
  return values;
}

template <class Combine>
void combine(std::vector<double>& to, const std::vector<double>& with, const Combine& one) {
  if (to.size() == 1 and with.size() > 1) to.assign(with.size(), to[0]);
  for (size_t i = 0; i < to.size(); ++i) to[i] = one(to[i], with[with.size() == 1 ? 0 : i]);
}

/// The chain while it is read: every push keeps scales in front, and clips before roundings.
class Normal {
 public:
  explicit Normal(IntegerChain& chain) : chain_(chain) {}

  bool at_front() const { return chain_.steps.empty(); }

  void scale(const std::vector<double>& factors) {
    combine(chain_.scale, factors, [](double a, double b) { return a * b; });
    combine(chain_.bias, factors, [](double a, double b) { return a * b; });
  }
  void shift(const std::vector<double>& values) {
    combine(chain_.bias, values, [](double a, double b) { return a + b; });
  }

  void linear(double a, double b) {
    if (a == 1 and b == 0) return;
    if (at_front()) {
      scale({a});
      shift({b});
      return;
    }
    const IntegerStep last = chain_.steps.back();
    if (last.kind == Kind::linear) {
      chain_.steps.pop_back();
      linear(last.a * a, last.b * a + b);
    } else if (last.kind == Kind::clip) {
      chain_.steps.pop_back();
      linear(a, b);
      clip(std::min(last.a * a, last.b * a) + b, std::max(last.a * a, last.b * a) + b);
    } else if (last.kind == Kind::round and a == 1 and is_whole(b)) {
      chain_.steps.pop_back();
      linear(a, b);
      round();
    } else {
      chain_.steps.push_back({.kind = Kind::linear, .a = a, .b = b});
    }
  }

  void clip(double low, double high) {
    if (not at_front() and chain_.steps.back().kind == Kind::clip) {
      IntegerStep& last = chain_.steps.back();
      last.a = std::min(std::max(last.a, low), high);
      last.b = std::min(std::max(last.b, low), high);
    } else if (not at_front() and chain_.steps.back().kind == Kind::round and is_whole(low) and is_whole(high)) {
      chain_.steps.pop_back();
      clip(low, high);
      round();
    } else {
      chain_.steps.push_back({.kind = Kind::clip, .a = low, .b = high});
    }
  }

  void round() {
    if (at_front() or chain_.steps.back().kind != Kind::round) chain_.steps.push_back({.kind = Kind::round});
  }

  void eltwise(dnnl::algorithm algorithm, double a = 0, double b = 0) {
    chain_.steps.push_back({.kind = Kind::eltwise, .a = a, .b = b, .algorithm = algorithm});
  }

  /// A step of another chain.
  void append(const IntegerStep& step) {
    switch (step.kind) {
      case Kind::linear: return linear(step.a, step.b);
      case Kind::clip: return clip(step.a, step.b);
      case Kind::round: return round();
      default: chain_.steps.push_back(step);
    }
  }

  /// + factor * operand + offset: the operand is added as it is stored, between two scalings.
  void add(size_t input, double factor, double offset) {
    linear(1 / factor, offset / factor);
    chain_.steps.push_back({.kind = Kind::add, .input = input});
    linear(factor, 0);
  }

  /// Drops what conversion to `dtype` does.
  void finish(DType dtype) {
    chain_.result = dtype;
    if (not is_byte(dtype)) return;
    if (not at_front() and chain_.steps.back().kind == Kind::round) chain_.steps.pop_back();
    if (at_front() or chain_.steps.back().kind != Kind::clip) return;
    const IntegerStep& last = chain_.steps.back();
    if (last.a <= least_of(dtype) and last.b >= least_of(dtype) + 255) chain_.steps.pop_back();
  }

 private:
  IntegerChain& chain_;
};

/// factor * input + offset, of an input of the request.
struct Affine {
  size_t input = 0;
  double factor = 1;
  double offset = 0;
};

class Reader {
 public:
  Reader(const OpRequest& request, size_t axis) : request_(request), expr_(request.epilogue), axis_(axis), normal_(chain_) {
    chain_.scale = numbers_of(*request.inputs.at(Index::scale).constant);
    chain_.bias = {0};
    if (request.anchor_inputs > Index::bias and request.inputs[Index::bias].present)
      chain_.bias = numbers_of(*request.inputs[Index::bias].constant);
  }

  IntegerChain read() {
    if (not request_.has_epilogue()) return std::move(chain_);
    if (expr_.outputs.size() != 1) return refused("the epilogue has several outputs");
    find_dependent();
    for (size_t i = 0; i < expr_.steps.size() and chain_.verdict; ++i) {
      const auto operand = static_cast<ExprOperand>(expr_.inputs.size() + i);
      if (not depends_[operand]) continue;
      read_step(expr_.steps[i]);
      current_ = operand;
    }
    if (not chain_.verdict) return std::move(chain_);
    if (expr_.outputs[0] != current_) return refused("the epilogue's result is not its last step");
    const DType result = expr_.dtype(current_);
    if (result != DType::f32 and not is_byte(result)) return refused(fmt::format("the result is {}", name_of(result)));
    normal_.finish(result);
    return std::move(chain_);
  }

 private:
  static IntegerChain refused(std::string reason) {
    IntegerChain chain;
    chain.verdict = Verdict::no(std::move(reason));
    return chain;
  }
  void refuse(std::string reason) { chain_.verdict = Verdict::no(std::move(reason)); }

  void find_dependent() {
    depends_.assign(expr_.operand_count(), false);
    depends_[0] = true;
    for (size_t i = 0; i < expr_.steps.size(); ++i)
      for (size_t k = 0; k < info_of(expr_.steps[i].code).arity; ++k)
        if (depends_[expr_.steps[i].args[k]]) depends_[expr_.inputs.size() + i] = true;
  }

  const tactics::Operand& operand(ExprOperand input) const { return request_.inputs.at(request_.anchor_inputs + input - 1); }

  std::optional<double> scalar(ExprOperand id) const {
    if (not expr_.is_input(id)) {
      const ExprStep& step = expr_.step(id);
      if (step.code != ExprCode::constant) return {};
      return is_floating(step.dtype) ? step.a : static_cast<double>(step.integer);
    }
    if (id == 0 or operand(id).constant == nullptr or operand(id).constant->size() != 1) return {};
    return operand(id).constant->number(0);
  }

  /// A constant with one value for each output channel.
  std::optional<std::vector<double>> per_channel(ExprOperand id) const {
    if (not expr_.is_input(id) or id == 0 or operand(id).constant == nullptr) return {};
    const Dims output = request_.output_dims();
    const Dims& dims = operand(id).constant->dims();
    const size_t missing = output.size() - dims.size();
    if (missing > axis_ or dims[axis_ - missing] != output[axis_] or element_count(dims) != output[axis_]) return {};
    return numbers_of(*operand(id).constant);
  }

  /// A number known only while running.
  std::optional<size_t> run_time_number(ExprOperand id) const {
    if (not expr_.is_input(id) or id == 0 or operand(id).constant != nullptr or operand(id).type.dtype != DType::f32) return {};
    if (element_count(operand(id).type.shape.dims()) != 1) return {};
    return request_.anchor_inputs + id - 1;
  }

  /// A tensor of the output's shape, scaled and shifted by numbers: what dequantizing is.
  std::optional<Affine> affine(ExprOperand id) const {
    if (expr_.is_input(id)) {
      if (id == 0 or operand(id).constant != nullptr or operand(id).type.shape.dims() != request_.output_dims()) return {};
      return Affine{request_.anchor_inputs + id - 1};
    }
    const ExprStep& step = expr_.step(id);
    if (step.code == ExprCode::cast) return step.dtype == DType::f32 ? affine(step.args[0]) : std::nullopt;
    if (info_of(step.code).arity != 2) return {};
    auto inner = affine(step.args[0]);
    auto value = scalar(step.args[1]);
    const bool swapped = not inner;
    if (swapped) inner = affine(step.args[1]), value = scalar(step.args[0]);
    if (not inner or not value) return {};
    switch (step.code) {
      case ExprCode::add: inner->offset += *value; return inner;
      case ExprCode::sub:
        if (swapped) inner->factor = -inner->factor, inner->offset = *value - inner->offset;
        else inner->offset -= *value;
        return inner;
      case ExprCode::mul: inner->factor *= *value, inner->offset *= *value; return inner;
      case ExprCode::div:
        if (swapped) return {};
        inner->factor /= *value, inner->offset /= *value;
        return inner;
      default: return {};
    }
  }

  void read_step(const ExprStep& step) {
    const size_t arity = info_of(step.code).arity;
    size_t position = arity;
    for (size_t i = 0; i < arity; ++i) {
      if (not depends_[step.args[i]]) continue;
      if (step.args[i] != current_ or position != arity) return refuse("the epilogue is not a chain");
      position = i;
    }
    if (step.code == ExprCode::cast) return read_cast(step);
    if (step.dtype != DType::f32) return refuse(fmt::format("a step computes in {}", name_of(step.dtype)));
    if (arity == 1) return read_unary(step);
    if (step.code == ExprCode::clip) return read_clip(step, position);
    if (arity == 2) return read_binary(step, position);
    refuse(no_post_op(step));
  }

  static std::string no_post_op(const ExprStep& step) {
    return fmt::format("`{}` does not follow an integer product", info_of(step.code).name);
  }

  /// To bytes only what is whole and within range: a clip that quantizing ends with.
  void read_cast(const ExprStep& step) {
    if (step.dtype == DType::f32) return;
    if (not is_byte(step.dtype)) return refuse(fmt::format("a step converts to {}", name_of(step.dtype)));
    if (expr_.is_input(step.args[0]) or expr_.step(step.args[0]).code != ExprCode::clip)
      return refuse("bytes are made of unbounded numbers");
    const ExprStep& clip = expr_.step(step.args[0]);
    const auto low = scalar(clip.args[1]);
    const auto high = scalar(clip.args[2]);
    const double least = least_of(step.dtype);
    if (not low or not high or *low < least or *high > least + 255) refuse("bytes are made of numbers beyond their range");
  }

  void read_unary(const ExprStep& step) {
    using dnnl::algorithm;
    switch (step.code) {
      case ExprCode::relu: return normal_.clip(0, infinity);
      case ExprCode::round: return normal_.round();
      case ExprCode::neg: return normal_.linear(-1, 0);
      case ExprCode::leaky_relu: return normal_.eltwise(algorithm::eltwise_relu, step.a);
      case ExprCode::elu: return normal_.eltwise(algorithm::eltwise_elu, step.a);
      case ExprCode::sigmoid: return normal_.eltwise(algorithm::eltwise_logistic);
      case ExprCode::tanh: return normal_.eltwise(algorithm::eltwise_tanh);
      case ExprCode::swish: return normal_.eltwise(algorithm::eltwise_swish, step.a);
      case ExprCode::hard_swish: return normal_.eltwise(algorithm::eltwise_hardswish, 1.0 / 6, 0.5);
      case ExprCode::hard_sigmoid: return normal_.eltwise(algorithm::eltwise_hardsigmoid, step.a, step.b);
      case ExprCode::gelu_erf: return normal_.eltwise(algorithm::eltwise_gelu_erf);
      case ExprCode::gelu_tanh: return normal_.eltwise(algorithm::eltwise_gelu_tanh);
      case ExprCode::mish: return normal_.eltwise(algorithm::eltwise_mish);
      case ExprCode::exp: return normal_.eltwise(algorithm::eltwise_exp);
      case ExprCode::sqrt: return normal_.eltwise(algorithm::eltwise_sqrt);
      case ExprCode::abs: return normal_.eltwise(algorithm::eltwise_abs);
      default: return refuse(no_post_op(step));
    }
  }

  void read_clip(const ExprStep& step, size_t position) {
    const auto low = scalar(step.args[1]);
    const auto high = scalar(step.args[2]);
    if (position != 0 or not low or not high or *low > *high) return refuse("the bounds of clip are not constant, or reversed");
    normal_.clip(*low, *high);
  }

  void read_binary(const ExprStep& step, size_t position) {
    const ExprOperand other = step.args[1 - position];
    if (const auto value = scalar(other)) return read_scalar(step, position == 0, *value);
    if (const auto values = per_channel(other); values and normal_.at_front()) {
      if (step.code == ExprCode::add) return normal_.shift(*values);
      if (step.code == ExprCode::mul) return normal_.scale(*values);
    }
    if (const auto number = run_time_number(other); number and step.code == ExprCode::mul and takes_scale()) {
      chain_.scale_input = number;
      return;
    }
    if (const auto tensor = affine(other); tensor and tensor->factor != 0) {
      if (step.code == ExprCode::add) return normal_.add(tensor->input, tensor->factor, tensor->offset);
      if (step.code == ExprCode::sub and position == 0) return normal_.add(tensor->input, -tensor->factor, -tensor->offset);
    }
    refuse(no_post_op(step));
  }

  /// Nothing stands between the sum and its scale.
  bool takes_scale() const {
    const bool biased = std::ranges::any_of(chain_.bias, [](double value) { return value != 0; });
    return normal_.at_front() and not biased and not chain_.scale_input;
  }

  void read_scalar(const ExprStep& step, bool result_first, double value) {
    switch (step.code) {
      case ExprCode::add: return normal_.linear(1, value);
      case ExprCode::sub: return result_first ? normal_.linear(1, -value) : normal_.linear(-1, value);
      case ExprCode::max: return normal_.clip(value, infinity);
      case ExprCode::min: return normal_.clip(-infinity, value);
      case ExprCode::mul:
        if (value != 0) return normal_.linear(value, 0);
        break;
      case ExprCode::div:
        if (result_first and value != 0) return normal_.linear(1 / value, 0);
        break;
      default: break;
    }
    refuse(no_post_op(step));
  }

  const OpRequest& request_;
  const Expr& expr_;
  size_t axis_;
  IntegerChain chain_;
  Normal normal_;
  std::vector<bool> depends_;
  ExprOperand current_ = 0;
};

}  // namespace

IntegerChain integer_chain(const OpRequest& request, size_t axis) { return Reader(request, axis).read(); }

std::optional<IntegerChain> accumulating(const OpRequest& request, const IntegerChain& chain) {
  const auto is_add = [](const IntegerStep& step) { return step.kind == Kind::add; };
  if (std::ranges::count_if(chain.steps, is_add) != 1) return {};
  const auto at = static_cast<size_t>(std::ranges::find_if(chain.steps, is_add) - chain.steps.begin());
  if (request.inputs[chain.steps[at].input].type.dtype != chain.result or not is_byte(chain.result)) return {};
  IntegerChain made = chain;
  made.steps.clear();
  Normal normal(made);
  for (size_t i = 0; i < at; ++i) normal.append(chain.steps[i]);
  IntegerStep sum{.kind = Kind::accumulate, .a = 1, .input = chain.steps[at].input};
  size_t next = at + 1;
  if (next < chain.steps.size() and chain.steps[next].kind == Kind::linear) {  // c * (x + operand) + d
    sum.a = chain.steps[next].a;
    normal.linear(sum.a, chain.steps[next].b);
    ++next;
  }
  made.steps.push_back(sum);
  made.steps.insert(made.steps.end(), chain.steps.begin() + static_cast<std::ptrdiff_t>(next), chain.steps.end());
  return made;
}

std::optional<size_t> accumulated_input(const IntegerChain& chain) {
  for (const IntegerStep& step : chain.steps)
    if (step.kind == Kind::accumulate) return step.input;
  return {};
}

}  // namespace burnish::cpu::onednn
