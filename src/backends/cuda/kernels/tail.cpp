#include "backends/cuda/kernels/tail.h"

#include <algorithm>

#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/nvrtc/expr_source.h"
#include "base/error.h"

namespace burnish::cuda {

using tactics::OpRequest;
using tactics::Variant;

namespace {

DType value_type(const OpRequest& request) { return request.has_epilogue() ? request.epilogue.inputs[0] : request.outputs[0].dtype; }

/// One step over the value and a parameter, which is brought to the value's type.
ExprOperand combine(Expr& expr, ExprCode code, ExprOperand value, ExprOperand parameter, DType type) {
  if (expr.dtype(parameter) != type) parameter = expr.add_step(ExprCode::cast, type, {parameter, 0, 0});
  return expr.add_step(code, type, {value, parameter, 0});
}

}  // namespace

TailProgram tail_program(const OpRequest& request) {
  TailProgram program;
  if (request.has_epilogue()) {
    program.expr = request.epilogue;
    for (size_t i = request.anchor_inputs; i < request.inputs.size(); ++i) program.inputs.push_back(i);
  } else {
    program.expr.outputs = {program.expr.add_input(value_type(request))};
  }
  return program;
}

TailProgram affine_tail_program(const OpRequest& request, std::optional<size_t> scale, std::optional<size_t> bias) {
  TailProgram rest = tail_program(request);
  if (not scale and not bias) return rest;
  const DType type = value_type(request);
  TailProgram program;
  Expr affine;
  ExprOperand value = affine.add_input(type);
  for (const auto& parameter : {scale, bias})
    if (parameter) {
      affine.add_input(request.inputs[*parameter].type.dtype);
      program.inputs.push_back(*parameter);
    }
  ExprOperand next = 1;
  if (scale) value = combine(affine, ExprCode::mul, value, next++, type);
  if (bias) value = combine(affine, ExprCode::add, value, next++, type);
  affine.outputs = {value};
  program.expr = composed(affine, 0, rest.expr, 0);
  program.inputs.insert(program.inputs.end(), rest.inputs.begin(), rest.inputs.end());
  return program;
}

std::optional<size_t> input_at(const OpRequest& request, size_t index) {
  if (index >= request.anchor_inputs or not request.inputs[index].present) return {};
  return index;
}

std::string tail_refusal(const OpRequest& request) {
  if (stored_type(request.inputs[0].type.dtype).empty())
    return fmt::format("device code has no type {}", name_of(request.inputs[0].type.dtype));
  for (const TensorType& type : request.outputs)
    if (stored_type(type.dtype).empty()) return fmt::format("device code has no type {}", name_of(type.dtype));
  if (request.inputs.size() + request.outputs.size() > 24) return "more than 24 operands";
  for (const TensorType& type : request.outputs)
    if (type.shape.rank() > 8) return "more than eight axes";
  if (request.dims(0).size() > 8) return "more than eight axes";
  if (element_count(request.dims(0)) > INT32_MAX or element_count(request.output_dims()) > INT32_MAX) return "more than 2^31 elements";
  return request.has_epilogue() ? unprintable(request.epilogue) : std::string();
}

Variant anchored_variant(const OpRequest& request, std::optional<DType> lowered, const Layout& input, const Layout& output) {
  Variant variant = plain_variant(request, lowered);
  const size_t rank = output.order.size();
  variant.inputs[0].layout = input;
  for (size_t i = request.anchor_inputs; i < request.inputs.size(); ++i)
    if (request.inputs[i].constant == nullptr and request.dims(i).size() == rank) variant.inputs[i].layout = output;
  for (tactics::Format& format : variant.outputs)
    if (format.layout.order.size() == rank) format.layout = output;
  return variant;
}

std::vector<bool> kept_operands(const TailProgram& program, const Variant& variant) {
  std::vector<bool> kept;
  for (const size_t input : program.inputs) kept.push_back(input < variant.keeps_constant.size() and variant.keeps_constant[input]);
  return kept;
}

Tail::Tail(Expr expr, std::vector<StridedOperand> operands, std::vector<StridedOperand> outputs, int width, TailStyle style)
    : expr_(std::move(expr)), operands_(std::move(operands)), outputs_(std::move(outputs)), width_(width), style_(std::move(style)) {
  BURNISH_CHECK(expr_.inputs.size() == operands_.size() + 1 and expr_.outputs.size() == outputs_.size(), "a tail of {} operands for {}",
                operands_.size(), expr_.text());
  BURNISH_CHECK((operands_.size() + outputs_.size()) * (1 + rank()) <= most_words, "a tail of {} operands", operands_.size());
  style_.constants.resize(operands_.size(), false);
}

size_t Tail::rank() const { return outputs_.front().strides.size(); }

std::string Tail::access(const StridedOperand& operand) const {
  const Dims& strides = operand.strides;
  if (strides.back() == 0) return "same";
  const bool aligned = std::all_of(strides.begin(), strides.end() - 1, [&](int64_t stride) { return stride % width_ == 0; });
  return width_ > 1 and strides.back() == 1 and aligned ? "contiguous" : "strided";
}

/// The sum of position times stride, without the axes along which the operand stays.
std::string Tail::place(const StridedOperand& operand, const std::string& name) const {
  std::string text;
  for (size_t axis = 0; axis < operand.strides.size(); ++axis) {
    if (operand.strides[axis] == 0) continue;
    const std::string stride = style_.fixed ? fmt::format("i64({})", operand.strides[axis]) : fmt::format("{}[{}]", name, axis);
    text += fmt::format("{}at[{}] * {}", text.empty() ? "" : " + ", axis, stride);
  }
  return text.empty() ? "0" : text;
}

std::string Tail::last_stride(const StridedOperand& operand, const std::string& name) const {
  return style_.fixed ? std::to_string(operand.strides.back()) : fmt::format("{}[{}]", name, rank() - 1);
}

std::string Tail::source() const {
  std::string members, kept, keeps, loads, arguments = "static_cast<" + computed_type(expr_.inputs[0]) + ">(x[i])", stores;
  const auto member = [&](const char* constant, const std::string& type, char data, char strides, size_t i) {
    members += fmt::format("  {}{}* {}{};\n", constant, type, data, i);
    if (not style_.fixed) members += fmt::format("  i64 {}{}[{}];\n", strides, i, rank());
  };
  for (size_t i = 0; i < operands_.size(); ++i) {
    const StridedOperand& operand = operands_[i];
    const std::string type = stored_type(operand.storage), strides = fmt::format("s{}", i);
    const bool constant = style_.constants[i];
    member("const ", type, 'a', 's', i);
    const std::string values = fmt::format("    Compute<{}> x{}[{}];\n", type, i, width_);
    (constant ? kept : loads) += values;
    (constant ? keeps : loads) += fmt::format("    load_operand<Access::{}, {}>(a{} + ({}), {}, {}x{});\n", access(operand), constant, i,
                                              place(operand, strides), last_stride(operand, strides), constant ? "kept." : "", i);
    arguments += fmt::format(", static_cast<{}>({}x{}[i])", computed_type(expr_.inputs[i + 1]), constant ? "kept." : "", i);
  }
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const StridedOperand& output = outputs_[i];
    const std::string strides = fmt::format("t{}", i);
    member("", stored_type(output.storage), 'b', 't', i);
    loads += fmt::format("    {} y{}[{}];\n", computed_type(expr_.dtype(expr_.outputs[i])), i, width_);
    arguments += fmt::format(", y{}[i]", i);
    // Of several results some may be read by nobody.
    stores += fmt::format("    {}store_results<Access::{}>(b{} + ({}), {}, y{});\n",
                          outputs_.size() > 1 ? fmt::format("if (b{} != nullptr) ", i) : "", access(output), i, place(output, strides),
                          last_stride(output, strides), i);
  }
  const std::string at = fmt::format("const u32 (&at)[{}]", rank());
  return fmt::format(
      "#include \"expr.cuh\"\n#include \"tail.cuh\"\n{0}struct Tail {{\n{1}  struct Kept {{\n{2}  }};\n"
      "  __device__ inline Kept keep({3}) const {{\n    Kept kept;\n{4}    return kept;\n  }}\n"
      "  template <class Value>\n  __device__ inline void store({3}, const Value (&x)[{5}], const Kept& kept) const {{\n{6}#pragma unroll\n"
      "    for (int i = 0; i < {5}; ++i) apply({7});\n{8}  }}\n"
      "  template <class Value>\n  __device__ inline void store({3}, const Value (&x)[{5}]) const {{\n    store(at, x, keep(at));\n  "
      "}}\n}};\n",
      print_function(expr_, "apply"), members, kept, at, keeps, width_, loads, arguments, stores);
}

void Tail::pack(std::span<const std::byte* const> operands, std::span<std::byte* const> outputs, Argument& to) const noexcept {
  size_t used = 0;
  const auto put = [&](const std::byte* data, const StridedOperand& operand) {
    to[used++] = reinterpret_cast<uintptr_t>(data);
    if (not style_.fixed)
      for (const int64_t stride : operand.strides) to[used++] = static_cast<uint64_t>(stride);
  };
  for (size_t i = 0; i < operands_.size(); ++i) put(operands[i], operands_[i]);
  for (size_t i = 0; i < outputs_.size(); ++i) put(outputs[i], outputs_[i]);
}

}  // namespace burnish::cuda
