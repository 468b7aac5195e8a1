// Evaluation of Exprs: the domain is walked in blocks; each step runs over a whole block before the next one does.
#include <algorithm>

#include "base/error.h"
#include "base/parallel.h"
#include "ir/expr.h"
#include "ir/expr_steps.h"
#include "tensor/bulk.h"

namespace burnish {
namespace {

constexpr int64_t block_size = 1024;
constexpr int64_t blocks_per_thread = 16;

/// The domain with axes merged wherever all inputs step through them as through one.
struct Domain {
  int64_t count = 1;
  std::vector<int64_t> extents;
  std::vector<std::vector<int64_t>> strides;  // of each input, in elements; 0 where it broadcasts
};

std::vector<int64_t> broadcast_strides(const Tensor& tensor, const Dims& domain) {
  const size_t missing = domain.size() - tensor.rank();
  std::vector<int64_t> strides(domain.size(), 0);
  int64_t stride = 1;
  for (size_t axis = tensor.rank(); axis-- > 0;) {
    if (tensor.dim(axis) != 1) strides[missing + axis] = stride;
    stride *= tensor.dim(axis);
  }
  return strides;
}

Domain collapsed(const std::vector<Tensor>& inputs, const Dims& dims) {
  Domain out;
  out.count = element_count(dims);
  out.strides.resize(inputs.size());
  std::vector<std::vector<int64_t>> full;
  for (const Tensor& input : inputs) full.push_back(broadcast_strides(input, dims));
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis] == 1) continue;
    bool merges = not out.extents.empty();
    for (size_t i = 0; i < inputs.size() and merges; ++i) merges = out.strides[i].back() == full[i][axis] * dims[axis];
    if (merges) out.extents.back() *= dims[axis];
    else out.extents.push_back(dims[axis]);
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (merges) out.strides[i].back() = full[i][axis];
      else out.strides[i].push_back(full[i][axis]);
    }
  }
  return out;
}

/// Calls load(offset, stride, run, position) for each run of `count` domain elements from `first` on.
template <class Load>
void for_runs(const Domain& domain, const std::vector<int64_t>& strides, int64_t first, int64_t count, Load&& load) {
  const size_t rank = domain.extents.size();
  if (rank == 0) return load(int64_t{0}, int64_t{0}, count, int64_t{0});
  int64_t position = 0;
  while (position < count) {
    int64_t left = (first + position) / domain.extents[rank - 1];
    const int64_t inner = (first + position) % domain.extents[rank - 1];
    int64_t offset = inner * strides[rank - 1];
    for (size_t axis = rank - 1; axis-- > 0; left /= domain.extents[axis]) offset += left % domain.extents[axis] * strides[axis];
    const int64_t run = std::min(domain.extents[rank - 1] - inner, count - position);
    load(offset, strides[rank - 1], run, position);
    position += run;
  }
}

/// One thread's blocks: for every operand the current elements, as doubles or as integers.
class Evaluator {
 public:
  Evaluator(const Expr& expr, const std::vector<Tensor>& inputs, const Domain& domain, std::vector<Tensor>& outputs)
      : expr_(expr), inputs_(inputs), domain_(domain), outputs_(outputs), numbers_(expr.operand_count()), integers_(expr.operand_count()) {
    for (size_t i = 0; i < expr.operand_count(); ++i) {
      const auto operand = static_cast<ExprOperand>(i);
      const ExprStep* step = expr.is_input(operand) ? nullptr : &expr.step(operand);
      const bool constant = step != nullptr and step->code == ExprCode::constant;
      if (is_floating(expr.dtype(operand))) {
        numbers_[i].assign(block_size, constant ? step->a : 0);
        if (constant) round_numbers(step->dtype, block_size, numbers_[i].data());
      } else {
        integers_[i].assign(block_size, constant ? wrapped(step->dtype, step->integer) : 0);
      }
    }
  }

  void run(int64_t first, int64_t count) {
    for (size_t i = 0; i < inputs_.size(); ++i) load(i, first, count);
    for (size_t i = 0; i < expr_.steps.size(); ++i) compute(expr_.inputs.size() + i, static_cast<size_t>(count));
    for (size_t i = 0; i < outputs_.size(); ++i) store(i, first, static_cast<size_t>(count));
  }

 private:
  void load(size_t input, int64_t first, int64_t count) {
    const Tensor& tensor = inputs_[input];
    const auto bytes = static_cast<int64_t>(byte_size(tensor.dtype()));
    for_runs(domain_, domain_.strides[input], first, count, [&](int64_t offset, int64_t stride, int64_t run, int64_t position) {
      const std::byte* data = tensor.data() + offset * bytes;
      if (is_floating(tensor.dtype()))
        load_numbers(tensor.dtype(), data, stride, static_cast<size_t>(run), numbers_[input].data() + position);
      else load_integers(tensor.dtype(), data, stride, static_cast<size_t>(run), integers_[input].data() + position);
    });
  }

  void store(size_t output, int64_t first, size_t count) {
    Tensor& tensor = outputs_[output];
    const ExprOperand operand = expr_.outputs[output];
    std::byte* data = tensor.mutable_data() + static_cast<size_t>(first) * byte_size(tensor.dtype());
    if (is_floating(tensor.dtype())) store_numbers(tensor.dtype(), data, count, numbers_[operand].data());
    else store_integers(tensor.dtype(), data, count, integers_[operand].data());
  }

  expr_steps::Numbers numbers_of(const ExprStep& step) const {
    const auto at = [&](size_t i) { return i < info_of(step.code).arity ? numbers_[step.args[i]].data() : nullptr; };
    return {at(0), at(1), at(2)};
  }
  expr_steps::Integers integers_of(const ExprStep& step) const {
    const auto at = [&](size_t i) { return i < info_of(step.code).arity ? integers_[step.args[i]].data() : nullptr; };
    return {at(0), at(1), at(2)};
  }

  void compute(size_t operand, size_t count) {
    const ExprStep& step = expr_.steps[operand - expr_.inputs.size()];
    if (step.code == ExprCode::constant) return;
    if (step.code == ExprCode::cast) return cast(operand, step, count);
    if (step.code == ExprCode::where) return select(operand, step, count);
    if (step.code == ExprCode::pow and is_floating(step.dtype) != is_floating(expr_.dtype(step.args[1])))
      return mixed_power(operand, step, count);
    if (info_of(step.code).boolean_result and is_floating(expr_.dtype(step.args[0])))
      return expr_steps::compare(step, count, numbers_of(step), integers_[operand].data());
    if (step.code >= ExprCode::equal and step.code <= ExprCode::greater_equal)
      return expr_steps::compare(step, count, integers_of(step), expr_.dtype(step.args[0]) == DType::u64, integers_[operand].data());
    if (is_floating(step.dtype)) {
      expr_steps::run(step, count, numbers_of(step), numbers_[operand].data());
      return round_numbers(step.dtype, count, numbers_[operand].data());
    }
    compute_integers(operand, step, count);
  }

  void compute_integers(size_t operand, const ExprStep& step, size_t count) {
    int64_t* out = integers_[operand].data();
    if (step.code == ExprCode::pow) {
      const int64_t* base = integers_[step.args[0]].data();
      const int64_t* exponent = integers_[step.args[1]].data();
      const bool is_unsigned = is_unsigned_integer(expr_.dtype(step.args[1]));
      for (size_t i = 0; i < count; ++i) out[i] = expr_steps::integer_power(base[i], exponent[i], is_unsigned);
    } else if (not expr_steps::run(step, count, integers_of(step), step.dtype == DType::u64, out)) {
      return compute_in_numbers(step, count, out);
    }
    wrap_integers(step.dtype, count, out);
  }

  /// Codes that ONNX gives integers although only floating point computes them (Shrink, ThresholdedRelu, ...).
  void compute_in_numbers(const ExprStep& step, size_t count, int64_t* out) {
    std::array<std::vector<double>, 3> args;
    for (size_t i = 0; i < info_of(step.code).arity; ++i) args[i] = as_numbers(step.args[i], count);
    std::vector<double> result(count);
    expr_steps::run(step, count, {args[0].data(), args[1].data(), args[2].data()}, result.data());
    for (size_t i = 0; i < count; ++i) out[i] = integer_from_number(step.dtype, result[i]);
  }

  std::vector<double> as_numbers(ExprOperand operand, size_t count) const {
    if (is_floating(expr_.dtype(operand))) return {numbers_[operand].begin(), numbers_[operand].begin() + static_cast<ptrdiff_t>(count)};
    std::vector<double> out(count);
    const bool is_unsigned = expr_.dtype(operand) == DType::u64;
    for (size_t i = 0; i < count; ++i) {
      const int64_t value = integers_[operand][i];
      out[i] = is_unsigned ? static_cast<double>(static_cast<uint64_t>(value)) : static_cast<double>(value);
    }
    return out;
  }

  void mixed_power(size_t operand, const ExprStep& step, size_t count) {
    const std::vector<double> base = as_numbers(step.args[0], count);
    const std::vector<double> exponent = as_numbers(step.args[1], count);
    std::vector<double> result(count);
    expr_steps::run(step, count, {base.data(), exponent.data(), nullptr}, result.data());
    if (is_floating(step.dtype)) {
      round_numbers(step.dtype, count, result.data());
      std::ranges::copy(result, numbers_[operand].begin());
    } else {
      for (size_t i = 0; i < count; ++i) integers_[operand][i] = integer_from_number(step.dtype, result[i]);
    }
  }

  void select(size_t operand, const ExprStep& step, size_t count) {
    const int64_t* condition = integers_[step.args[0]].data();
    const auto choose = [&](auto& buffers) {
      const auto& x = buffers[step.args[1]];
      const auto& y = buffers[step.args[2]];
      for (size_t i = 0; i < count; ++i) buffers[operand][i] = condition[i] != 0 ? x[i] : y[i];
    };
    if (is_floating(step.dtype)) choose(numbers_);
    else choose(integers_);
  }

  void cast(size_t operand, const ExprStep& step, size_t count) {
    const DType from = expr_.dtype(step.args[0]);
    if (not is_floating(step.dtype)) {
      int64_t* out = integers_[operand].data();
      if (is_floating(from)) {
        for (size_t i = 0; i < count; ++i) out[i] = integer_from_number(step.dtype, numbers_[step.args[0]][i]);
      } else {
        std::copy_n(integers_[step.args[0]].begin(), count, out);
        wrap_integers(step.dtype, count, out);
      }
      return;
    }
    double* out = numbers_[operand].data();
    if (is_floating(from)) std::copy_n(numbers_[step.args[0]].begin(), count, out);
    else if (step.dtype == DType::f32 and from != DType::u64)  // straight to float: through double it would round twice
      for (size_t i = 0; i < count; ++i) out[i] = static_cast<float>(integers_[step.args[0]][i]);
    else std::ranges::copy(as_numbers(step.args[0], count), out);
    round_numbers(step.dtype, count, out);
  }

  const Expr& expr_;
  const std::vector<Tensor>& inputs_;
  const Domain& domain_;
  std::vector<Tensor>& outputs_;
  std::vector<std::vector<double>> numbers_;
  std::vector<std::vector<int64_t>> integers_;
};

void check_inputs(const Expr& expr, const std::vector<Tensor>& inputs, const Dims& domain) {
  if (inputs.size() != expr.inputs.size()) fail("an expression of {} inputs got {}", expr.inputs.size(), inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (not inputs[i].defined() or inputs[i].dtype() != expr.inputs[i])
      fail("input {} of an expression is not {}", i, name_of(expr.inputs[i]));
    const Dims& dims = inputs[i].dims();
    bool fits = dims.size() <= domain.size();
    for (size_t axis = 0; fits and axis < dims.size(); ++axis) {
      const int64_t extent = domain[domain.size() - dims.size() + axis];
      fits = dims[axis] == 1 or dims[axis] == extent;
    }
    if (not fits) fail("input {} of an expression is {}, which does not broadcast to {}", i, text_of(dims), text_of(domain));
  }
}

}  // namespace

std::vector<Tensor> evaluate(const Expr& expr, const std::vector<Tensor>& inputs, const Dims& domain) {
  expr.verify();
  check_inputs(expr, inputs, domain);
  std::vector<Tensor> outputs;
  for (const ExprOperand output : expr.outputs) outputs.push_back(Tensor::uninitialized(expr.dtype(output), domain));
  const Domain walked = collapsed(inputs, domain);
  const int64_t blocks = (walked.count + block_size - 1) / block_size;
  parallel_for(blocks, blocks_per_thread, [&](int64_t begin, int64_t end) {
    Evaluator evaluator(expr, inputs, walked, outputs);
    for (int64_t block = begin; block < end; ++block)
      evaluator.run(block * block_size, std::min(block_size, walked.count - block * block_size));
  });
  return outputs;
}

}  // namespace burnish
