// How rows are laid out and shared between threads.
#include <algorithm>

#include "backends/cuda/kernels/rows.h"
#include "base/error.h"

namespace burnish::cuda {
namespace {

using tactics::Format;
using tactics::OpRequest;
using tactics::Variant;

constexpr int64_t enough_threads = 96 * 1024;  // to keep a large GPU busy
constexpr int64_t enough_blocks = 128;
constexpr int most_shared = 40 * 1024;

template <class Visit>
bool all_strides(const RowAxis& a, const RowAxis& b, const Visit& visit) {
  if (not visit(a.input, b.input)) return false;
  for (size_t i = 0; i < a.operands.size(); ++i)
    if (not visit(a.operands[i], b.operands[i])) return false;
  for (size_t i = 0; i < a.outputs.size(); ++i)
    if (not visit(a.outputs[i], b.outputs[i])) return false;
  return true;
}

/// The axes of one kind, largest input stride first, neighbours merged where every tensor steps through them as through one.
std::vector<RowAxis> merged(const RowProblem& problem, bool inner) {
  std::vector<RowAxis> axes;
  for (const RowAxis& axis : problem.axes)
    if (axis.inner == inner and axis.extent != 1) axes.push_back(axis);
  std::ranges::stable_sort(axes, [](const RowAxis& a, const RowAxis& b) { return a.input > b.input; });
  std::vector<RowAxis> result;
  for (const RowAxis& axis : axes) {
    const bool joins =
        not result.empty() and all_strides(result.back(), axis, [&](int64_t outer, int64_t own) { return outer == own * axis.extent; });
    if (not joins) {
      result.push_back(axis);
      continue;
    }
    const int64_t extent = result.back().extent * axis.extent;
    result.back() = axis;
    result.back().extent = extent;
  }
  if (result.empty()) {
    RowAxis one;
    one.inner = inner;
    one.operands.assign(problem.operands.size(), 0);
    one.outputs.assign(problem.outputs.size(), 0);
    result.push_back(one);
  }
  return result;
}

int64_t extent_of(const std::vector<RowAxis>& axes) {
  int64_t extent = 1;
  for (const RowAxis& axis : axes) extent *= axis.extent;
  return extent;
}

/// Neighbours of the input along the last of `run` that one load takes.
int width_of(const RowProblem& problem, const RowPlan& plan, const std::vector<RowAxis>& run) {
  if (run.back().input != 1) return 1;
  for (int width = 16 / static_cast<int>(byte_size(problem.storage)); width > 1; width /= 2) {
    bool fits = run.back().extent % width == 0;
    for (const auto* axes : {&plan.outer, &plan.inner})
      for (const RowAxis& axis : *axes) fits = fits and (&axis == &run.back() or axis.input % width == 0);
    if (fits) return width;
  }
  return 1;
}

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Elements that one thread keeps in registers.
int most_held(const RowProblem& problem, int width) { return std::max(1, (byte_size(problem.storage) == 8 ? 16 : 32) / width); }

void share_along(const RowProblem& problem, RowPlan& plan) {
  const int limit = most_held(problem, plan.width);
  const int64_t n = std::max<int64_t>(plan.count, 1);
  const int most_threads = 1024;
  const auto each = [&] { return ceil_div(n, plan.team); };
  const int comfortable = std::min(limit, 4);
  while (plan.team < most_threads and each() > comfortable) plan.team *= 2;
  while (plan.team < most_threads and each() > 1 and plan.groups * plan.team < enough_threads) plan.team *= 2;
  plan.loops = each() > limit;
  if (plan.loops) plan.team = 512;
  plan.held = static_cast<int>(plan.loops ? std::min(limit, 4) : each());
  plan.columns = std::max(1, 128 / plan.team);
  // Few and long rows: several blocks each.
  if (plan.groups < enough_blocks / 2 and n > 8192) {
    plan.team = 256;
    plan.loops = true;
    plan.held = std::min(limit, 4);
    plan.segments = std::clamp<int64_t>(2 * enough_blocks / std::max<int64_t>(plan.groups, 1), 1, ceil_div(n, 2 * plan.team * plan.held));
  }
}

void share_across(const RowProblem& problem, RowPlan& plan) {
  const int limit = most_held(problem, plan.width);
  const int64_t n = std::max<int64_t>(plan.count, 1);
  const auto each = [&] { return ceil_div(n, plan.team); };
  plan.columns = 32;
  while (plan.columns > 4 and (plan.groups <= plan.columns / 2 or (plan.blocks() < 2 * enough_blocks and plan.columns > 8)))
    plan.columns /= 2;
  plan.team = 32 / plan.columns;
  const auto fits = [&](int team) {
    const int64_t warps = team * plan.columns / 32;
    return team * plan.columns <= 512 and warps * plan.columns * plan.width * problem.state_bytes <= most_shared;
  };
  while (fits(plan.team * 2) and (each() > limit or (each() > 2 and plan.groups * plan.team < enough_threads))) plan.team *= 2;
  plan.loops = each() > limit;
  plan.held = static_cast<int>(plan.loops ? std::min(limit, 4) : each());
  if (plan.blocks() < enough_blocks and each() > 32)
    plan.segments = std::clamp<int64_t>(2 * enough_blocks / plan.blocks(), 1, ceil_div(n, 8 * plan.team));
  if (plan.segments > 1) {
    plan.loops = true;
    plan.held = std::min(limit, 4);
  }
}

Dims strides_of(const Format& format, const Dims& dims, size_t rank) { return strided(format, dims, Dims(rank, 1)).strides; }

}  // namespace

RowProblem row_problem(const OpRequest& request, const Variant& variant, const std::vector<bool>& inner, TailProgram tail,
                       bool each_element, bool keeps_axes) {
  RowProblem problem;
  problem.storage = variant.inputs[0].storage;
  problem.each_element = each_element;
  problem.tail = std::move(tail);
  problem.constants = kept_operands(problem.tail, variant);
  const Dims dims = request.dims(0);
  const Dims input = strides_of(variant.inputs[0], dims, dims.size());
  const size_t rank = request.outputs[0].shape.rank();
  std::vector<Dims> operands, outputs;
  for (const size_t i : problem.tail.inputs) {
    operands.push_back(strides_of(variant.inputs[i], request.dims(i), rank));
    problem.operands.push_back(variant.inputs[i].storage);
  }
  for (size_t i = 0; i < request.outputs.size() and i < problem.tail.expr.outputs.size(); ++i) {
    outputs.push_back(strides_of(variant.outputs[i], request.output_dims(i), rank));
    problem.outputs.push_back(variant.outputs[i].storage);
  }
  size_t place = 0;  // in the output
  for (size_t i = 0; i < dims.size(); ++i) {
    const bool has_place = each_element or keeps_axes or not inner[i];
    RowAxis axis{dims[i], inner[i], dims[i] == 1 ? 0 : input[i], {}, {}};
    for (const Dims& strides : operands) axis.operands.push_back(has_place ? strides[place] : 0);
    for (const Dims& strides : outputs) axis.outputs.push_back(has_place ? strides[place] : 0);
    if (has_place) ++place;
    problem.axes.push_back(std::move(axis));
  }
  return problem;
}

void split_axis(RowProblem& problem, size_t axis, int64_t parts, bool rest_inner) {
  RowAxis whole = problem.axes[axis];
  const int64_t rest = whole.extent / parts;
  RowAxis part = whole;
  part.extent = parts;
  part.input *= rest;
  for (int64_t& stride : part.operands) stride *= rest;
  for (int64_t& stride : part.outputs) stride *= rest;
  whole.extent = rest;
  whole.inner = rest_inner;
  problem.axes[axis] = part;
  problem.axes.insert(problem.axes.begin() + static_cast<std::ptrdiff_t>(axis) + 1, whole);
}

RowPlan row_plan(const RowProblem& problem) {
  RowPlan plan;
  plan.outer = merged(problem, false);
  plan.inner = merged(problem, true);
  plan.along = plan.outer.back().input != 1;
  std::vector<RowAxis>& run = plan.along ? plan.inner : plan.outer;
  plan.width = width_of(problem, plan, run);
  const int64_t rows = extent_of(plan.outer), count = extent_of(plan.inner);
  plan.groups = plan.along ? rows : rows / plan.width;
  plan.count = plan.along ? count / plan.width : count;
  if (plan.along) share_along(problem, plan);
  else share_across(problem, plan);
  plan.segment = ceil_div(plan.count, plan.segments);
  plan.segments = std::max<int64_t>(1, plan.segment == 0 ? 1 : ceil_div(plan.count, plan.segment));
  return plan;
}

}  // namespace burnish::cuda
