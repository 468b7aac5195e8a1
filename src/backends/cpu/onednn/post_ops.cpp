// Translates epilogues to oneDNN post-ops, one Expr step at a time.
#include "backends/cpu/onednn/post_ops.h"

#include <algorithm>

#include <cmath>
#include <limits>

#include "base/error.h"

namespace burnish::cpu::onednn {
namespace {

using dnnl::algorithm;

constexpr float infinity = std::numeric_limits<float>::infinity();

/// Walks along the chain; every `read_` function appends to `steps` or refuses.
class ChainReader {
 public:
  explicit ChainReader(const OpRequest& request) : request_(request), expr_(request.epilogue) {}

  PostOpChain read() {
    if (expr_.outputs.size() != 1) return refused("the epilogue has several outputs");
    for (size_t i = 0; i < expr_.steps.size() and chain_.verdict; ++i) {
      if (expr_.steps[i].code == ExprCode::constant) continue;
      read_step(expr_.steps[i]);
      current_ = static_cast<ExprOperand>(expr_.inputs.size() + i);
    }
    if (chain_.verdict and expr_.outputs[0] != current_) refuse("the epilogue's result is not its last step");
    return std::move(chain_);
  }

 private:
  static PostOpChain refused(std::string reason) { return {Verdict::no(std::move(reason)), {}}; }
  void refuse(std::string reason) { chain_.verdict = Verdict::no(std::move(reason)); }
  void eltwise(algorithm kind, double alpha = 0, double beta = 0) {
    chain_.steps.push_back({PostOp::Kind::eltwise, kind, static_cast<float>(alpha), static_cast<float>(beta), 0});
  }

  std::optional<double> scalar(ExprOperand operand) const {
    if (not expr_.is_input(operand)) {
      const ExprStep& step = expr_.step(operand);
      return step.code == ExprCode::constant ? std::optional(step.a) : std::nullopt;
    }
    if (operand == 0) return {};
    const auto& constant = request_.inputs.at(request_.anchor_inputs + operand - 1).constant;
    return constant != nullptr and constant->size() == 1 ? std::optional(constant->number(0)) : std::nullopt;
  }

  void read_step(const ExprStep& step) {
    const size_t arity = info_of(step.code).arity;
    if (not is_floating(step.dtype) or step.dtype != expr_.dtype(0))
      return refuse(fmt::format("oneDNN has no post-op that computes in {}", name_of(step.dtype)));
    size_t position = arity;
    size_t uses = 0;
    for (size_t i = 0; i < arity; ++i)
      if (step.args[i] == current_) position = i, ++uses;
      else if (not scalar(step.args[i]) and (not expr_.is_input(step.args[i]) or step.args[i] == 0))
        return refuse("the epilogue is not a chain");
    if (uses == 2 and step.code == ExprCode::mul) return eltwise(algorithm::eltwise_square);
    if (uses != 1) return refuse("the epilogue is not a chain");
    if (arity == 1) return read_unary(step);
    if (arity == 2) return read_binary(step, position);
    if (step.code == ExprCode::clip) return read_clip(step, position);
    refuse(no_post_op(step));
  }

  static std::string no_post_op(const ExprStep& step) { return fmt::format("oneDNN has no post-op for `{}`", info_of(step.code).name); }

  void read_unary(const ExprStep& step) {
    switch (step.code) {
      case ExprCode::cast: return;  // to the type it has
      case ExprCode::relu: return eltwise(algorithm::eltwise_relu);
      case ExprCode::leaky_relu: return eltwise(algorithm::eltwise_relu, step.a);
      case ExprCode::elu: return eltwise(algorithm::eltwise_elu, step.a);
      case ExprCode::selu: eltwise(algorithm::eltwise_elu, step.a); return eltwise(algorithm::eltwise_linear, step.b, 0);
      case ExprCode::sigmoid: return eltwise(algorithm::eltwise_logistic);
      case ExprCode::tanh: return eltwise(algorithm::eltwise_tanh);
      case ExprCode::swish: return eltwise(algorithm::eltwise_swish, step.a);
      case ExprCode::hard_swish: return eltwise(algorithm::eltwise_hardswish, 1.0 / 6, 0.5);
      case ExprCode::hard_sigmoid: return eltwise(algorithm::eltwise_hardsigmoid, step.a, step.b);
      case ExprCode::gelu_erf: return eltwise(algorithm::eltwise_gelu_erf);
      case ExprCode::gelu_tanh: return eltwise(algorithm::eltwise_gelu_tanh);
      case ExprCode::mish: return eltwise(algorithm::eltwise_mish);
      case ExprCode::softplus: return eltwise(algorithm::eltwise_soft_relu, 1);
      case ExprCode::exp: return eltwise(algorithm::eltwise_exp);
      case ExprCode::log: return eltwise(algorithm::eltwise_log);
      case ExprCode::sqrt: return eltwise(algorithm::eltwise_sqrt);
      case ExprCode::abs: return eltwise(algorithm::eltwise_abs);
      case ExprCode::neg: return eltwise(algorithm::eltwise_linear, -1, 0);
      default: return refuse(no_post_op(step));
    }
  }

  void read_clip(const ExprStep& step, size_t position) {
    if (position != 0) return refuse("the epilogue clips by a computed bound");
    const auto low = scalar(step.args[1]);
    const auto high = scalar(step.args[2]);
    if (not low or not high) return refuse("the bounds of clip are not constant");
    if (*low > *high) return refuse("the bounds of clip are reversed");
    eltwise(algorithm::eltwise_clip, *low, *high);
  }

  void read_binary(const ExprStep& step, size_t position) {
    const ExprOperand other = step.args[1 - position];
    if (const auto value = scalar(other)) {
      if (read_scalar(step, position == 0, *value)) return;
      if (not expr_.is_input(other)) return refuse(no_post_op(step));
    }
    const size_t input = request_.anchor_inputs + other - 1;
    const auto binary = [&](algorithm kind) { chain_.steps.push_back({PostOp::Kind::binary, kind, 0, 0, input}); };
    switch (step.code) {
      case ExprCode::add: return binary(algorithm::binary_add);
      case ExprCode::mul: return binary(algorithm::binary_mul);
      case ExprCode::min: return binary(algorithm::binary_min);
      case ExprCode::max: return binary(algorithm::binary_max);
      case ExprCode::sub:
        if (position == 0) return binary(algorithm::binary_sub);
        eltwise(algorithm::eltwise_linear, -1, 0);
        return binary(algorithm::binary_add);
      case ExprCode::div:
        if (position == 0) return binary(algorithm::binary_div);
        return refuse("oneDNN cannot divide a tensor by the result");
      case ExprCode::prelu: return read_prelu(position, input);
      default: return refuse(no_post_op(step));
    }
  }

  void read_prelu(size_t position, size_t input) {
    if (position != 0) return refuse("the epilogue computes prelu's slope");
    const Dims dims = request_.dims(input);
    const size_t rank = request_.output_dims().size();
    const bool per_channel = rank >= 2 and dims.size() + 1 >= rank and request_.inputs[input].constant != nullptr and
                             element_count(dims) == dims[dims.size() + 1 - rank] and
                             dims[dims.size() + 1 - rank] == request_.output_dims()[1];
    if (not per_channel) return refuse("prelu's slope is not constant, or not one per channel");
    chain_.steps.push_back({PostOp::Kind::prelu, algorithm::undef, 0, 0, input});
  }

  /// A constant operand folds into a function of one argument; false where there is none.
  bool read_scalar(const ExprStep& step, bool result_first, double value) {
    switch (step.code) {
      case ExprCode::add: eltwise(algorithm::eltwise_linear, 1, value); return true;
      case ExprCode::mul: eltwise(algorithm::eltwise_linear, value, 0); return true;
      case ExprCode::sub: eltwise(algorithm::eltwise_linear, result_first ? 1 : -1, result_first ? -value : value); return true;
      case ExprCode::div:
        if (not result_first or value == 0) return false;
        eltwise(algorithm::eltwise_linear, 1 / value, 0);
        return true;
      case ExprCode::max:
        if (value == 0) eltwise(algorithm::eltwise_relu);
        else eltwise(algorithm::eltwise_clip, value, infinity);
        return true;
      case ExprCode::min: eltwise(algorithm::eltwise_clip, -infinity, value); return true;
      case ExprCode::pow:
        if (not result_first or (value != 2 and value != 0.5)) return false;
        eltwise(value == 2 ? algorithm::eltwise_square : algorithm::eltwise_sqrt);
        return true;
      case ExprCode::prelu:
        if (not result_first) return false;
        eltwise(algorithm::eltwise_relu, value);
        return true;
      default: return false;
    }
  }

  const OpRequest& request_;
  const Expr& expr_;
  PostOpChain chain_;
  ExprOperand current_ = 0;
};

/// With ones in front, up to the output's rank.
Dims aligned(const Dims& dims, size_t rank) {
  Dims padded(rank - dims.size(), 1);
  padded.insert(padded.end(), dims.begin(), dims.end());
  return padded;
}

}  // namespace

PostOpChain post_ops_of(const OpRequest& request) {
  if (not request.has_epilogue()) return {};
  return ChainReader(request).read();
}

size_t operand_count(const PostOpChain& chain) {
  return static_cast<size_t>(std::ranges::count_if(chain.steps, [](const PostOp& step) { return step.kind != PostOp::Kind::eltwise; }));
}

std::optional<size_t> take_bias(PostOpChain& chain, const OpRequest& request, size_t axis) {
  if (chain.steps.empty()) return {};
  const PostOp first = chain.steps.front();
  if (first.kind != PostOp::Kind::binary or first.algorithm != dnnl::algorithm::binary_add or
      request.inputs.at(first.input).constant == nullptr)
    return {};
  const Dims output = request.output_dims();
  const Dims dims = request.dims(first.input);
  if (dims.size() > output.size()) return {};
  const Dims full = aligned(dims, output.size());
  if (full.at(axis) != output.at(axis) or element_count(full) != output.at(axis)) return {};
  chain.steps.erase(chain.steps.begin());
  return first.input;
}

Format operand_format(const OpRequest& request, size_t input, const Format& destination) {
  const auto& operand = request.inputs.at(input);
  const Format row_major = tactics::plain_format(operand.type);
  if (operand.constant != nullptr or operand.type.dtype != request.outputs[0].dtype) return row_major;
  if (request.dims(input) == request.output_dims()) return destination;
  return {destination.storage, row_major.layout};
}

std::optional<OperandDescriptors> operand_descriptors(const PostOpChain& chain, const OpRequest& request, const Format& destination,
                                                      const Reshape& reshape) {
  OperandDescriptors found{std::vector<dnnl::memory::desc>(chain.steps.size()), std::vector<dnnl::memory::desc>(chain.steps.size())};
  const Dims output = request.output_dims();
  for (size_t i = 0; i < chain.steps.size(); ++i) {
    if (chain.steps[i].kind == PostOp::Kind::eltwise) continue;
    const size_t input = chain.steps[i].input;
    const bool constant = request.inputs.at(input).constant != nullptr;
    const Dims dims = aligned(request.dims(input), output.size());
    const Layout row_major = Layout::row_major(dims.size());
    Format stored = operand_format(request, input, destination);
    if (request.dims(input) != output) stored.layout = row_major;
    Format wanted = stored;
    if (constant) wanted = {DType::f32, dims == output ? destination.layout : row_major};
    auto stored_descriptor = descriptor(dims, stored);
    auto wanted_descriptor = descriptor(dims, wanted);
    if (not stored_descriptor or not wanted_descriptor) return {};
    if (reshape) {
      const auto merged = reshape(dims);
      if (not merged) return {};
      stored_descriptor = stored_descriptor->reshape(*merged, true);
      wanted_descriptor = wanted_descriptor->reshape(*merged, true);
      if (stored_descriptor->get_ndims() == 0 or wanted_descriptor->get_ndims() == 0) return {};
    }
    found.stored[i] = *stored_descriptor;
    found.wanted[i] = *wanted_descriptor;
  }
  return found;
}

void append(dnnl::primitive_attr& attributes, const PostOpChain& chain, const OperandDescriptors& operands) {
  dnnl::post_ops ops;
  for (size_t i = 0; i < chain.steps.size(); ++i) {
    const PostOp& step = chain.steps[i];
    switch (step.kind) {
      case PostOp::Kind::eltwise: ops.append_eltwise(step.algorithm, step.alpha, step.beta); break;
      case PostOp::Kind::binary: ops.append_binary(step.algorithm, operands.wanted[i]); break;
      case PostOp::Kind::prelu: ops.append_prelu(2); break;
    }
  }
  if (ops.len() > 0) attributes.set_post_ops(ops);
}

void bind(KernelBuilder& builder, const PostOpChain& chain, const OperandDescriptors& operands) {
  for (size_t i = 0; i < chain.steps.size(); ++i) {
    if (chain.steps[i].kind == PostOp::Kind::eltwise) continue;
    const int argument = chain.steps[i].kind == PostOp::Kind::binary ? DNNL_ARG_SRC_1 : DNNL_ARG_WEIGHTS;
    builder.input(DNNL_ARG_ATTR_MULTIPLE_POST_OP(static_cast<int>(i)) | argument, chain.steps[i].input, operands.stored[i],
                  operands.wanted[i]);
  }
}

}  // namespace burnish::cpu::onednn
