#include "backends/cuda/kernels/rows.h"

#include <algorithm>
#include <cstring>

#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/parameter_bytes.h"
#include "backends/cuda/nvrtc/expr_source.h"
#include "base/error.h"

namespace burnish::cuda {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;

/// The axes that the tail walks.
std::vector<const RowAxis*> tail_axes(const RowProblem& problem, const RowPlan& plan) {
  std::vector<const RowAxis*> axes;
  const auto add = [&](const std::vector<RowAxis>& more) {
    for (const RowAxis& axis : more) axes.push_back(&axis);
  };
  if (problem.each_element and not plan.along) add(plan.inner);
  add(plan.outer);
  if (problem.each_element and plan.along) add(plan.inner);
  return axes;
}

Tail tail_of(const RowProblem& problem, const RowPlan& plan) {
  std::vector<StridedOperand> operands, outputs;
  for (const DType storage : problem.operands) operands.push_back({storage, {}});
  for (const DType storage : problem.outputs) outputs.push_back({storage, {}});
  for (const RowAxis* axis : tail_axes(problem, plan)) {
    for (size_t i = 0; i < operands.size(); ++i) operands[i].strides.push_back(axis->operands[i]);
    for (size_t i = 0; i < outputs.size(); ++i) outputs[i].strides.push_back(axis->outputs[i]);
  }
  const bool runs = problem.each_element or not plan.along;
  return Tail(problem.tail.expr, std::move(operands), std::move(outputs), runs ? plan.width : 1,
              {.fixed = false, .constants = problem.constants});
}

/// The bytes of `Rows`; the pointer is filled in when the kernel runs.
std::vector<std::byte> shape_argument(const RowPlan& plan) {
  ParameterBytes bytes;
  const auto by_runs = [&](const std::vector<RowAxis>& axes, bool runs, size_t i) {
    return runs and i + 1 == axes.size() ? plan.width : 1;
  };
  const auto strides = [&](const std::vector<RowAxis>& axes, bool runs) {
    for (size_t i = 0; i < axes.size(); ++i) bytes.add(int64_t{axes[i].input * by_runs(axes, runs, i)});
  };
  const auto extents = [&](const std::vector<RowAxis>& axes, bool runs) {
    for (size_t i = 0; i < axes.size(); ++i) bytes.add(static_cast<uint32_t>(axes[i].extent / by_runs(axes, runs, i)));
  };
  bytes.add(uint64_t{0});
  strides(plan.outer, not plan.along);
  strides(plan.inner, plan.along);
  extents(plan.outer, not plan.along);
  extents(plan.inner, plan.along);
  for (const int64_t count : {plan.groups, plan.count, plan.segment, plan.segments}) bytes.add(static_cast<uint32_t>(count));
  return bytes.finish();
}

class RowsKernel final : public tactics::Kernel {
 public:
  RowsKernel(tactics::BuildContext& context, const OpRequest& request, const Variant& variant, const RowProblem& problem)
      : constants_(request, variant),
        plan_(row_plan(problem)),
        operands_(problem.tail.inputs),
        parameter_(problem.parameter),
        each_element_(problem.each_element),
        tail_(tail_of(problem, plan_)),
        shape_(shape_argument(plan_)) {
    if (plan_.groups == 0) return;
    code_ = std::make_unique<Code>(context, rows_source(problem, plan_));
    if (plan_.segments == 1) {
      whole_ = code_->function("whole");
    } else {
      gather_ = code_->function("gather");
      finish_ = code_->function("finish");
    }
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* workspace) const noexcept override {
    if (plan_.groups == 0) return Status::ok();
    std::array<std::byte, most_shape_bytes> shape;
    std::memcpy(shape.data(), shape_.data(), shape_.size());
    const std::byte* data = constants_.of(0, in[0].data);
    std::memcpy(shape.data(), &data, sizeof(data));
    std::array<const std::byte*, most_operands> operands{};
    std::array<std::byte*, most_operands> outputs{};
    for (size_t i = 0; i < operands_.size(); ++i) operands[i] = constants_.of(operands_[i], in[operands_[i]].data);
    for (size_t i = 0; i < out.size() and i < most_operands; ++i) outputs[i] = out[i].data;
    Tail::Argument tail;
    tail_.pack({operands.data(), operands_.size()}, outputs, tail);
    double parameter = parameter_;
    Grid grid{.blocks = {static_cast<unsigned>(plan_.blocks()), 1, 1},
              .threads = static_cast<unsigned>(plan_.threads()),
              .may_start_early = true};
    if (plan_.segments == 1) {
      std::array<void*, 3> arguments{shape.data(), tail.data(), &parameter};
      return launch(whole_, grid, arguments, context.stream);
    }
    grid.blocks[1] = static_cast<unsigned>(plan_.segments);
    std::array<void*, 2> gathered{shape.data(), &workspace};
    if (Status status = launch(gather_, grid, gathered, context.stream); not status) return status;
    if (not each_element_) grid.blocks[1] = 1;
    std::array<void*, 4> arguments{shape.data(), tail.data(), &parameter, &workspace};
    return launch(finish_, grid, arguments, context.stream);
  }

 private:
  static constexpr size_t most_operands = 32, most_shape_bytes = 512;

  DeviceConstants constants_;
  RowPlan plan_;
  std::vector<size_t> operands_;
  double parameter_;
  bool each_element_;
  Tail tail_;
  std::vector<std::byte> shape_;
  std::unique_ptr<Code> code_;
  CUfunction whole_ = nullptr, gather_ = nullptr, finish_ = nullptr;
};

}  // namespace

std::string row_accumulator(DType storage) {
  switch (storage) {
    case DType::f64: return "double";
    case DType::f32:
    case DType::f16:
    case DType::bf16: return "float";
    case DType::i64: return "i64";
    case DType::u64: return "u64";
    case DType::u32:
    case DType::boolean: return "u32";
    default: return "i32";
  }
}

int64_t row_accumulator_bytes(DType storage) { return byte_size(storage) == 8 ? 8 : 4; }

std::string rows_source(const RowProblem& problem, const RowPlan& plan) {
  std::string text = "#include \"row_states.cuh\"\n" + tail_of(problem, plan).source();
  text += fmt::format("using State = {};\nusing Shape = Rows<{}, Form::{}, {}, {}, {}, {}, {}, {}, {}>;\n", problem.state,
                      stored_type(problem.storage), plan.along ? "along" : "across", plan.width, plan.held, plan.loops, plan.team,
                      plan.columns, plan.outer.size(), plan.inner.size());
  const std::string entry = fmt::format("extern \"C\" __global__ void __launch_bounds__({}) ", plan.threads());
  const std::string shape = "const __grid_constant__ Shape shape", tail = ", const __grid_constant__ Tail tail, const double parameter";
  const std::string each = problem.each_element ? "true" : "false";
  if (plan.segments == 1)
    return text + entry + "whole(" + shape + tail + ") {\n  run_rows<State, " + each + ">(shape, tail, parameter);\n}\n";
  text += entry + "gather(" + shape + ", State* segments) {\n  gather_segments(shape, segments);\n}\n";
  return text + entry + "finish(" + shape + tail + ", const State* segments) {\n  finish_segments<State, " + each +
         ">(shape, tail, parameter, segments);\n}\n";
}

void offer_rows(const OpRequest& request, const RowProblem& problem, Variant variant, tactics::VariantSink& sink) {
  const RowPlan plan = row_plan(problem);
  variant.workspace = plan.workspace(problem);
  variant.estimate = memory_seconds(request, variant);
  if (plan.segments > 1) variant.estimate += 2e-6;
  // One group of threads moves this much in a second, however few of them there are.
  constexpr double of_one_team = 1e9;
  const double busy = static_cast<double>(plan.groups * plan.segments * plan.threads()) / static_cast<double>(plan.columns);
  variant.estimate += static_cast<double>(stored_bytes(variant.inputs[0], request.dims(0))) / (of_one_team * std::max(1.0, busy));
  sink.offer(std::move(variant));
}

std::unique_ptr<tactics::Kernel> rows_kernel(tactics::BuildContext& context, const OpRequest& request, const Variant& variant,
                                             const RowProblem& problem) {
  return std::make_unique<RowsKernel>(context, request, variant, problem);
}

}  // namespace burnish::cuda
