#include "backends/cuda/kernels/elementwise.h"

#include <algorithm>

#include "backends/cuda/kernels/loops.h"
#include "backends/cuda/nvrtc/expr_source.h"
#include "base/error.h"

namespace burnish::cuda {
namespace {

constexpr int widest_access = 16;  // bytes one thread moves at once
constexpr size_t axes_at_most = 8;

/// Neighbours that every operand can take as one access, or as the same element.
int width_of(const Loops& loops, const std::vector<const StridedOperand*>& operands) {
  size_t largest = 1;
  for (const StridedOperand* operand : operands) largest = std::max(largest, byte_size(operand->storage));
  for (int width = widest_access / static_cast<int>(largest); width > 1; width /= 2) {
    bool fits = loops.extents.back() % width == 0;
    for (size_t i = 0; i < operands.size() and fits; ++i) {
      const std::vector<int64_t>& strides = loops.strides[i];
      if (strides.back() == 0) continue;
      fits = operands[i]->offset % width == 0 and strides.back() == 1 and
             std::all_of(strides.begin(), strides.end() - 1, [&](int64_t stride) { return stride % width == 0; });
    }
    if (fits) return width;
  }
  return 1;
}

std::string access_of(int64_t stride) { return stride == 1 ? "contiguous" : stride == 0 ? "same" : "strided"; }

}  // namespace

StridedOperand strided(const tactics::Format& format, const Dims& dims, const Dims& domain) {
  StridedOperand operand{format.storage, Dims(domain.size(), 0)};
  const Dims own = format.layout.strides(dims);
  const size_t missing = domain.size() - dims.size();
  for (size_t axis = 0; axis < dims.size(); ++axis)
    if (dims[axis] != 1) operand.strides[missing + axis] = own[axis];
  return operand;
}

std::string elementwise_refusal(const Expr& expr, size_t operands, const Dims& domain) {
  if (std::string reason = unprintable(expr); not reason.empty()) return reason;
  if (operands > 32) return fmt::format("{} operands, at most 32", operands);
  if (element_count(domain) > INT32_MAX) return "more than 2^31 elements";
  return {};
}

std::string elementwise_source(const Expr& expr, const ElementwiseShape& shape) {
  std::string text = "#include \"expr.cuh\"\n#include \"strided.cuh\"\n" + print_function(expr, "apply");
  text += fmt::format("extern \"C\" __global__ void __launch_bounds__(256) elementwise(const Extents<{0}> extents, const u32 count",
                      shape.rank);
  const auto strides = [&](size_t i) { return fmt::format("const Strides<{}> s{}", shape.rank, i); };
  for (size_t i = 0; i < shape.inputs.size(); ++i)
    text += fmt::format(", const {}* __restrict__ a{}, {}", stored_type(shape.inputs[i]), i, strides(i));
  for (size_t i = 0; i < shape.outputs.size(); ++i)
    text += fmt::format(", {}* __restrict__ b{}, {}", stored_type(shape.outputs[i]), i, strides(shape.inputs.size() + i));
  text += fmt::format(
      ") {{\n  release_next();\n  wait_for_inputs();\n  for (u32 index = blockIdx.x * blockDim.x + threadIdx.x; index < count; index += "
      "gridDim.x * blockDim.x) {{\n"
      "    u32 at[{}];\n    unravel(index, extents, at);\n",
      shape.rank);
  const size_t last = shape.rank - 1;
  const auto access = [&](size_t operand, const char* type) {
    return fmt::format("{}<Access::{}, {}>", type, shape.accesses.at(operand), shape.width);
  };
  // Strides of the last axis are of single elements for runs; the host passes those of whole runs in the last place.
  for (size_t i = 0; i < shape.inputs.size(); ++i)
    text += fmt::format("    const auto x{0} = {1}(a{0} + offset_of(at, s{0}), s{0}.stride[{2}]);\n", i, access(i, "load_run"), last);
  for (size_t i = 0; i < shape.outputs.size(); ++i)
    text += fmt::format("    Vec<{}, {}> y{};\n", stored_type(shape.outputs[i]), shape.width, i);
  text += fmt::format("#pragma unroll\n    for (int i = 0; i < {}; ++i) {{\n", shape.width);
  std::string arguments;
  for (size_t i = 0; i < shape.inputs.size(); ++i) arguments += fmt::format("{}load_element(x{}.at[i])", arguments.empty() ? "" : ", ", i);
  for (size_t i = 0; i < shape.outputs.size(); ++i) {
    text += fmt::format("      {} r{};\n", computed_type(expr.dtype(expr.outputs[i])), i);
    arguments += fmt::format("{}r{}", arguments.empty() ? "" : ", ", i);
  }
  text += fmt::format("      apply({});\n", arguments);
  for (size_t i = 0; i < shape.outputs.size(); ++i)
    text += fmt::format("      y{0}.at[i] = store_element<{1}>(r{0});\n", i, stored_type(shape.outputs[i]));
  text += "    }\n";
  for (size_t i = 0; i < shape.outputs.size(); ++i) {
    const size_t operand = shape.inputs.size() + i;
    text += fmt::format("    if (b{0} != nullptr) {1}(b{0} + offset_of(at, s{2}), s{2}.stride[{3}], y{0});\n", i,
                        access(operand, "store_run"), operand, last);
  }
  return text + "  }\n}\n";
}

Elementwise::Elementwise(tactics::BuildContext& context, const Expr& expr, const Dims& domain, std::vector<StridedOperand> inputs,
                         std::vector<StridedOperand> outputs)
    : inputs_(inputs.size()), outputs_(outputs.size()) {
  std::vector<const StridedOperand*> operands;
  ElementwiseShape shape;
  for (const StridedOperand& operand : inputs) {
    operands.push_back(&operand);
    shape.inputs.push_back(operand.storage);
  }
  for (const StridedOperand& operand : outputs) {
    operands.push_back(&operand);
    shape.outputs.push_back(operand.storage);
  }
  std::vector<std::span<const int64_t>> steps;
  for (const StridedOperand* operand : operands) {
    steps.emplace_back(operand->strides);
    offsets_.push_back(operand->offset * static_cast<int64_t>(byte_size(operand->storage)));
  }
  const Loops loops = merged_loops(domain, steps);
  BURNISH_CHECK(loops.extents.size() <= axes_at_most, "{} axes", loops.extents.size());
  shape.rank = loops.extents.size();
  shape.width = width_of(loops, operands);
  for (const std::vector<int64_t>& strides : loops.strides)
    shape.accesses.push_back(shape.width > 1 ? access_of(strides.back()) : "strided");
  extents_.assign(loops.extents.begin(), loops.extents.end());
  extents_.back() /= static_cast<uint32_t>(shape.width);
  strides_ = loops.strides;
  for (std::vector<int64_t>& strides : strides_) strides.back() *= shape.width;
  count_ = static_cast<uint32_t>(element_count(domain) / shape.width);
  grid_.threads = count_ < 64 * 1024 ? 128 : 256;
  grid_.blocks[0] = blocks_for(count_, grid_.threads);
  grid_.may_start_early = true;
  code_ = std::make_unique<Code>(context, elementwise_source(expr, shape));
  function_ = code_->function("elementwise");
}

Status Elementwise::run(std::span<const std::byte* const> inputs, std::span<std::byte* const> outputs, void* stream) const noexcept {
  if (count_ == 0) return Status::ok();
  std::array<const void*, most_operands> pointers{};
  std::array<void*, 2 * most_operands + 2> arguments{};
  size_t used = 0;
  const auto pass = [&](const void* argument) { arguments[used++] = const_cast<void*>(argument); };
  pass(extents_.data());
  pass(&count_);
  for (size_t i = 0; i < inputs_ + outputs_; ++i) {
    const std::byte* whole = i < inputs_ ? inputs[i] : outputs[i - inputs_];
    pointers[i] = whole == nullptr ? nullptr : whole + offsets_[i];
    pass(&pointers[i]);
    pass(strides_[i].data());
  }
  return launch(function_, grid_, {arguments.data(), used}, stream);
}

}  // namespace burnish::cuda
